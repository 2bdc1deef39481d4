package vm_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"reverie/app/session"
	"reverie/ui/uitest"
	"reverie/ui/vm"
)

// settle drains the mailbox until ok.
func settle(t *testing.T, m *vm.Mailbox, what string, ok func() bool) {
	t.Helper()
	late := time.After(20 * time.Second)
	for !ok() {
		select {
		case <-m.Wake():
			m.Drain()
		case <-late:
			t.Fatalf("never happened: %s", what)
		}
	}
}

func TestEstimates_onlyTheLastChangeIsAsked(t *testing.T) {
	e, mail, changed := &uitest.Engine{}, vm.NewMailbox(), 0
	est := vm.NewEstimates(e, mail, func() { changed++ })
	est.Delay = 20 * time.Millisecond
	f := form(t)
	for _, alpha := range []string{"1", "10", "1000"} {
		f.Alpha = alpha
		p, _ := f.Plan()
		est.Ask(f.Subject, p)
		est.Ask(f.Subject, p) // nothing changed
	}
	if !est.Asking() || est.Estimate() != nil {
		t.Error("not asking")
	}
	settle(t, mail, "the estimate", func() bool { return !est.Asking() })
	p, _ := f.Plan()
	est.Ask(f.Subject, p)
	if est.Estimate() == nil || len(est.Estimate().Parts) != 19 || e.Estimates() != 1 || changed != 1 || est.Asking() {
		t.Errorf("%d questions, %d changes, asking %v", e.Estimates(), changed, est.Asking())
	}
	f.Subject.DropRepetitions = true // changes what is trained on
	est.Ask(f.Subject, p)
	if !est.Asking() {
		t.Error("not asked again")
	}
}

func TestEstimates_lateAnswerOfAnOldQuestionIsDropped(t *testing.T) {
	e, mail := &uitest.Engine{Training: uitest.Training{Estimated: make(chan struct{})}}, vm.NewMailbox()
	est := vm.NewEstimates(e, mail, func() {})
	est.Delay = time.Nanosecond
	f := form(t)
	p, _ := f.Plan()
	est.Ask(f.Subject, p)
	e.Training.Estimated <- struct{}{}
	<-mail.Wake() // the answer lies there, and is not looked at yet
	est.Drop()
	mail.Drain()
	if est.Estimate() != nil || est.Err() != nil || est.Asking() {
		t.Error("an answer to what is no longer asked")
	}
	est.Ask(f.Subject, p)
	est.Halt()
	if est.Asking() {
		t.Error("not halted")
	}
}

func TestEstimates_error(t *testing.T) {
	e, mail := &uitest.Engine{Training: uitest.Training{EstimateErr: errors.New("V9 is no region")}}, vm.NewMailbox()
	est := vm.NewEstimates(e, mail, func() {})
	est.Delay = time.Nanosecond
	f := form(t)
	p, _ := f.Plan()
	est.Ask(f.Subject, p)
	settle(t, mail, "the error", func() bool { return est.Err() != nil })
	if est.Estimate() != nil {
		t.Error("an estimate beside the error")
	}
}

func TestTextOf(t *testing.T) {
	e := &session.TrainEstimate{
		Parts: []session.TrainPart{{Units: 3000, Done: 1000}, {Units: 500}}, Time: 100 * time.Minute,
		Memory: 9 << 30, Disk: 20 << 30, Free: 12 << 30, Notes: []string{"a note"},
	}
	got := vm.TextOf(e, 8<<30)
	if got.Units != "2,500" || got.UnitsNote != "1,000 are there" || got.Time != "about 1 h 40 min" || got.Disk != "20.0 GiB" || got.DiskNote != "of 12.0 GiB free" || !got.DiskShort {
		t.Errorf("%+v", got)
	}
	if len(got.Warnings) != 2 || got.Warnings[0].Level != session.Wrong || !strings.Contains(got.Warnings[0].Text, "too small") || len(got.Notes) != 1 {
		t.Errorf("%+v", got.Warnings)
	}
	e.Free, e.Memory = -1, 1<<30
	if got := vm.TextOf(e, 8<<30); got.DiskNote != "free space unknown" || len(got.Warnings) != 0 {
		t.Errorf("%+v", got)
	}
	e.Parts[0].Done, e.Parts[1].Done = 3000, 500
	if got := vm.TextOf(e, 8<<30); got.TimeNote != "all is trained already" || got.Units != "0" {
		t.Errorf("%+v", got)
	}
}

func TestTakes(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "unknown", 4 * time.Second: "some seconds", 23 * time.Second: "about 25 s", 70 * time.Second: "about 1 min",
		90 * time.Minute: "about 1 h 30 min", 50 * time.Hour: "about 2 days 2 h",
	} {
		if got := vm.Takes(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}
