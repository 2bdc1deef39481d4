// Package job is what long work shares: progress with an estimate, pausing and
// cancelling. It knows nothing of windows or terminals.
package job

import (
	"context"
	"sync"
	"time"
)

// Progress is how far a job is.
type Progress struct {
	Stage       string // what is being done, e.g. "decode conv3_2"
	Done, Total int    // steps of this stage; Total 0 is unknown
	Elapsed     time.Duration
	ETA         time.Duration // of this stage; negative while unknown
}

// Reporter is told of progress. It must not block.
type Reporter func(Progress)

// Meter turns step counts into Progress with an estimate. The zero value reports to nobody.
type Meter struct {
	report Reporter
	start  time.Time
	stage  string
	begun  time.Time
}

// NewMeter starts the clock.
func NewMeter(r Reporter) *Meter { return &Meter{report: r, start: time.Now()} }

// Step reports done of total steps of a stage; a new stage name restarts the estimate.
func (m *Meter) Step(stage string, done, total int) {
	if m == nil || m.report == nil {
		return
	}
	now := time.Now()
	if stage != m.stage || m.begun.IsZero() {
		m.stage, m.begun = stage, now
	}
	p := Progress{Stage: stage, Done: done, Total: total, Elapsed: now.Sub(m.start), ETA: -1}
	if done > 0 && total > 0 {
		p.ETA = time.Duration(float64(now.Sub(m.begun)) / float64(done) * float64(total-done))
	}
	m.report(p)
}

// Gate holds work at a point where it can wait: open by default, closed while paused.
type Gate struct {
	mu     sync.Mutex
	closed chan struct{} // nil while open; closed on resume
}

// Pause makes Wait block until Resume.
func (g *Gate) Pause() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed == nil {
		g.closed = make(chan struct{})
	}
}

// Resume lets waiting work go on.
func (g *Gate) Resume() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed != nil {
		close(g.closed)
		g.closed = nil
	}
}

// Paused reports whether the gate is closed.
func (g *Gate) Paused() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.closed != nil
}

// Wait returns when the gate is open, or with the context's error when it is cancelled. A nil gate is open.
func (g *Gate) Wait(ctx context.Context) error {
	if g == nil {
		return ctx.Err()
	}
	g.mu.Lock()
	c := g.closed
	g.mu.Unlock()
	if c == nil {
		return ctx.Err()
	}
	select {
	case <-c:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}
