package ui

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"reverie/app/batch"
	"reverie/app/session"
	"reverie/compute/brain"
	"reverie/ui/uitest"
	"reverie/ui/vm"
)

// openBatch opens the demo and the Batch panel, with a folder for the results.
func openBatch(t *testing.T, e *uitest.Engine) *shell {
	t.Helper()
	s := open(t, e)
	s.openDemo(t)
	s.show(panelBatch)
	f := s.batch.Form()
	f.Out = filepath.Join(t.TempDir(), "batch")
	f.ROIs["V1"], f.Sets["DNN1"], f.Prior = true, true, session.PriorBoth
	f.Sessions[brain.Letters] = true
	s.batch.Renew()
	return s
}

func (s *shell) afterBatch(t *testing.T) {
	t.Helper()
	<-s.batch.Run().Done()
	s.batch.Refresh()
}

func TestBatch_withoutSubjectOrFolder(t *testing.T) {
	s := open(t, &uitest.Engine{})
	s.show(panelBatch)
	if s.welcome.Visible() || !s.button(t, "Try the demo").Visible() {
		t.Error("no empty state")
	}
	s.batch.Start()
	if s.batch.Run() != nil {
		t.Error("starts without a subject")
	}
	s.openDemo(t)
	s.show(panelBatch)
	if !s.button(t, "Start the batch").Disabled() || !strings.Contains(texts(s.batch.Content), "Choose a folder for the results.") {
		t.Error("Start goes without a folder")
	}
}

func TestBatch_estimateStartFinish(t *testing.T) {
	s := openBatch(t, &uitest.Engine{})
	if got := texts(s.batch.Content); !strings.Contains(got, "2 regions × 2 layer sets × 2 ways × 60 stimuli = 480 images") {
		t.Errorf("no count in %q", got)
	}
	s.wait(t, "the estimate", func() bool { return !s.batch.Estimating() })
	if got := texts(s.batch.Content); !strings.Contains(got, "480") || !strings.Contains(got, "383") {
		t.Error(got)
	}
	s.start() // Ctrl+Enter
	s.afterBatch(t)
	if v := s.batch.Run().View(); v.Done != 480 || v.Made != 480 || len(v.Groups) != 16 || s.batch.Run().State() != vm.Finished {
		t.Errorf("%d of %d in %d groups, state %v", v.Done, v.Images, len(v.Groups), s.batch.Run().State())
	}
	if got := s.status.stage.Text(); !strings.Contains(got, "Finished · 480 of 480 images") {
		t.Errorf("status %q", got)
	}
}

func TestBatch_pauseCancelGoOn(t *testing.T) {
	e := &uitest.Engine{Batching: uitest.Batching{Step: make(chan struct{})}}
	s := openBatch(t, e)
	s.wait(t, "the estimate", func() bool { return !s.batch.Estimating() })
	test.Tap(s.button(t, "Start the batch"))
	run := s.batch.Run()
	e.Batching.Step <- struct{}{}
	s.togglePause() // Ctrl+P
	if run.State() != vm.Paused || s.status.stage.Text() != "paused" {
		t.Errorf("state %v, status %q", run.State(), s.status.stage.Text())
	}
	test.Tap(s.button(t, "Resume"))
	s.batch.Start() // a second one does not start
	if s.batch.Run() != run {
		t.Error("a second batch started beside the first")
	}
	s.openPaths([]string{"x"})
	if !s.banner.Visible() || s.opening != nil {
		t.Error("another subject opened under a batch")
	}
	s.show(panelTrain)
	s.train.Form().Out = t.TempDir()
	s.train.Renew()
	s.train.Start()
	if s.train.Training() != nil || !strings.Contains(texts(s.train.Content), "A batch is running") {
		t.Error("a training started beside the batch")
	}
	s.show(panelBatch)
	s.key(&fyne.KeyEvent{Name: fyne.KeyEscape})
	test.Tap(s.button(t, "Stop"))
	s.afterBatch(t)
	if run.State() != vm.Cancelled || !strings.Contains(s.status.stage.Text(), "finished images are kept") {
		t.Errorf("state %v, status %q", run.State(), s.status.stage.Text())
	}
	e.Batching.Step = nil
	test.Tap(s.button(t, "Go on"))
	s.afterBatch(t)
	if s.batch.Run().State() != vm.Finished {
		t.Error("does not go on")
	}
}

func TestBatch_failureAndOtherBatch(t *testing.T) {
	e := &uitest.Engine{Batching: uitest.Batching{FailAt: 3}}
	s := openBatch(t, e)
	s.batch.Start()
	s.afterBatch(t)
	if got := s.banner.Text(); !s.banner.Visible() || !strings.Contains(got, "no space left") || !strings.Contains(got, "start again and it goes on") {
		t.Errorf("banner %q", got)
	}
	e.Batching = uitest.Batching{Err: &batch.DifferentError{Dir: "x", What: []string{"rois: there V1, now VC"}}}
	s.batch.Start()
	s.afterBatch(t)
	test.Tap(s.button(t, "Remove them"))
	s.afterBatch(t)
	if s.batch.Run().State() != vm.Finished {
		t.Errorf("not overwritten: %v", s.batch.Run().Err())
	}
}

func TestBatch_goOnWithAFolder(t *testing.T) {
	s := openBatch(t, &uitest.Engine{Batching: uitest.Batching{EstimateErr: errors.New("V9 is not there")}})
	s.wait(t, "the problem", func() bool { return strings.Contains(texts(s.batch.Content), "V9 is not there") })
	s.batch.GoOn(t.TempDir())
	if !s.banner.Visible() {
		t.Error("a folder without a batch is not told")
	}
	dir := t.TempDir()
	spec, lack := s.batch.Form().Spec()
	if lack != "" {
		t.Fatal(lack)
	}
	spec.ROIs = []string{"V4"}
	writeSpec(t, filepath.Join(dir, batch.SpecFile), spec)
	s.batch.GoOn(dir)
	if got, lack := s.batch.Form().Spec(); lack != "" || got.ROIs[0] != "V4" || !strings.Contains(texts(s.batch.Content), "Goes on with the batch in") {
		t.Errorf("%v %q", got.ROIs, lack)
	}
	s.batch.Start()
	s.afterBatch(t)
	if r := s.batch.Run(); r.Out != dir || r.Spec.ROIs[0] != "V4" {
		t.Errorf("into %s, %v", r.Out, r.Spec.ROIs)
	}
}

func writeSpec(t *testing.T, path string, spec session.BatchSpec) {
	t.Helper()
	raw, err := json.Marshal(spec)
	if err == nil {
		err = os.WriteFile(path, raw, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}
