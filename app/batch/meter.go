package batch

import (
	"time"

	"reverie/app/job"
)

// meter turns iterations of images into progress over the whole batch. The time left is that of the multiplications
// left at the speed of late, which is why it knows what an iteration costs.
type meter struct {
	report      job.Reporter
	begun       time.Time
	stage       string
	done, total int     // iterations
	left        float64 // multiplications
	marks       []mark  // of late
	worked      time.Duration
	since       time.Time // when what is measured went on last; zero while it rests
	made        float64   // multiplications of this run
	beside      string    // the stage of other work
	besideBegun time.Time
}

type mark struct {
	worked time.Duration
	made   float64
}

const (
	ofLate       = 2 * time.Minute
	leastForETA  = 3 * time.Second
	betweenMarks = time.Second
)

func newMeter(r job.Reporter) *meter { return &meter{report: r, begun: time.Now()} }

// start and rest bound the time that iterations take: decoding and pauses are not counted.
func (m *meter) start() {
	if m.since.IsZero() {
		m.since = time.Now()
	}
}

func (m *meter) rest() {
	if !m.since.IsZero() {
		m.worked += time.Since(m.since)
		m.since = time.Time{}
	}
}

// step counts iterations of an image and their cost.
func (m *meter) step(iterations int, cost float64) {
	m.done += iterations
	m.made += cost
	m.left -= cost
	m.tell()
}

// skip counts iterations that will not be made: of images that ended early.
func (m *meter) skip(iterations int, cost float64) {
	m.done += iterations
	m.left -= cost
}

func (m *meter) now() time.Duration {
	if m.since.IsZero() {
		return m.worked
	}
	return m.worked + time.Since(m.since)
}

func (m *meter) eta() time.Duration {
	w := m.now()
	if n := len(m.marks); n == 0 || w-m.marks[n-1].worked >= betweenMarks {
		m.marks = append(m.marks, mark{w, m.made})
	}
	for len(m.marks) > 2 && w-m.marks[1].worked > ofLate {
		m.marks = m.marks[1:]
	}
	d, made := w-m.marks[0].worked, m.made-m.marks[0].made
	if d < leastForETA || made <= 0 || m.left < 0 {
		return -1
	}
	return time.Duration(float64(d) / made * m.left)
}

func (m *meter) tell() {
	if m.report != nil {
		m.report(job.Progress{Stage: m.stage, Done: m.done, Total: m.total, Elapsed: time.Since(m.begun), ETA: m.eta()})
	}
}

// other reports work beside the iterations, such as decoding, with counts and an estimate of its own.
func (m *meter) other(stage string, done, total int) {
	if m.report == nil {
		return
	}
	now := time.Now()
	if stage != m.beside {
		m.beside, m.besideBegun = stage, now
	}
	p := job.Progress{Stage: stage, Done: done, Total: total, Elapsed: now.Sub(m.begun), ETA: -1}
	if done > 0 && total > 0 {
		p.ETA = time.Duration(float64(now.Sub(m.besideBegun)) / float64(done) * float64(total-done))
	}
	m.report(p)
}
