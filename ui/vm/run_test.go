package vm_test

import (
	"context"
	"slices"
	"testing"

	"reverie/app/figure"
	"reverie/app/session"
	"reverie/compute/recon"
	"reverie/ui/uitest"
	"reverie/ui/vm"
)

func begin(t *testing.T, e *uitest.Engine, iterations int) (*vm.Run, chan struct{}) {
	t.Helper()
	s, err := e.Demo(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	_, layers := e.Network()
	changed := make(chan struct{}, 1)
	plan := session.Plan{Stimuli: s.Datasets[1].Stimuli[:3], ROI: "VC", Layers: layers, Source: session.Decoded, Options: recon.Options{Preset: recon.Paper, Iterations: iterations}}
	return vm.StartRun(e, s, plan, func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	}), changed
}

func TestRun_toTheEnd(t *testing.T) {
	r, _ := begin(t, &uitest.Engine{Side: 16}, 40)
	<-r.Done()
	if r.State() != vm.Finished || r.Active() || r.Iteration() != 40 || r.Err() != nil {
		t.Errorf("state %v, iteration %d, %v", r.State(), r.Iteration(), r.Err())
	}
	o, ok := r.Outcome(2)
	if !ok || !slices.Equal(r.Picture(2, 40, figure.Display{}).Pix, o.Picture.Clipped().Pix) || slices.Equal(r.Picture(2, 3, figure.Display{}).Pix, o.Picture.Clipped().Pix) {
		t.Error("the end shows the outcome, an earlier iteration its own frame")
	}
	if c := r.Losses.Curves(0); len(c) != 8 || len(c[0].Loss) != 40 {
		t.Errorf("%d curves", len(c))
	}
}

func TestRun_pauseResumeCancel(t *testing.T) {
	e := &uitest.Engine{Side: 16, Step: make(chan struct{})}
	r, changed := begin(t, e, 100)
	step := func(to int) {
		for r.Iteration() < to {
			select {
			case e.Step <- struct{}{}:
			case <-changed:
			}
		}
	}
	step(3)
	r.Pause()
	if r.State() != vm.Paused {
		t.Error("not paused")
	}
	e.Step <- struct{}{} // the engine goes as far as the gate and no further
	select {
	case e.Step <- struct{}{}:
		t.Error("a paused run went on")
	default:
	}
	r.Resume()
	step(8)
	r.Cancel()
	<-r.Done()
	if r.State() != vm.Cancelled {
		t.Errorf("state %v", r.State())
	}
	if p := r.Picture(0, 1000, figure.Display{}); p == nil {
		t.Error("a cancelled run keeps its pictures")
	}
}

func TestRun_failureKeepsPictures(t *testing.T) {
	r, _ := begin(t, &uitest.Engine{Side: 16, FailAt: 10}, 40)
	<-r.Done()
	if r.State() != vm.Failed || r.Err() == nil || r.Picture(1, 40, figure.Display{}) == nil || r.Iteration() != 9 {
		t.Errorf("state %v, %v, iteration %d", r.State(), r.Err(), r.Iteration())
	}
}
