package vm_test

import (
	"math"
	"testing"
	"time"

	"reverie/app/session"
	"reverie/ui/uitest"
	"reverie/ui/vm"
)

func train(t *testing.T, e *uitest.Engine, rois ...string) *vm.Training {
	t.Helper()
	f := form(t)
	f.Layers.SetAll(false)
	f.Layers.SetGroup("DNN6", true)
	f.Layers.SetGroup("DNN8", true)
	f.ROIs = map[string]bool{}
	for _, r := range rois {
		f.ROIs[r] = true
	}
	p, lack := f.Plan()
	if lack != "" {
		t.Fatal(lack)
	}
	est, err := e.EstimateTraining(t.Context(), f.Subject, p)
	if err != nil {
		t.Fatal(err)
	}
	return vm.StartTraining(e, f.Subject, p, est.Parts, func() {})
}

func TestTraining_toTheEnd(t *testing.T) {
	r := train(t, &uitest.Engine{Training: uitest.Training{There: 1}}, "V1", "VC")
	<-r.Done()
	rows, active := r.Rows()
	if r.State() != vm.Finished || len(rows) != 4 || active != -1 || rows[3].Layer != "fc8" || rows[3].ROI != "VC" || rows[3].Done != 1000 || rows[3].PerSecond != 0 {
		t.Errorf("%v, %+v", r.State(), rows)
	}
	if p := r.Progress(); p.Done != 2*4096+2000 || p.Total != p.Done || p.ETA != -1 {
		t.Errorf("%+v", p)
	}
	if got := vm.ProgressText(r); got != "10,192 of 10,192 units" {
		t.Error(got)
	}
	if parts := r.Parts(); len(parts) != 4 || parts[0].Done != 4096 || !r.Any() {
		t.Errorf("%+v", parts)
	}
	// What was there already is not measured again, but read.
	points := func() (n int) {
		for _, s := range r.Accuracy().Series("imagined shapes") {
			n += len(s.Points)
		}
		return n
	}
	for end := time.Now().Add(20 * time.Second); points() < 4; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d points of 4", points())
		}
	}
}

func TestTraining_pauseResumeCancel(t *testing.T) {
	e := &uitest.Engine{Training: uitest.Training{Step: make(chan struct{})}}
	r := train(t, e, "V1")
	e.Training.Step <- struct{}{}
	e.Training.Step <- struct{}{}
	r.Pause()
	if r.State() != vm.Paused {
		t.Error("not paused")
	}
	for n := 0; n >= 0; { // as far as the gate
		select {
		case e.Training.Step <- struct{}{}:
			if n++; n > 2 {
				t.Fatal("a paused training went on")
			}
		case <-time.After(50 * time.Millisecond):
			n = -1
		}
	}
	r.Resume()
	e.Training.Step <- struct{}{}
	r.Cancel()
	<-r.Done()
	if r.State() != vm.Cancelled || r.Active() {
		t.Errorf("%v", r.State())
	}
	rows, _ := r.Rows()
	if rows[0].Done < 1024 || r.Progress().Done >= r.Progress().Total {
		t.Errorf("%+v: what was trained is lost", rows[0])
	}
}

func TestTraining_failureAndUnknownParts(t *testing.T) {
	e := &uitest.Engine{Training: uitest.Training{FailAt: 3}}
	f := form(t)
	p, _ := f.Plan()
	r := vm.StartTraining(e, f.Subject, p, nil, func() {})
	<-r.Done()
	if r.State() != vm.Failed || r.Err() == nil {
		t.Errorf("%v %v", r.State(), r.Err())
	}
	// Without an estimate the trainer's own steps are shown.
	if got := vm.ProgressText(r); got != "2 of 76" || r.Parts() != nil {
		t.Errorf("%q, %v", got, r.Parts())
	}
}

func TestTraining_estimateOfTheTimeLeft(t *testing.T) {
	e := &uitest.Engine{Training: uitest.Training{Step: make(chan struct{})}}
	r := train(t, e, "V1")
	defer r.Cancel()
	e.Training.Step <- struct{}{}
	e.Training.Step <- struct{}{} // the first is done
	if p := r.Progress(); p.ETA >= 0 {
		t.Errorf("%v left after an instant: too early to know", p.ETA)
	}
}

func TestAccuracies_linesAndFolds(t *testing.T) {
	a := vm.NewAccuracies([]string{"conv1_1", "fc8"})
	if !a.Empty() || a.Series("") != nil {
		t.Error("not empty")
	}
	nan := math.NaN()
	a.Add(session.TrainPart{Layer: "fc8", ROI: "VC", Fold: "1"}, []session.Accuracy{
		{Condition: "ImageNetTest", Units: 300, Mean: 0.4, Low: 0.3, High: 0.5}, {Condition: "Imagery", Units: 0, Mean: nan, Low: nan, High: nan}})
	a.Add(session.TrainPart{Layer: "fc8", ROI: "VC", Fold: "2"}, []session.Accuracy{{Condition: "ImageNetTest", Units: 100, Mean: 0.2, Low: 0.1, High: 0.3}})
	s := a.Series("")
	if len(s) != 2 || s[0].Name != "Natural images, test" || len(s[0].Points) != 1 || len(s[1].Points) != 0 {
		t.Fatalf("%+v", s)
	}
	// By hand: (300·0.4 + 100·0.2)/400 = 0.35, and the ends alike.
	if p := s[0].Points[0]; p.Layer != 1 || math.Abs(p.Mean-0.35) > 1e-12 || math.Abs(p.Low-0.25) > 1e-12 || math.Abs(p.High-0.45) > 1e-12 {
		t.Errorf("%+v", p)
	}
	a.Add(session.TrainPart{Layer: "conv1_1", ROI: "V1"}, []session.Accuracy{{Condition: "ImageNetTest", Units: 1, Mean: 0.1}})
	for c, want := range map[string]string{"ImageNetTest": "Natural images, test", "ImageryNaturalImages": "Imagery natural images", "seen_shapes": "Seen shapes", "held out": "Held out", "V1": "V1"} {
		if got := vm.ConditionTitle(c); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if s := a.Series("no such"); len(s) != 2 || s[0].Name != "VC" || s[1].Name != "V1" {
		t.Errorf("%+v: several regions are lines of their own", s)
	}
}
