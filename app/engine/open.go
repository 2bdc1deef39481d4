package engine

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"reverie/app/intake"
	"reverie/app/job"
	"reverie/app/session"
	"reverie/app/subject"
)

// OpenSubject opens files or folders as one subject. Models among them are passed over.
func (e *Engine) OpenSubject(ctx context.Context, paths []string, report job.Reporter) (*session.Subject, error) {
	meter := job.NewMeter(report)
	items, err := intake.Sort(ctx, paths, func(name string, done int) { meter.Step("look at "+name, done, 0) })
	if err != nil {
		return nil, err
	}
	return e.subject(ctx, paths, items, meter)
}

// OpenSubjects opens files of one or several subjects, told apart by the first
// part of the files' names. Pictures, tables and features among them belong to all.
func (e *Engine) OpenSubjects(ctx context.Context, paths []string, report job.Reporter) ([]*session.Subject, error) {
	meter := job.NewMeter(report)
	items, err := intake.Sort(ctx, paths, func(name string, done int) { meter.Step("look at "+name, done, 0) })
	if err != nil {
		return nil, err
	}
	var names []string
	of := func(i intake.Item) string {
		if i.Kind != intake.Subject {
			return ""
		}
		return subject.Name(i.Path)
	}
	for _, i := range items {
		if n := of(i); n != "" && !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	if len(names) < 2 {
		s, err := e.subject(ctx, paths, items, meter)
		return []*session.Subject{s}, err
	}
	var out []*session.Subject
	for _, n := range names {
		mine := slices.DeleteFunc(slices.Clone(items), func(i intake.Item) bool { return of(i) != "" && of(i) != n })
		s, err := e.subject(ctx, paths, mine, meter)
		if err != nil {
			return nil, fmt.Errorf("subject %s: %w", n, err)
		}
		out = append(out, s)
	}
	return out, nil
}

func (e *Engine) subject(ctx context.Context, paths []string, items []intake.Item, meter *job.Meter) (*session.Subject, error) {
	items = slices.DeleteFunc(items, func(i intake.Item) bool { return subject.IsModel(i.Kind) })
	s, err := subject.Open(ctx, items, subject.Options{Cache: e.cache, Step: meter.Step})
	if err != nil {
		return nil, err
	}
	s.Paths = paths
	return s, nil
}

// Open opens what the user chose or dropped. Files that are no other person's
// come to the open subject; models are added to the list of models.
func (e *Engine) Open(ctx context.Context, open *session.Subject, paths []string, report job.Reporter) (*session.Opened, error) {
	meter := job.NewMeter(report)
	look := func(name string, done int) { meter.Step("look at "+name, done, 0) }
	items, err := intake.Sort(ctx, paths, look)
	if err != nil {
		return nil, err
	}
	out := &session.Opened{Subject: open}
	var rest []intake.Item
	for _, i := range items {
		if !subject.IsModel(i.Kind) {
			rest = append(rest, i)
			continue
		}
		if err := e.addModel(ctx, i.Path, out, meter); err != nil {
			return nil, err
		}
	}
	if len(rest) == 0 && len(out.Report) > 0 {
		return out, modelsAlone(out)
	}
	all := paths
	if joins(open, rest) {
		all = slices.Clone(open.Paths)
		for _, p := range paths {
			if !slices.Contains(all, p) {
				all = append(all, p)
			}
		}
		if items, err = intake.Sort(ctx, all, look); err != nil {
			return nil, err
		}
	}
	s, err := e.subject(ctx, all, items, meter)
	if err != nil {
		return nil, err
	}
	s.Report = append(s.Report, out.Report...)
	out.Subject = s
	return out, nil
}

// modelsAlone is the error of models of which none was added.
func modelsAlone(o *session.Opened) error {
	if len(o.Models) > 0 {
		return nil
	}
	return errors.New(o.Report[0].Text)
}

// addModel adds a file to the list of models. Only the context's end is an error; others are reported.
func (e *Engine) addModel(ctx context.Context, path string, out *session.Opened, meter *job.Meter) error {
	m, err := e.store.Add(ctx, path, func(done, total int64) { meter.Step("check "+filepath.Base(path), int(done>>20), int(total>>20)) })
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	f := session.Finding{About: filepath.Base(path)}
	if err != nil {
		f.Level, f.Text = session.Wrong, err.Error()
	} else {
		out.Models = append(out.Models, path)
		f.Text = fmt.Sprintf("%s: %s. It is in the list of models.", m.Role.Name(), m.About)
		if len(m.Notes) > 0 {
			f.Level, f.Do = session.Warning, strings.Join(m.Notes, " ")
		}
	}
	out.Report = append(out.Report, f)
	return nil
}

// joins tells whether new things belong to the open subject: they hold no
// subject's file, or files of the same name.
func joins(open *session.Subject, items []intake.Item) bool {
	if open == nil || len(open.Paths) == 0 {
		return false
	}
	for _, i := range items {
		if i.Kind == intake.Figures || i.Kind == intake.Subject && subject.Name(i.Path) != open.Name {
			return false
		}
	}
	return len(items) > 0
}

// Fits reports whether stored features are of the network in use.
func (e *Engine) Fits(s *session.Subject) []session.Finding {
	var out []session.Finding
	m := e.Model()
	for _, f := range s.Stored {
		same, other := 0, ""
		for i, l := range f.Layers {
			op, _, ok := m.Net.Op(l)
			switch {
			case !ok || !op.HasFeature():
			case op.Out.Len() == f.Units[i]:
				same++
			default:
				other = fmt.Sprintf("%s has %d units, that of the network has %d", l, f.Units[i], op.Out.Len())
			}
		}
		r := session.Finding{About: f.Name, Text: fmt.Sprintf("%d of %d layers fit the network in use, %s.", same, len(f.Layers), m.Net.Name)}
		switch {
		case other != "":
			r.Level, r.Text, r.Do = session.Warning, "The features are of another network than the one in use: "+other+".", "Choose their network among the models; VGG19 for the lab's features."
		case same == 0:
			r.Level, r.Text, r.Do = session.Warning, "None of its layers is one of the network in use.", "Choose their network among the models."
		}
		out = append(out, r)
	}
	return out
}
