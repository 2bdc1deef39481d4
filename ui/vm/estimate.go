package vm

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"reverie/app/session"
)

// Estimates asks what a plan of training will take whenever the plan changes:
// some time after the last change, in the background, the newest only.
type Estimates struct {
	Delay time.Duration // after the last change; 0 is half a second

	trainer session.Trainer
	mail    *Mailbox
	changed func()

	subject *session.Subject
	dropped bool // the subject's repetitions were to be left out
	plan    session.TrainPlan
	cancel  context.CancelFunc // nil while nothing is asked
	asked   int
	got     *session.TrainEstimate
	err     error
}

// NewEstimates asks a trainer; changed is called on the drawing goroutine.
func NewEstimates(t session.Trainer, mail *Mailbox, changed func()) *Estimates {
	return &Estimates{trainer: t, mail: mail, changed: changed}
}

// Ask asks for a plan's estimate, unless it is there or on its way.
func (e *Estimates) Ask(s *session.Subject, plan session.TrainPlan) {
	if e.subject == s && e.dropped == s.DropRepetitions && reflect.DeepEqual(e.plan, plan) && (e.cancel != nil || e.got != nil || e.err != nil) {
		return
	}
	e.Drop()
	e.subject, e.dropped, e.plan = s, s.DropRepetitions, plan
	ctx, cancel := context.WithCancel(context.Background())
	e.cancel = cancel
	e.asked++
	n, delay := e.asked, e.Delay
	if delay == 0 {
		delay = 500 * time.Millisecond
	}
	go func() {
		select {
		case <-ctx.Done():
			return
		case <-time.After(delay):
		}
		got, err := e.trainer.EstimateTraining(ctx, s, plan)
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
func (e *Estimates) Drop() {
	if e.cancel != nil {
		e.cancel()
		e.cancel = nil
	}
	e.got, e.err, e.subject = nil, nil, nil
}

// Halt ends what is asked and keeps what is there.
func (e *Estimates) Halt() {
	if e.cancel != nil {
		e.Drop()
	}
}

// Asking reports whether an estimate is on its way.
func (e *Estimates) Asking() bool { return e.cancel != nil }

// Estimate is the newest; nil where there is none.
func (e *Estimates) Estimate() *session.TrainEstimate { return e.got }

// Err is why there is none.
func (e *Estimates) Err() error { return e.err }

// EstimateText is an estimate in words.
type EstimateText struct {
	Units, UnitsNote   string
	Time, TimeNote     string
	Memory, MemoryNote string
	Disk, DiskNote     string
	DiskShort          bool
	Warnings           []session.Finding
	Notes              []string // only good to know
}

// TextOf writes an estimate; limit is the plan's memory limit in bytes.
func TextOf(e *session.TrainEstimate, limit int64) EstimateText {
	total, done := 0, 0
	for _, p := range e.Parts {
		total, done = total+p.Units, done+p.Done
	}
	t := EstimateText{
		Units: Count(total-done, ""), UnitsNote: "none is there yet",
		Time: Takes(e.Time), TimeNote: "on this computer",
		Memory: Size(e.Memory), MemoryNote: "at most, of " + Size(limit),
		Disk: Size(e.Disk), DiskNote: "free space unknown", Notes: e.Notes,
	}
	if done > 0 {
		t.UnitsNote = Count(done, "") + " are there"
	}
	if done == total && total > 0 {
		t.Time, t.TimeNote = "none", "all is trained already"
	}
	if e.Free >= 0 {
		t.DiskNote = "of " + Size(e.Free) + " free"
		switch {
		case e.Disk > e.Free:
			t.DiskShort = true
			t.Warnings = append(t.Warnings, session.Finding{Level: session.Wrong, Text: fmt.Sprintf("The disk is too small: %s are free, the decoders take %s", Size(e.Free), Size(e.Disk)),
				Do: "Choose a folder on another disk, or fewer layers or regions."})
		case e.Disk > e.Free/10*9:
			t.Warnings = append(t.Warnings, session.Finding{Level: session.Warning, Text: "The decoders nearly fill the disk", Do: "Choose a folder on another disk, or make room."})
		}
	}
	if e.Memory > limit && limit > 0 {
		t.Warnings = append(t.Warnings, session.Finding{Level: session.Warning, Text: fmt.Sprintf("%s of memory are needed, more than the limit of %s", Size(e.Memory), Size(limit)), Do: "Raise the limit, or choose smaller regions."})
	}
	return t
}

// Takes writes how long something will take: "about 3 h 20 min".
func Takes(d time.Duration) string {
	switch {
	case d <= 0:
		return "unknown"
	case d < 10*time.Second:
		return "some seconds"
	case d < 55*time.Second:
		return fmt.Sprintf("about %d s", int(d.Round(5*time.Second)/time.Second))
	case d < 55*time.Minute:
		return fmt.Sprintf("about %d min", max(1, int(d.Round(time.Minute)/time.Minute)))
	case d < 24*time.Hour:
		h := d.Round(10 * time.Minute)
		return fmt.Sprintf("about %d h %02d min", int(h/time.Hour), int(h%time.Hour/time.Minute))
	}
	h := int(d.Round(time.Hour) / time.Hour)
	return fmt.Sprintf("about %s %d h", Count(h/24, "day"), h%24)
}
