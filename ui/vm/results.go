package vm

import (
	"context"

	"reverie/app/evaluation"
	"reverie/app/job"
	"reverie/app/results"
)

// Results are opened folders of reconstructions with their scores, which several panels show. All methods belong to
// the drawing goroutine; folders are read and scored in another.
type Results struct {
	Paths     []string
	Stimuli   []string // folders of originals
	Catalogue *results.Catalogue
	Report    *evaluation.Report // nil until scored, and where there are no originals
	Progress  job.Progress
	Spec      evaluation.Spec // how it is scored

	mail    *Mailbox
	changed []func()
	problem func(action string, err error)
	cancel  context.CancelFunc
	run     int // counts Again, so that news of an older one is not taken
	by      map[string]fileScore
}

// fileScore are the scores of one picture.
type fileScore struct {
	correlation float64
	tasks       map[string]float64
}

// NewResults makes one without folders.
func NewResults(mail *Mailbox, problem func(action string, err error)) *Results {
	return &Results{mail: mail, problem: problem, Spec: evaluation.Default()}
}

// OnChange calls f whenever something is new.
func (r *Results) OnChange(f func()) { r.changed = append(r.changed, f) }

func (r *Results) tell() {
	for _, f := range r.changed {
		f()
	}
}

// Busy tells whether folders are being read or scored.
func (r *Results) Busy() bool { return r.cancel != nil }

// Cancel ends that; what is there stays.
func (r *Results) Cancel() {
	if r.cancel != nil {
		r.cancel()
	}
}

// Open reads folders and scores what is in them.
func (r *Results) Open(paths []string) {
	r.Paths = paths
	r.Again()
}

// Again reads and scores the folders anew, by Spec.
func (r *Results) Again() {
	if len(r.Paths) == 0 {
		return
	}
	if r.cancel != nil {
		r.cancel()
	}
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	r.run++
	run := r.run
	r.Catalogue, r.Report, r.by, r.Progress = nil, nil, nil, job.Progress{Stage: "look through the folders", ETA: -1}
	spec := r.Spec
	spec.Paths, spec.Stimuli = r.Paths, r.Stimuli
	r.tell()
	current := func(f func()) func() {
		return func() {
			if r.run == run {
				f()
			}
		}
	}
	report := func(p job.Progress) {
		r.mail.PostLatest("results", current(func() { r.Progress = p; r.tell() }))
	}
	go func() {
		c, err := results.Open(ctx, spec.Paths, results.Options{Stimuli: spec.Stimuli, Tables: spec.Tables}, report)
		if err != nil {
			r.mail.Post(current(func() { r.end(ctx, "open the reconstructions", err) }))
			return
		}
		r.mail.Post(current(func() { r.Catalogue = c; r.tell() }))
		rep, err := evaluation.Of(ctx, c, spec, nil, report)
		r.mail.Post(current(func() {
			if err == nil {
				r.Report = rep
				r.index()
			}
			r.end(ctx, "score the reconstructions", err)
		}))
	}()
}

func (r *Results) end(ctx context.Context, action string, err error) {
	cancelled := ctx.Err() != nil
	r.cancel()
	r.cancel = nil
	r.Progress = job.Progress{}
	if err != nil && !cancelled {
		r.problem(action, err)
	}
	r.tell()
}

// index keeps scores by picture.
func (r *Results) index() {
	r.by = map[string]fileScore{}
	for _, s := range r.Report.Scores {
		f, ok := r.by[s.File]
		if !ok {
			f.tasks = map[string]float64{}
		}
		switch s.Measure {
		case evaluation.Correlation:
			f.correlation = s.Value
		case evaluation.Identification:
			f.tasks[string(s.Task)] = s.Value
		}
		r.by[s.File] = f
	}
}

// Score is a picture's identification in a task ("all", "shape", …), or its correlation ("correlation").
func (r *Results) Score(item *results.Reconstruction, task string) (float64, bool) {
	f, ok := r.by[item.File]
	if !ok {
		return 0, false
	}
	if task == "correlation" {
		return f.correlation, true
	}
	v, ok := f.tasks[task]
	return v, ok
}
