package subject

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"reverie/app/dataset/bdata"
	"reverie/app/session"
	"reverie/compute/brain"
)

// group is the files of one session, joined when there are several.
type group struct {
	session brain.Session
	known   bool // the name told the session
	files   []string
}

// Name is the name of the person that a file's name tells, its first part: sub-01 of sub-01_task-….h5.
func Name(file string) string {
	name, _, _ := strings.Cut(stem(file), "_")
	return name
}

// sessionNames maps what file names say to the session, the most particular first.
var sessionNames = []struct {
	part    string
	session brain.Session
}{
	{"imagery", brain.Imagery},
	{"training", brain.NaturalTraining},
	{"shape", brain.Shapes}, {"artificialimage", brain.Shapes},
	{"letter", brain.Letters},
	{"naturalimagetest", brain.NaturalTest}, {"imagenettest", brain.NaturalTest}, {"test", brain.NaturalTest},
}

func sessionOf(file string) (brain.Session, bool) {
	name := strings.ToLower(filepath.Base(file))
	for _, s := range sessionNames {
		if strings.Contains(name, s.part) {
			return s.session, true
		}
	}
	return brain.Session(stem(file)), false
}

// subjectFile puts a BData file with the others of its session.
func (o *opener) subjectFile(path string) {
	n := Name(path)
	switch {
	case len(o.groups) == 0:
		o.s.Name, o.s.Dir = n, filepath.Dir(path)
	case n != o.s.Name:
		o.wrong(path, fmt.Errorf("the file is named as another subject's (%s, not %s) and was left out: open one subject at a time", n, o.s.Name))
		return
	}
	o.s.Simulated = o.s.Simulated || strings.Contains(filepath.Base(path), "simulated")
	kind, known := sessionOf(path)
	for _, g := range o.groups {
		if g.session == kind {
			g.files = append(g.files, path)
			return
		}
	}
	o.groups = append(o.groups, &group{kind, known, []string{path}})
}

// group opens the files of one session and adds its dataset, or the datasets of a file with several sessions.
func (o *opener) group(g *group) error {
	f, err := openFiles(o.ctx, g.files)
	if err != nil {
		return err
	}
	defer f.Close()
	d := session.Dataset{Session: g.session, File: g.files[0], Files: g.files, Samples: f.Rows()}
	about := d.File
	for _, r := range f.ROIs() {
		d.ROIs = append(d.ROIs, session.ROI{Name: r.Name, Voxels: r.Voxels})
	}
	if runs, err := f.Column("Run"); err == nil {
		slices.Sort(runs)
		d.Runs = len(slices.Compact(runs))
	}
	joined := ""
	if len(g.files) > 1 {
		joined = fmt.Sprintf(", joined from %d files with runs counted on", len(g.files))
	}
	o.fine(about, "BData: %s × %s, %s%s.", count(f.Rows(), "sample", "samples"), count(f.Cols(), "column", "columns"), count(d.Runs, "run", "runs"), joined)
	o.regions(d)
	for _, n := range f.Notices() {
		o.fine(about, "%s", n)
	}
	if err := o.labels(f, &d); err != nil {
		return err
	}
	parts, err := split(f, d)
	if err != nil {
		return err
	}
	if !g.known && len(parts) == 1 {
		o.warn(about, "The file name tells no session type; it is listed under its own name.", "Name it as the lab does: …ImageNetTraining…, …ImageNetTest…, …ArtificialShapes…, …Letter…, …Imagery….")
	}
	for _, p := range parts {
		if err := o.stimuli(f, &p); err != nil {
			return err
		}
		o.s.Datasets = append(o.s.Datasets, p)
	}
	return nil
}

func (o *opener) regions(d session.Dataset) {
	var with, without []string
	for _, r := range d.ROIs {
		if r.Voxels == 0 {
			without = append(without, r.Name)
		} else {
			with = append(with, r.Name+" "+thousands(r.Voxels))
		}
	}
	switch {
	case len(d.ROIs) == 0:
		o.warn(d.File, "It names no regions (ROI_… rows), so no visual area can be chosen.", "Select voxels by an expression, such as VoxelData, with reverie decode --roi.")
	case len(with) > 0:
		o.fine(d.File, "Voxels: %s.", list(with, 12))
	}
	if len(without) > 0 {
		o.warn(d.File, "No voxels in "+list(without, 8)+".", "These regions cannot be decoded from.")
	}
}

// openFiles opens BData files, joined with runs and sessions counted on.
func openFiles(ctx context.Context, paths []string) (*bdata.File, error) {
	var files []*bdata.File
	closeAll := func() {
		for _, f := range files {
			f.Close()
		}
	}
	for _, p := range paths {
		f, err := bdata.OpenGuarded(ctx, p)
		if err != nil {
			closeAll()
			return nil, err
		}
		files = append(files, f)
	}
	if len(files) == 1 {
		return files[0], nil
	}
	var on []string
	for _, key := range []string{"Session", "Run"} {
		if slices.Contains(files[0].Keys(), key) {
			on = append(on, key)
		}
	}
	all, err := bdata.Join(bdata.JoinOptions{Successive: on, IgnoreDescriptions: true}, files...)
	if err != nil {
		closeAll()
	}
	return all, err
}

// open opens the files of a dataset with the names of its stimuli.
func open(ctx context.Context, d session.Dataset) (*bdata.File, error) {
	if len(d.Files) == 0 {
		return nil, fmt.Errorf("session %s has no brain activity", d.Session)
	}
	f, err := openFiles(ctx, d.Files)
	if err != nil {
		return nil, err
	}
	switch {
	case d.Table != "":
		var t *bdata.Table
		if t, err = bdata.ReadTable(d.Table); err == nil {
			err = f.UseTable(d.LabelKey, t)
		}
	case d.ByID:
		err = f.UseStimulusNames(d.LabelKey)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// Samples reads the voxels of a selection (see bdata) of one session.
func Samples(ctx context.Context, s *session.Subject, d session.Dataset, selection string) (brain.Samples, []bdata.Notice, error) {
	f, err := open(ctx, d)
	if err != nil {
		return brain.Samples{}, nil, err
	}
	defer f.Close()
	if d.LabelKey == "" {
		return brain.Samples{}, nil, fmt.Errorf("%s: its stimuli have no names: %w", d.File, errNoLabels)
	}
	return f.SamplesBy(selection, options(s, d))
}

func options(s *session.Subject, d session.Dataset) bdata.Options {
	o := bdata.Options{LabelKey: d.LabelKey, DropRepetitions: s != nil && s.DropRepetitions}
	if d.DataType != 0 {
		o.DataTypes = []int{d.DataType}
	}
	return o
}

var errNoLabels = errors.New("open the stimulus table (.csv, .tsv) together with it")
