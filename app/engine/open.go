package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"reverie/app/dataset/bdata"
	"reverie/app/dataset/stimuli"
	"reverie/app/job"
	"reverie/app/session"
	"reverie/compute/brain"
)

// LabelKey is the metadata row that names the stimulus of each sample.
const LabelKey = "stimulus_name"

// Pictures is the session of pictures opened alone: they have features of
// their own but no brain activity.
const Pictures brain.Session = "Pictures"

// Open opens a subject from BData files (.h5), a BrainDecoderToolbox file
// (.mat) or folders that hold such files and stimulus pictures. Pictures alone
// make a subject without samples.
func (e *Engine) Open(ctx context.Context, paths []string, report job.Reporter) (*session.Subject, error) {
	files, folders, images, err := find(paths)
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return openPictures(paths, folders, images)
	}
	pictures, err := stimuli.OpenSet(folders...)
	if err != nil {
		return nil, err
	}
	s := &session.Subject{Dir: filepath.Dir(files[0]), Name: subjectName(files[0])}
	meter := job.NewMeter(report)
	for i, f := range files {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		meter.Step("read "+filepath.Base(f), i, len(files))
		var d session.Dataset
		if strings.EqualFold(filepath.Ext(f), ".mat") {
			d, err = e.openFigures(f, s)
		} else {
			d, err = openBData(f, pictures, s)
		}
		if err != nil {
			return nil, err
		}
		s.Simulated = s.Simulated || strings.Contains(filepath.Base(f), "simulated")
		s.Datasets = append(s.Datasets, d)
	}
	meter.Step("read", len(files), len(files))
	if s.Simulated {
		s.Notes = append(s.Notes, "This subject is simulated: its samples were computed from pictures, no person was scanned.")
	}
	slices.SortStableFunc(s.Datasets, func(a, b session.Dataset) int { return order(a.Session) - order(b.Session) })
	return s, nil
}

// openPictures makes a subject of pictures alone.
func openPictures(paths, folders, images []string) (*session.Subject, error) {
	d := session.Dataset{Session: Pictures}
	for _, p := range images {
		base := filepath.Base(p)
		d.Stimuli = append(d.Stimuli, session.Stimulus{Label: strings.TrimSuffix(base, filepath.Ext(base)), Session: Pictures, Image: p})
	}
	set, err := stimuli.OpenSet(folders...)
	if err != nil {
		return nil, err
	}
	for _, l := range set.Labels() {
		p, _ := set.Match(l)
		d.Stimuli = append(d.Stimuli, session.Stimulus{Label: l, Session: Pictures, Image: p})
	}
	if len(d.Stimuli) == 0 {
		return nil, fmt.Errorf("nothing to open in %s: want BData files (.h5), a BrainDecoderToolbox file (.mat) or pictures", strings.Join(paths, ", "))
	}
	for _, s := range d.Stimuli {
		if _, err := stimuli.Load(s.Image); err != nil {
			return nil, err
		}
	}
	d.File = d.Stimuli[0].Image
	return &session.Subject{Name: "Pictures", Dir: filepath.Dir(d.File), Datasets: []session.Dataset{d},
		Notes: []string{"Pictures only, no brain activity: reconstructions start from the pictures' own features."}}, nil
}

// find lists subject files, the folders that may hold pictures, and pictures named themselves.
func find(paths []string) (files, folders, images []string, err error) {
	add := func(p string) bool {
		switch strings.ToLower(filepath.Ext(p)) {
		case ".h5", ".hdf5", ".mat":
			if !slices.Contains(files, p) {
				files = append(files, p)
			}
			return true
		}
		return false
	}
	for _, p := range paths {
		st, err := os.Stat(p)
		if err != nil {
			return nil, nil, nil, fmt.Errorf("open %s: %w", p, errors.Unwrap(err))
		}
		if !st.IsDir() {
			if stimuli.IsImage(p) {
				images = append(images, p)
				continue
			}
			if !add(p) {
				return nil, nil, nil, fmt.Errorf("open %s: not a file that Reverie knows: want .h5 (BData), .mat (BrainDecoderToolbox) or a picture", p)
			}
			if near := filepath.Join(filepath.Dir(p), "stimuli"); isDir(near) {
				folders = append(folders, near)
			}
			continue
		}
		folders = append(folders, p)
		err = filepath.WalkDir(p, func(q string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && q != p || strings.Count(q[len(p):], string(filepath.Separator)) > 2) {
				return fs.SkipDir
			}
			if !d.IsDir() {
				add(q)
			}
			return nil
		})
		if err != nil {
			return nil, nil, nil, fmt.Errorf("look into %s: %w", p, err)
		}
	}
	return files, folders, images, nil
}

func isDir(p string) bool {
	st, err := os.Stat(p)
	return err == nil && st.IsDir()
}

// subjectName is the file name's first part: sub-01 of sub-01_task-….h5.
func subjectName(file string) string {
	base := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
	name, _, _ := strings.Cut(base, "_")
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
	return brain.Session(strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))), false
}

func order(s brain.Session) int {
	all := []brain.Session{brain.NaturalTraining, brain.NaturalTest, brain.Shapes, brain.Letters, brain.Imagery}
	if i := slices.Index(all, s); i >= 0 {
		return i
	}
	return len(all)
}

func openBData(file string, pictures *stimuli.Set, s *session.Subject) (session.Dataset, error) {
	f, err := bdata.Open(file)
	if err != nil {
		return session.Dataset{}, err
	}
	defer f.Close()
	kind, known := sessionOf(file)
	d := session.Dataset{Session: kind, File: file, Samples: f.Rows()}
	note := func(format string, args ...any) {
		s.Notes = append(s.Notes, filepath.Base(file)+": "+fmt.Sprintf(format, args...))
	}
	if !known {
		note("the file name tells no session type; it is listed under its own name")
	}
	for _, r := range f.ROIs() {
		d.ROIs = append(d.ROIs, session.ROI{Name: r.Name, Voxels: r.Voxels})
	}
	if len(d.ROIs) == 0 {
		note("no ROI_… rows: no visual area can be chosen")
	}
	if runs, err := f.Column("Run"); err == nil {
		slices.Sort(runs)
		d.Runs = len(slices.Compact(runs))
	}
	labels, err := f.Labels(LabelKey)
	if err != nil {
		note("stimuli have no names: %v", err)
		return d, nil
	}
	slices.Sort(labels)
	missing := 0
	for _, l := range slices.Compact(labels) {
		if l == "n/a" {
			continue
		}
		path, ok := pictures.Match(l)
		if !ok {
			missing++
		}
		d.Stimuli = append(d.Stimuli, session.Stimulus{Label: l, Session: kind, Image: path})
	}
	if missing > 0 {
		note("%d of %d stimuli have no picture here: put the pictures, named as the labels, in a folder “stimuli” beside the file or open their folder too", missing, len(d.Stimuli))
	}
	return d, nil
}
