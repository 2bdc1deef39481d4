package vm

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"reverie/app/job"
	"reverie/app/session"
)

// latestPictures is how many finished images are kept for showing.
const latestPictures = 24

// BatchRun is one batch from start to end, with all that can be shown of it. Its methods are safe for concurrent use.
type BatchRun struct {
	Spec session.BatchSpec
	Out  string

	gate   job.Gate
	cancel context.CancelFunc
	done   chan struct{}

	mu       sync.Mutex
	stopping bool
	ended    bool
	err      error
	progress job.Progress
	groups   []session.BatchGroup
	at       map[string]int // in groups, by path
	active   int
	images   int
	finished int
	fraction float64
	made     int // in this run
	failed   int
	latest   []session.BatchPicture // the newest first
	begun    time.Time
}

// StartBatch begins a batch and returns at once. groups are its estimate's, may be nil. changed is called from the
// engine's goroutines and must not block.
func StartBatch(b session.Batcher, spec session.BatchSpec, out string, overwrite bool, groups []session.BatchGroup, changed func()) *BatchRun {
	ctx, cancel := context.WithCancel(context.Background())
	r := &BatchRun{Spec: spec, Out: out, cancel: cancel, done: make(chan struct{}), at: map[string]int{}, active: -1, begun: time.Now(),
		progress: job.Progress{Stage: "start", ETA: -1}}
	for _, g := range groups {
		r.at[g.Path] = len(r.groups)
		r.groups = append(r.groups, g)
		r.images, r.finished = r.images+g.Images, r.finished+g.Done
	}
	go func() {
		defer cancel()
		err := b.RunBatch(ctx, spec, out, overwrite, &r.gate,
			func(u session.BatchUpdate) { r.update(u); changed() },
			func(p job.Progress) { r.report(p); changed() })
		r.mu.Lock()
		r.ended, r.err, r.active = true, err, -1
		r.mu.Unlock()
		close(r.done)
		changed()
	}()
	return r
}

func (r *BatchRun) update(u session.BatchUpdate) {
	r.mu.Lock()
	defer r.mu.Unlock()
	i, seen := r.at[u.Group.Path]
	if !seen {
		i = len(r.groups)
		r.at[u.Group.Path] = i
		r.groups = append(r.groups, u.Group)
	}
	r.groups[i] = u.Group
	r.active, r.images, r.finished, r.fraction = i, u.Images, u.Done, u.Fraction
	for _, p := range u.Finished {
		r.made++
		if p.Problem != "" {
			r.failed++
		}
		r.latest = slices.Insert(r.latest, 0, p)
	}
	r.latest = r.latest[:min(len(r.latest), latestPictures)]
}

func (r *BatchRun) report(p job.Progress) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.progress = p
}

// Done is closed when the batch has ended.
func (r *BatchRun) Done() <-chan struct{} { return r.done }

// Pause holds the batch between two evaluations.
func (r *BatchRun) Pause() { r.gate.Pause() }

// Resume lets it go on.
func (r *BatchRun) Resume() { r.gate.Resume() }

// Cancel asks the batch to stop; finished images are kept.
func (r *BatchRun) Cancel() {
	r.mu.Lock()
	r.stopping = true
	r.mu.Unlock()
	r.cancel()
}

// State says where the batch stands.
func (r *BatchRun) State() State {
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

// Active reports whether the batch has not ended.
func (r *BatchRun) Active() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.ended
}

// Err is what ended a failed batch.
func (r *BatchRun) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// Progress is the engine's newest.
func (r *BatchRun) Progress() job.Progress {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.progress
}

// BatchView is a batch as it stands.
type BatchView struct {
	Groups         []session.BatchGroup
	Active         int // in Groups; −1 for none
	Images, Done   int
	Fraction       float64 // of all iterations
	Made, Failed   int     // in this run
	Latest         []session.BatchPicture
	SecondsAnImage float64 // of this run; 0 while unknown
}

// View copies what is shown.
func (r *BatchRun) View() BatchView {
	r.mu.Lock()
	defer r.mu.Unlock()
	v := BatchView{Groups: slices.Clone(r.groups), Active: r.active, Images: r.images, Done: r.finished, Fraction: r.fraction, Made: r.made, Failed: r.failed, Latest: slices.Clone(r.latest)}
	if r.made > 0 {
		v.SecondsAnImage = time.Since(r.begun).Seconds() / float64(r.made)
	}
	return v
}

// BatchEstimates asks what a batch will take whenever it changes: some time after the last change, in the background,
// the newest only.
type BatchEstimates struct {
	Delay time.Duration // after the last change; 0 is a second

	batcher session.Batcher
	mail    *Mailbox
	changed func()

	key    string
	cancel context.CancelFunc
	asked  int
	got    *session.BatchEstimate
	err    error
}

// NewBatchEstimates asks a batcher; changed is called on the drawing goroutine.
func NewBatchEstimates(b session.Batcher, mail *Mailbox, changed func()) *BatchEstimates {
	return &BatchEstimates{batcher: b, mail: mail, changed: changed}
}

// Ask asks for an estimate, unless it is there or on its way.
func (e *BatchEstimates) Ask(spec session.BatchSpec, out string) {
	key := batchKey(spec, out)
	if e.key == key && (e.cancel != nil || e.got != nil || e.err != nil) {
		return
	}
	e.Drop()
	e.key = key
	ctx, cancel := context.WithCancel(context.Background())
	e.cancel = cancel
	e.asked++
	n, delay := e.asked, e.Delay
	if delay == 0 {
		delay = time.Second
	}
	go func() {
		select {
		case <-ctx.Done():
			return
		case <-time.After(delay):
		}
		got, err := e.batcher.EstimateBatch(ctx, spec, out, func(job.Progress) {})
		e.mail.Post(func() {
			if n != e.asked || e.cancel == nil {
				return
			}
			e.cancel()
			e.cancel = nil
			if e.err = err; err == nil {
				e.got = &got
			}
			e.changed()
		})
	}()
}

// Drop forgets what is there and ends what is asked.
func (e *BatchEstimates) Drop() {
	if e.cancel != nil {
		e.cancel()
		e.cancel = nil
	}
	e.got, e.err, e.key = nil, nil, ""
}

// Halt ends what is asked and keeps what is there.
func (e *BatchEstimates) Halt() {
	if e.cancel != nil {
		e.Drop()
	}
}

// Asking reports whether an estimate is on its way.
func (e *BatchEstimates) Asking() bool { return e.cancel != nil }

// Estimate is the newest; nil where there is none.
func (e *BatchEstimates) Estimate() *session.BatchEstimate { return e.got }

// Err is why there is none.
func (e *BatchEstimates) Err() error { return e.err }
