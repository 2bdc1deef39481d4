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

// Training is one training of decoders from start to end, with all that can be
// shown of it. Its methods are safe for concurrent use.
type Training struct {
	Subject *session.Subject
	Plan    session.TrainPlan

	gate   job.Gate
	cancel context.CancelFunc
	done   chan struct{}

	mu       sync.Mutex
	stopping bool
	ended    bool
	err      error
	progress job.Progress
	rows     []TrainRow
	at       map[partKey]int // in rows
	whole    bool            // rows are all that will be
	active   int             // row of the newest update
	begun    time.Time
	paused   time.Duration // in all, without the pause that lasts
	since    time.Time     // start of the pause that lasts
	stood    int           // units that were there at the start
	accuracy *Accuracies
}

// TrainRow is a line of progress: the decoders of a layer from a region.
type TrainRow struct {
	session.TrainPart
	PerSecond float64 // units, lately; 0 where it does not work
}

type partKey struct{ layer, roi, fold string }

func keyOf(p session.TrainPart) partKey { return partKey{p.Layer, p.ROI, p.Fold} }

// StartTraining begins a plan and returns at once. parts are its estimate's;
// without them rows come as work gets there. changed is called from the
// trainer's goroutines whenever there is something new to show, and must not block.
func StartTraining(t session.Trainer, s *session.Subject, plan session.TrainPlan, parts []session.TrainPart, changed func()) *Training {
	ctx, cancel := context.WithCancel(context.Background())
	r := &Training{
		Subject: s, Plan: plan, cancel: cancel, done: make(chan struct{}), at: map[partKey]int{}, whole: len(parts) > 0,
		progress: job.Progress{Stage: "start", ETA: -1}, active: -1, begun: time.Now(), accuracy: NewAccuracies(plan.Layers),
	}
	for _, p := range parts {
		r.row(p)
		r.stood += p.Done
	}
	lookCtx, endLook := context.WithCancel(context.Background())
	r.cancel = func() { endLook(); cancel() }
	go func() {
		defer endLook()
		r.lookUp(lookCtx, t, changed)
	}()
	go func() {
		defer cancel()
		err := t.Train(ctx, s, plan, &r.gate,
			func(u session.TrainUpdate) { r.update(u); changed() },
			func(p job.Progress) { r.report(p); changed() })
		r.mu.Lock()
		r.ended, r.err = true, err
		for i := range r.rows {
			r.rows[i].PerSecond = 0
		}
		r.mu.Unlock()
		close(r.done)
		changed()
	}()
	return r
}

// lookUp reads the accuracy of the decoders that were there at the start, which
// the trainer does not tell again. What cannot be read is left out of the plot.
func (r *Training) lookUp(ctx context.Context, t session.Trainer, changed func()) {
	r.mu.Lock()
	whole := map[partKey]session.TrainPart{}
	for _, row := range r.rows {
		if row.Units > 0 && row.Done == row.Units {
			whole[keyOf(row.TrainPart)] = row.TrainPart
		}
	}
	r.mu.Unlock()
	if len(whole) == 0 {
		return
	}
	list, err := t.Decoders(ctx, r.Plan.Out)
	if err != nil {
		return
	}
	for _, f := range list {
		p, ours := whole[partKey{f.Layer, f.ROI, f.Fold}]
		if !ours || f.Subject != r.Subject.Name {
			continue
		}
		v, err := t.Decoder(ctx, f.Path)
		if ctx.Err() != nil {
			return
		}
		if err == nil && len(v.Accuracy) > 0 {
			r.mu.Lock()
			r.accuracy.Add(p, v.Accuracy)
			r.mu.Unlock()
			changed()
		}
	}
}

// row finds the line of a part, or adds it.
func (r *Training) row(p session.TrainPart) int {
	k := keyOf(p)
	i, there := r.at[k]
	if !there {
		i = len(r.rows)
		r.at[k] = i
		r.rows = append(r.rows, TrainRow{TrainPart: p})
	}
	return i
}

func (r *Training) update(u session.TrainUpdate) {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := r.row(u.Part)
	row := &r.rows[i]
	voxels := max(row.Voxels, u.Part.Voxels)
	row.TrainPart = u.Part
	row.Voxels = voxels
	if r.active >= 0 && r.active != i {
		r.rows[r.active].PerSecond = 0
	}
	r.active = i
	row.PerSecond = u.PerSecond
	if u.Part.Done >= u.Part.Units {
		row.PerSecond = 0
	}
	r.accuracy.Add(u.Part, u.Accuracy)
}

func (r *Training) report(p job.Progress) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.progress = p
}

// Done is closed when the training has ended.
func (r *Training) Done() <-chan struct{} { return r.done }

// Pause holds the training where it can wait.
func (r *Training) Pause() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.since.IsZero() {
		r.since = time.Now()
	}
	r.gate.Pause()
}

// Resume lets it go on.
func (r *Training) Resume() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.since.IsZero() {
		r.paused += time.Since(r.since)
		r.since = time.Time{}
	}
	r.gate.Resume()
}

// Cancel asks the training to stop; what is trained is kept.
func (r *Training) Cancel() {
	r.mu.Lock()
	r.stopping = true
	r.mu.Unlock()
	r.cancel()
}

// State says where the training stands.
func (r *Training) State() State {
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

// Active reports whether the training has not ended.
func (r *Training) Active() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.ended
}

// Err is what ended a failed training.
func (r *Training) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// Rows copies the lines of progress; active is the one at work, −1 for none.
func (r *Training) Rows() (rows []TrainRow, active int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		return slices.Clone(r.rows), -1
	}
	return slices.Clone(r.rows), r.active
}

// Parts are the decoders as far as they are trained; nil where not all of them are known.
func (r *Training) Parts() []session.TrainPart {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.whole {
		return nil
	}
	var out []session.TrainPart
	for _, row := range r.rows {
		out = append(out, row.TrainPart)
	}
	return out
}

// Accuracy copies what was measured so far.
func (r *Training) Accuracy() *Accuracies {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.accuracy.clone()
}

// leastForETA is how long it must have trained before an estimate means something.
const leastForETA = 3 * time.Second

// Progress is the whole training's: units, where it is known how many there
// will be, else what the trainer reported last. The time left supposes that
// units go on taking as long as those of this training took.
func (r *Training) Progress() job.Progress {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.progress
	if !r.whole {
		return p
	}
	done, total := 0, 0
	for _, row := range r.rows {
		done, total = done+row.Done, total+row.Units
	}
	paused := r.paused
	if !r.since.IsZero() {
		paused += time.Since(r.since)
	}
	worked := time.Since(r.begun) - paused
	p.Done, p.Total, p.ETA = done, total, -1
	if r.ended {
		return p
	}
	if new := done - r.stood; new > 0 && worked >= leastForETA {
		p.ETA = time.Duration(float64(worked) / float64(new) * float64(total-done))
	}
	return p
}

// Any reports whether some units are trained.
func (r *Training) Any() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, row := range r.rows {
		if row.Done > 0 {
			return true
		}
	}
	return false
}
