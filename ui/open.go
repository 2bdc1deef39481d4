package ui

import (
	"context"
	"fmt"

	"fyne.io/fyne/v2"

	"reverie/app/job"
	"reverie/app/session"
	"reverie/ui/vm"
)

// demo opens the built-in subject.
func (s *shell) demo() {
	s.open("open the demo", "The first time, its files are made; that takes a few seconds.", func(ctx context.Context, r job.Reporter) (*session.Opened, error) {
		subject, err := s.engine.Demo(ctx, r)
		return &session.Opened{Subject: subject}, err
	})
}

// openPaths opens files or folders.
func (s *shell) openPaths(paths []string) {
	if len(paths) == 0 {
		return
	}
	if areResults(paths) {
		s.openResults(paths)
		return
	}
	text := paths[0]
	if len(paths) > 1 {
		text = fmt.Sprintf("%s and %d more", text, len(paths)-1)
	}
	s.sortOut(paths, func() { s.openSubject(paths, text) })
}

func (s *shell) openSubject(paths []string, text string) {
	open := s.subject
	s.open("open these files", text, func(ctx context.Context, r job.Reporter) (*session.Opened, error) {
		return s.engine.Open(ctx, open, paths, r)
	})
}

func (s *shell) dropped(uris []fyne.URI) {
	var paths []string
	for _, u := range uris {
		if u.Scheme() == "file" {
			paths = append(paths, u.Path())
		}
	}
	if s.at == panelInspect && len(paths) == 1 && s.opening == nil {
		s.sortOut(paths, func() { s.inspect.Open(paths[0]) })
		return
	}
	if len(paths) > 0 && s.opening == nil && (s.at == panelBrowse) {
		s.openResults(paths)
		return
	}
	s.openPaths(paths)
}

func (s *shell) open(action, text string, f func(context.Context, job.Reporter) (*session.Opened, error)) {
	if s.opening != nil {
		return
	}
	for what, running := range map[string]bool{"A reconstruction is running": s.reconstructing(), "Decoders are being trained": s.training(), "A batch is running": s.batching()} {
		if running {
			s.banner.Say(vm.Problem{Title: what, Detail: "Another subject can be opened once it has ended.", Hint: "Wait for it, or cancel it with Esc."})
			return
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.opening = cancel
	s.banner.Hide()
	s.welcome.Hide()
	s.work.Hide()
	s.busy.begin(text)
	s.status.show(job.Progress{Stage: "opening", ETA: -1}, "", "")
	go func() {
		got, err := f(ctx, func(p job.Progress) {
			s.mail.PostLatest("open", func() {
				if s.opening != nil {
					s.busy.show(p)
					s.status.show(p, "", "")
				}
			})
		})
		cancel()
		s.mail.Post(func() { s.opened(action, got, err) })
	}()
}

func (s *shell) opened(action string, got *session.Opened, err error) {
	s.opening = nil
	s.busy.content.Hide()
	s.status.idle("Ready")
	if err != nil {
		if p, bad := vm.ProblemOf(action, err); bad {
			s.banner.Say(p)
		}
		s.models.Refresh()
		s.show(s.at)
		return
	}
	if len(got.Models) > 0 {
		s.models.Refresh()
	}
	subject := got.Subject
	if subject == nil || subject == s.subject { // models alone
		s.show(panelModels)
		s.models.Added(got)
		return
	}
	s.subject = subject
	s.name.SetText(subject.Name)
	s.badge.Hide()
	title := "Reverie · " + subject.Name
	if subject.Simulated {
		s.badge.Show()
		title += " (simulated)"
	}
	s.win.SetTitle(title)
	s.foot.Show()
	s.load.SetSubject(subject)
	s.load.Report(s.engine.Fits(subject))
	s.inspect.SetFiles(subject.Files)
	s.watch.SetSubject(subject)
	s.train.SetSubject(subject)
	s.batch.SetSubject(subject)
	s.show(panelLoad)
	if s.autoRun {
		s.autoRun = false
		s.runFirst(subject)
	}
}
