package ui

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/test"

	"reverie/app/session"
	"reverie/ui/uitest"
	"reverie/ui/vm"
)

// openTrain opens the demo and the Train panel, with a folder for the decoders.
func openTrain(t *testing.T, e *uitest.Engine) *shell {
	t.Helper()
	s := open(t, e)
	s.openDemo(t)
	s.show(panelTrain)
	s.train.Form().Out = filepath.Join(t.TempDir(), "decoders")
	s.train.Renew()
	return s
}

// few trains two layers from two regions.
func (s *shell) few() {
	f := s.train.Form()
	f.Layers.SetAll(false)
	f.Layers.SetGroup("DNN6", true)
	f.Layers.SetGroup("DNN8", true)
	f.ROIs["V1"] = true
	s.train.Renew()
}

// afterTraining waits for the end of the training, then shows it.
func (s *shell) afterTraining(t *testing.T) {
	t.Helper()
	<-s.train.Training().Done()
	s.train.Refresh()
}

func TestTrain_withoutSubjectOrFolder(t *testing.T) {
	s := open(t, &uitest.Engine{})
	s.show(panelTrain)
	if s.welcome.Visible() || !s.button(t, "Try the demo").Visible() {
		t.Error("no empty state")
	}
	s.train.Start()
	if s.train.Training() != nil {
		t.Error("trains without a subject")
	}
	s.openDemo(t)
	s.show(panelTrain)
	if start := s.button(t, "Start training"); !start.Disabled() {
		t.Error("Start goes without a folder")
	}
	if !strings.Contains(texts(s.train.Content), "Choose a folder for the decoders.") {
		t.Error("does not say what lacks")
	}
}

func TestTrain_estimateStartSeeDecoders(t *testing.T) {
	s := openTrain(t, &uitest.Engine{Training: uitest.Training{Free: 1 << 20}})
	s.few()
	if !strings.Contains(texts(s.train.Content), "estimating") {
		t.Error("no sign of the estimate")
	}
	s.wait(t, "the estimate", func() bool { return !s.train.Estimating() })
	if got := texts(s.train.Content); !strings.Contains(got, "10,192") || !strings.Contains(got, "The disk is too small") || !strings.Contains(got, "29.2 MiB") && !strings.Contains(got, "29 MiB") {
		t.Error(got)
	}
	s.start() // Ctrl+Enter
	if s.train.Training() == nil {
		t.Fatal("does not start")
	}
	s.afterTraining(t)
	if got := s.train.Training(); got.State() != vm.Finished || len(got.Plan.ROIs) != 2 || s.train.AccuracyPoints() != 4 {
		t.Errorf("state %v, %v, %d points", got.State(), got.Plan.ROIs, s.train.AccuracyPoints())
	}
	if got := s.status.stage.Text(); !strings.Contains(got, "Finished · 10,192 of 10,192 units") {
		t.Errorf("status %q", got)
	}
	test.Tap(s.button(t, "Look at the decoders"))
	s.wait(t, "a unit", func() bool { return s.decoders.Decoders().Unit != nil })
	if s.at != panelDecoders || s.decoders.Decoders().Root != s.train.Form().Out {
		t.Error("not the decoders that were trained")
	}
}

func TestTrain_pauseCancelGoOn(t *testing.T) {
	e := &uitest.Engine{Training: uitest.Training{Step: make(chan struct{})}}
	s := openTrain(t, e)
	s.few()
	s.wait(t, "the estimate", func() bool { return !s.train.Estimating() })
	test.Tap(s.button(t, "Start training"))
	run := s.train.Training()
	e.Training.Step <- struct{}{}
	s.togglePause() // Ctrl+P
	if run.State() != vm.Paused || s.status.stage.Text() != "paused" || !strings.Contains(texts(s.train.Content), "Paused") {
		t.Errorf("state %v, status %q", run.State(), s.status.stage.Text())
	}
	test.Tap(s.button(t, "Resume"))
	s.train.Start() // a second one does not start
	if s.train.Training() != run {
		t.Error("a second training started beside the first")
	}
	s.openPaths([]string{"x"})
	if !s.banner.Visible() || s.opening != nil {
		t.Error("another subject opened under a training")
	}
	s.show(panelWatch)
	s.watch.Pick(s.subject.Datasets[1].Stimuli[0])
	s.watch.Start()
	if s.watch.Run() != nil || !strings.Contains(texts(s.watch.Content), "Decoders are being trained") {
		t.Error("a reconstruction started beside the training")
	}
	s.key(&fyne.KeyEvent{Name: fyne.KeyEscape})
	test.Tap(s.button(t, "Go on"))
	if !run.Active() {
		t.Fatal("stopped though the user said to go on")
	}
	s.key(&fyne.KeyEvent{Name: fyne.KeyEscape})
	test.Tap(s.button(t, "Stop"))
	s.afterTraining(t)
	if run.State() != vm.Cancelled || !strings.Contains(s.status.stage.Text(), "what is trained is kept") || s.banner.Visible() && strings.Contains(s.banner.Text(), "finish the training") {
		t.Errorf("state %v, status %q", run.State(), s.status.stage.Text())
	}
	if strings.Contains(texts(s.watch.Content), "Decoders are being trained") {
		t.Error("the reconstruction is still kept from starting")
	}
	e.Training.Step = nil
	s.show(panelTrain)
	s.train.Start()
	s.afterTraining(t)
	if p := s.train.Training().Progress(); p.Done != p.Total || p.Total != 10192 {
		t.Errorf("going on: %+v", p)
	}
}

func TestTrain_failureIsTold(t *testing.T) {
	s := openTrain(t, &uitest.Engine{Training: uitest.Training{FailAt: 3}})
	s.few()
	s.train.Start() // before the estimate is there
	s.afterTraining(t)
	if got := s.banner.Text(); !s.banner.Visible() || !strings.Contains(got, "no space left") || !strings.Contains(got, "start again and it goes on") {
		t.Errorf("banner %q", got)
	}
	if start := s.button(t, "Start training"); start.Disabled() {
		t.Error("no second try")
	}
}

func TestTrain_estimateFails(t *testing.T) {
	s := openTrain(t, &uitest.Engine{Training: uitest.Training{EstimateErr: errors.New("ROI_V9 is not in the file")}})
	s.wait(t, "the problem", func() bool { return strings.Contains(texts(s.train.Content), "could not be estimated") })
	if s.banner.Visible() {
		t.Error("an estimate that fails is no banner")
	}
}

func TestTrain_noEstimateWhereNobodyLooks(t *testing.T) {
	e := &uitest.Engine{Training: uitest.Training{Estimated: make(chan struct{})}}
	s := openTrain(t, e)
	if !s.train.Estimating() {
		t.Fatal("no estimate")
	}
	s.show(panelLoad)
	if s.train.Estimating() {
		t.Error("goes on while another panel is shown")
	}
	s.show(panelTrain)
	if !s.train.Estimating() {
		t.Error("not taken up again")
	}
}

func TestTrain_closingAsks(t *testing.T) {
	e := &uitest.Engine{Training: uitest.Training{Step: make(chan struct{})}}
	s := openTrain(t, e)
	s.train.Start()
	s.close()
	test.Tap(s.button(t, "Go on"))
	if !s.train.Training().Active() {
		t.Fatal("closed though the user said to go on")
	}
	s.stop() // as closing does
	<-s.train.Training().Done()
	if s.train.Training().State() != vm.Cancelled {
		t.Errorf("state %v", s.train.Training().State())
	}
}

// Decoders dropped on a subject are opened with it, and reconstructions start from them.
func TestDecoders_decodeWithTrained(t *testing.T) {
	e := &uitest.Engine{Side: 16}
	s := open(t, e)
	s.openDemo(t)
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "decoder.json"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	with := *s.subject
	with.Trained = []session.TrainedSet{{Name: "mine", Path: root, Method: "ridge", ROIs: []string{"V1"}, Layers: []string{"fc6", "fc8"}, Complete: true}}
	e.Found = &session.Opened{Subject: &with}
	s.dropped([]fyne.URI{storage.NewFileURI(root)})
	s.wait(t, "the subject with decoders", func() bool { return s.subject == &with })
	s.show(panelWatch)
	s.watch.Pick(with.Datasets[1].Stimuli[0])
	if !strings.Contains(texts(s.watch.Content), "These decoders are for V1") {
		t.Error("a region that they are not for")
	}
	with.Trained[0].ROIs = []string{"VC"}
	s.watch.Start()
	s.ended(t)
	if p := s.watch.Run().Plan; p.Decoders != root || len(p.Layers) != 2 {
		t.Errorf("%q, %v", p.Decoders, p.Layers)
	}
	again := with
	e.Found = &session.Opened{Subject: &again}
	s.openDecoders(root)
	s.wait(t, "the folders", func() bool { return len(s.decoders.Decoders().Folders) > 0 })
	test.Tap(s.button(t, "Decode with these"))
	s.wait(t, "opened again", func() bool { return s.opening == nil && s.at == panelLoad })
	if got := e.Opened(); len(got) != 1 || got[0] != root {
		t.Errorf("opened %v", got)
	}
}

func TestDecoders_dropAndKeys(t *testing.T) {
	s := open(t, &uitest.Engine{})
	s.show(panelDecoders)
	if s.welcome.Visible() || !s.button(t, "Open a folder of decoders…").Visible() {
		t.Error("no empty state")
	}
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, "fc8", "S1"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "fc8", "S1", "decoder.json"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, at := range []int{panelLoad, panelInspect} {
		s.show(at)
		s.dropped([]fyne.URI{storage.NewFileURI(root)})
		s.wait(t, "the panel of decoders", func() bool { return s.at == panelDecoders })
	}
	d := s.decoders.Decoders()
	unit := func(n int) {
		t.Helper()
		s.wait(t, "the unit", func() bool { return d.Unit != nil && d.Unit.Unit == n && d.Number == n })
	}
	unit(0)
	key := func(k fyne.KeyName) { s.key(&fyne.KeyEvent{Name: k}) }
	key(fyne.KeyRight)
	unit(1)
	key(fyne.KeyLeft)
	key(fyne.KeyLeft)
	unit(8191)
	key(fyne.KeyDown)
	s.wait(t, "the next folder", func() bool { return d.View != nil && d.View.ROI == "VC" && d.Unit != nil })
	if got := texts(s.decoders.Content); !strings.Contains(got, "conv1_1 from VC") || !strings.Contains(got, "channel 7, row 31, column 31") || !strings.Contains(got, "Voxels with a weight") {
		t.Error(got)
	}
	key(fyne.KeyUp)
	s.wait(t, "the folder before", func() bool { return d.View != nil && d.View.ROI == "V1" })
	s.show(panelInspect)
	key(fyne.KeyRight)
	if d.Number != 8191 {
		t.Error("units step though another panel is shown")
	}
}
