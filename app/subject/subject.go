// Package subject opens what was recognised (app/intake) as one person's data
// and reports what is there, what fits together and what is missing.
package subject

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"reverie/app/dataset/bdata"
	"reverie/app/dataset/stimuli"
	"reverie/app/intake"
	"reverie/app/session"
	"reverie/compute/brain"
)

// Pictures is the session of pictures opened alone: they have features of
// their own but no brain activity.
const Pictures brain.Session = "Pictures"

// Options say how to open.
type Options struct {
	Cache string // folder for drawn stimuli
	// Step (may be nil) is told what is being read.
	Step func(stage string, done, total int)
}

// opener collects a subject.
type opener struct {
	ctx      context.Context
	opt      Options
	s        *session.Subject
	pictures *stimuli.Set
	single   map[string]string // pictures named themselves: label → path
	tables   []*bdata.Table
	groups   []*group
}

// Open opens recognised things as one subject. What cannot be read is an error
// in the report, not of Open, as long as something is there to work with.
// Models are left to the caller.
func Open(ctx context.Context, items []intake.Item, opt Options) (*session.Subject, error) {
	if opt.Step == nil {
		opt.Step = func(string, int, int) {}
	}
	o := &opener{ctx: ctx, opt: opt, s: &session.Subject{}, single: map[string]string{}}
	var folders []string
	for _, i := range items {
		o.s.Files = append(o.s.Files, session.File{Path: i.Path, Kind: string(i.Kind)})
		switch i.Kind {
		case intake.Pictures:
			folders = append(folders, i.Path)
		case intake.Picture:
			o.single[stem(i.Path)] = i.Path
		case intake.Subject, intake.Figures:
			folders = append(folders, filepath.Join(filepath.Dir(i.Path), "stimuli"))
		}
	}
	var err error
	if o.pictures, err = stimuli.OpenSet(existing(folders)...); err != nil {
		return nil, err
	}
	if err := o.read(items); err != nil {
		return nil, err
	}
	if len(o.s.Datasets) == 0 && !slices.ContainsFunc(items, func(i intake.Item) bool {
		return i.Kind == intake.Subject || i.Kind == intake.Figures || i.Kind == intake.Features
	}) {
		o.justPictures(items)
	}
	if len(o.s.Datasets) == 0 {
		return nil, o.nothing(items)
	}
	slices.SortStableFunc(o.s.Datasets, func(a, b session.Dataset) int { return order(a.Session) - order(b.Session) })
	o.overall()
	if o.s.Name == "" {
		o.s.Name = stem(o.s.Dir)
	}
	return o.s, nil
}

// picture finds the picture of a label, among those named themselves first.
func (o *opener) picture(label string) (string, bool) {
	if p, ok := o.single[label]; ok {
		return p, true
	}
	return o.pictures.Match(label)
}

func stem(path string) string {
	base := filepath.Base(path)
	return strings.TrimSuffix(base, filepath.Ext(base))
}

// read goes through the items. The context's end is its only error.
func (o *opener) read(items []intake.Item) error {
	for _, i := range items { // first what others refer to
		if i.Kind == intake.Table {
			t, err := bdata.ReadTable(i.Path)
			if err != nil {
				o.wrong(i.Path, err)
				continue
			}
			o.tables = append(o.tables, t)
			o.fine(i.Path, "Stimulus table with %s.", count(len(t.Stimuli), "stimulus", "stimuli"))
		}
	}
	for n, i := range items {
		if o.ctx.Err() != nil {
			return context.Cause(o.ctx)
		}
		o.opt.Step("read "+filepath.Base(i.Path), n, len(items))
		switch i.Kind {
		case intake.Subject:
			o.subjectFile(i.Path)
		case intake.Figures:
			if err := o.figures(i.Path); err != nil {
				o.wrong(i.Path, err)
			}
		case intake.Features:
			o.features(i.Path)
		case intake.Unknown:
			o.wrong(i.Path, i.Err)
		case intake.Decoders:
			o.decoders(i.Path)
		case intake.Network:
			o.fine(i.Path, "Description of a network; its weights are in a .caffemodel.")
		}
	}
	for _, g := range o.groups {
		if err := o.group(g); err != nil {
			if o.ctx.Err() != nil {
				return context.Cause(o.ctx)
			}
			o.wrong(g.files[0], err)
		}
	}
	o.opt.Step("read", len(items), len(items))
	return nil
}

// justPictures makes a subject of pictures alone.
func (o *opener) justPictures(items []intake.Item) {
	d := session.Dataset{Session: Pictures}
	add := func(label, path string) {
		if _, err := stimuli.Load(path); err != nil {
			o.wrong(path, err)
			return
		}
		d.Stimuli = append(d.Stimuli, session.Stimulus{Label: label, Session: Pictures, Image: path})
	}
	for _, i := range items {
		if i.Kind == intake.Picture {
			add(stem(i.Path), i.Path)
		}
	}
	for _, l := range o.pictures.Labels() {
		if p, ok := o.pictures.Match(l); ok {
			add(l, p)
		}
	}
	if len(d.Stimuli) == 0 {
		return
	}
	o.s.Name, o.s.Dir = "Pictures", filepath.Dir(d.Stimuli[0].Image)
	o.s.Datasets = []session.Dataset{d}
	o.s.Report = append([]session.Finding{{About: "Pictures", Text: count(len(d.Stimuli), "picture", "pictures") + " can be read."}}, o.s.Report...)
	o.note("Pictures only, no brain activity: reconstructions start from the pictures' own features.")
}

// nothing says why nothing can be opened.
func (o *opener) nothing(items []intake.Item) error {
	for _, f := range o.s.Report {
		if f.Level == session.Wrong {
			if strings.Contains(f.Text, f.About) {
				return errors.New(f.Text)
			}
			return fmt.Errorf("%s: %s", f.About, f.Text)
		}
	}
	var names []string
	for _, i := range items {
		names = append(names, fmt.Sprintf("%s (%s)", filepath.Base(i.Path), i.Kind))
	}
	if len(names) == 0 {
		return fmt.Errorf("nothing to open: want BData files (.h5, .mat), a BrainDecoderToolbox file (.mat), features or pictures")
	}
	return fmt.Errorf("nothing to open in %s: want BData files (.h5, .mat), a BrainDecoderToolbox file (.mat), features or pictures; Inspect, or reverie info, shows what is in any file", strings.Join(names[:min(4, len(names))], ", "))
}

func order(s brain.Session) int {
	all := []brain.Session{brain.NaturalTraining, brain.NaturalTest, brain.Shapes, brain.Letters, brain.Imagery}
	if i := slices.Index(all, s); i >= 0 {
		return i
	}
	return len(all)
}
