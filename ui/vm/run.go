package vm

import (
	"context"
	"errors"
	"image"
	"sync"

	"reverie/app/figure"
	"reverie/app/job"
	"reverie/app/session"
)

// State is where a run stands.
type State int

const (
	Running State = iota
	Paused
	Cancelling // asked to stop, not yet stopped
	Finished
	Cancelled
	Failed
)

// FrameBudget is the memory for kept frames of a run, in bytes.
const FrameBudget = 192 << 20

// Run is one reconstruction from start to end, with all that can be shown of
// it. The engine's callbacks feed it from their goroutines; methods are safe
// for concurrent use.
type Run struct {
	Subject *session.Subject
	Plan    session.Plan
	Frames  *Frames
	Losses  *Losses

	gate   job.Gate
	cancel context.CancelFunc
	done   chan struct{}

	mu        sync.Mutex
	stopping  bool
	ended     bool
	err       error
	progress  job.Progress
	iteration int
	outcomes  map[int]session.Outcome
	shown     map[int]shown
}

// StartRun begins a plan and returns at once. changed is called from the
// engine's goroutines whenever there is something new to show, and must not block.
func StartRun(engine session.Engine, subject *session.Subject, plan session.Plan, changed func()) *Run {
	ctx, cancel := context.WithCancel(context.Background())
	r := &Run{
		Subject: subject, Plan: plan,
		Frames: NewFrames(len(plan.Stimuli), FrameBudget),
		Losses: NewLosses(plan.Layers, len(plan.Stimuli)),
		cancel: cancel, done: make(chan struct{}), outcomes: map[int]session.Outcome{}, shown: map[int]shown{},
		progress: job.Progress{Stage: "start", ETA: -1},
	}
	go func() {
		defer cancel()
		outcomes, err := engine.Reconstruct(ctx, subject, plan, &r.gate,
			func(u session.Update) { r.update(u); changed() },
			func(p job.Progress) { r.report(p); changed() })
		r.end(outcomes, err)
		close(r.done)
		changed()
	}()
	return r
}

func (r *Run) update(u session.Update) {
	r.Frames.Add(u.Index, u.Iteration, u.Picture, u.Latent)
	r.Losses.Add(u.Index, u.Iteration, u.Loss)
	r.mu.Lock()
	r.iteration = max(r.iteration, u.Iteration)
	r.mu.Unlock()
}

func (r *Run) report(p job.Progress) {
	r.mu.Lock()
	r.progress = p
	r.mu.Unlock()
}

func (r *Run) end(outcomes []session.Outcome, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended, r.err = true, err
	for _, o := range outcomes {
		r.outcomes[o.Index] = o
	}
}

// Done is closed when the run has ended.
func (r *Run) Done() <-chan struct{} { return r.done }

// Pause holds the run at its next evaluation.
func (r *Run) Pause() { r.gate.Pause() }

// Resume lets it go on.
func (r *Run) Resume() { r.gate.Resume() }

// Cancel asks the run to stop; what it has is kept.
func (r *Run) Cancel() {
	r.mu.Lock()
	r.stopping = true
	r.mu.Unlock()
	r.cancel()
}

// State says where the run stands.
func (r *Run) State() State {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.ended && errors.Is(r.err, context.Canceled):
		return Cancelled
	case r.ended && r.err != nil:
		return Failed
	case r.ended:
		return Finished
	case r.stopping:
		return Cancelling
	case r.gate.Paused():
		return Paused
	}
	return Running
}

// Active reports whether the run has not ended.
func (r *Run) Active() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.ended
}

// Err is what ended a failed run.
func (r *Run) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// Progress is the newest report.
func (r *Run) Progress() job.Progress {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.progress
}

// Iteration is the newest iteration of any image; Iterations how many there will be.
func (r *Run) Iteration() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.iteration
}

// Iterations is how many the plan asks for.
func (r *Run) Iterations() int {
	return r.Plan.Options.Iterations
}

// Outcome is the result of an image, once the run has ended with one.
func (r *Run) Outcome(index int) (session.Outcome, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	o, ok := r.outcomes[index]
	return o, ok
}

// Raw is an image as it stood at an iteration, and the iteration that it is of; at the end, or after it, the
// outcome's picture, which may be better than the last iteration's. nil before any.
func (r *Run) Raw(index, iteration int) (*session.Raw, int) {
	_, last := r.Frames.Range()
	if o, ok := r.Outcome(index); ok && o.Picture != nil && iteration >= last {
		return o.Picture, last
	}
	f := r.Frames.At(index, iteration)
	return f.Picture(), f.Iteration
}

// shown is the picture that was made last of an image.
type shown struct {
	iteration int
	ended     bool
	display   figure.Display
	picture   *image.NRGBA
}

// Picture is Raw as a view shows it. The same picture again is the same value.
func (r *Run) Picture(index, iteration int, d figure.Display) *image.NRGBA {
	_, last := r.Frames.Range()
	o, ended := r.Outcome(index)
	ended = ended && o.Picture != nil && iteration >= last
	of := last
	if !ended {
		of = r.Frames.At(index, iteration).Iteration
	}
	r.mu.Lock()
	s, ok := r.shown[index]
	r.mu.Unlock()
	if ok && s.iteration == of && s.ended == ended && s.display == d {
		return s.picture
	}
	raw, of := r.Raw(index, iteration)
	if raw == nil {
		return nil
	}
	m, err := figure.Show(d, raw.RGB, raw.H, raw.W)
	if err != nil { // of values that are no numbers
		m = raw.Clipped()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.shown[index] = shown{of, ended, d, m}
	return m
}

// Point is where an image stood, to go on from.
func (r *Run) Point(index, iteration int) session.Point {
	f := r.Frames.At(index, iteration)
	return session.Point{Picture: f.Picture(), Latent: f.Latent, Iteration: f.Iteration}
}
