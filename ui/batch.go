package ui

import (
	"context"

	"fyne.io/fyne/v2/dialog"

	"reverie/app/job"
	"reverie/app/session"
	"reverie/ui/panel/batch"
	"reverie/ui/vm"
)

// preferBatch is the folder that a batch was reconstructed into last.
const preferBatch = "batch"

// makeBatch makes the panel that reconstructs many images.
func (s *shell) makeBatch() {
	s.batch = batch.New(batch.Deps{
		Batcher: s.engine, Mail: s.mail, Problem: s.banner.Say, Changed: s.batchNews, Ask: s.ask, Confirm: s.confirm,
		Network: func() (id string, prior bool) {
			for _, n := range s.engine.Networks() {
				if n.InUse {
					id = n.ID
				}
			}
			return id, len(s.engine.Priors()) > 0
		},
		Busy: func() string {
			switch {
			case s.reconstructing():
				return "A reconstruction is running: start the batch once it has ended."
			case s.training():
				return "Decoders are being trained: start the batch once that has ended."
			}
			return ""
		},
		Folder: func(title string, do func(string)) {
			s.chooseFolder(title, func(path string) {
				s.app.Preferences().SetString(preferBatch, path)
				do(path)
			})
		},
		Add: s.addToBatch, Demo: s.demo, Open: s.openFiles,
		Out: s.app.Preferences().String(preferBatch),
	})
}

// addToBatch opens one more subject beside the open one.
func (s *shell) addToBatch(path string, do func(*session.Subject)) {
	go func() {
		got, err := s.engine.Open(context.Background(), nil, []string{path}, func(job.Progress) {})
		s.mail.Post(func() {
			switch {
			case err != nil:
				s.say("open the subject", err)
			case got.Subject != nil:
				do(got.Subject)
			}
		})
	}()
}

func (s *shell) batching() bool {
	r := s.batch.Run()
	return r != nil && r.Active()
}

// batchRuns says what keeps other work from starting while a batch runs.
func (s *shell) batchRuns() string {
	if s.batch != nil && s.batching() {
		return "A batch is running: start once it has ended."
	}
	return ""
}

// batchNews shows what is new of a batch outside its panel.
func (s *shell) batchNews() {
	r := s.batch.Run()
	if r == nil || s.opening != nil {
		return
	}
	active := r.Active()
	if r == s.batched && !active && !s.batchWasActive {
		return // its end was told
	}
	s.status.showBatch(r)
	if r != s.batched || active != s.batchWasActive {
		s.batched, s.batchWasActive = r, active
		s.watch.Sync()
		s.train.Refresh()
	}
}

// confirm asks, with words for both answers.
func (s *shell) confirm(question, yes, no string, do func()) {
	d := dialog.NewConfirm("Please confirm", question, func(ok bool) {
		if ok {
			do()
		}
	}, s.win)
	d.SetConfirmText(yes)
	d.SetDismissText(no)
	d.Show()
}

// showBatch shows a batch.
func (s *statusBar) showBatch(r *vm.BatchRun) {
	v, p := r.View(), r.Progress()
	count := vm.BatchProgressText(v)
	p.Done, p.Total = int(1000*v.Fraction), 1000
	switch r.State() {
	case vm.Running:
		s.show(p, "", count)
	case vm.Paused:
		s.show(p, "paused", count)
	case vm.Cancelling:
		s.show(p, "stopping", count)
	case vm.Finished:
		s.idle("Finished · " + count + " · took " + vm.Clock(p.Elapsed))
	case vm.Cancelled:
		s.idle("Cancelled · " + count + " · finished images are kept")
	case vm.Failed:
		s.idle("Stopped by a problem · " + count + " · finished images are kept")
	}
}
