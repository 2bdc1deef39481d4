package decoders

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"reverie/compute/brain"
	"reverie/compute/decode"
)

// Folder is an open folder of decoders, whoever trained them.
type Folder interface {
	// Path is where it stands.
	Path() string
	// About describes it.
	About() About
	// Norms are the voxels'.
	Norms() (Norms, error)
	// Read reads units from … to−1, counted in the C order of the layer's shape.
	Read(ctx context.Context, from, to int) (*Chunk, error)
}

// About describes a folder of decoders.
type About struct {
	Layer, Subject, ROI, Fold string // as far as known; of the lab's folders by their path
	Lab                       bool   // in the lab's format
	Method                    string // for people
	Shape                     []int
	Voxels                    int
	Trained                   int // units that are there
	Conditions                []Condition
	Notes                     []string
}

// Units is the number of units of the layer.
func (a About) Units() int {
	n := 1
	for _, s := range a.Shape {
		n *= s
	}
	return n
}

// About describes the store.
func (s *Store) About() About {
	a := About{Layer: s.Layer, Subject: s.Subject, ROI: s.ROI, Fold: s.Fold, Shape: s.Shape, Voxels: s.Voxels,
		Trained: s.Done(), Conditions: s.Conditions, Method: s.method()}
	if a.Trained < s.Units() {
		a.Notes = append(a.Notes, fmt.Sprintf("%d of %d units are trained so far.", a.Trained, s.Units()))
	}
	if s.Training.Absolute {
		a.Notes = append(a.Notes, "Trained on absolute feature values: what is decoded is |feature|.")
	}
	return a
}

// method describes Method and Fit, as in "ridge, alpha 100, 500 voxels a unit".
func (m *Meta) method() string {
	number := func(key string) string { return fmt.Sprint(m.Fit[key]) }
	var parts []string
	switch m.Method {
	case "l2":
		parts = append(parts, "ridge, alpha "+number("alpha"))
	case "slr":
		parts = append(parts, "sparse regression with ARD ("+number("mode")+")", number("iterations")+" iterations")
	default:
		parts = append(parts, m.Method)
	}
	if n, ok := m.Fit["voxels"]; ok && fmt.Sprint(n) != "0" {
		parts = append(parts, fmt.Sprint(n)+" voxels a unit")
	} else {
		parts = append(parts, "all voxels")
	}
	if s := m.Spatial(); s != "" {
		parts = append(parts, "samples normalised by "+string(s))
	}
	return strings.Join(parts, ", ")
}

// Open opens one folder of decoders.
func Open(ctx context.Context, dir string) (Folder, error) {
	s, err := openStore(dir)
	if err == nil {
		return s, nil
	}
	if !missing(err) {
		return nil, err
	}
	return openLab(ctx, dir)
}

// Is reports whether a folder holds decoders.
func Is(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, metaFile))
	return err == nil || isLab(dir)
}

// IsRoot reports whether decoders stand below a folder as the lab and this
// program arrange them, <layer>/<subject>/<roi>[/cv-…], the folder being that of
// all, of a layer or of a subject. It looks at the first few folders only.
func IsRoot(dir string) bool { return below(dir, 3) }

func below(dir string, levels int) bool {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return false
	}
	const most = 4
	seen := 0
	for _, e := range entries {
		name := e.Name()
		if !e.IsDir() || strings.HasPrefix(name, ".") || seen == most {
			continue
		}
		seen++
		path := filepath.Join(dir, name)
		if levels > 0 && Is(path) || levels > 1 && below(path, levels-1) {
			return true
		}
		if folds(path) {
			return true
		}
	}
	return false
}

// folds reports whether a folder has those of cross-validation. The lab's
// scripts put decoded features beside the decoders then: such a tree counts as
// one of features.
func folds(dir string) bool {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return false
	}
	for _, e := range entries {
		if path := filepath.Join(dir, e.Name()); e.IsDir() && strings.HasPrefix(e.Name(), "cv-") {
			_, err = os.Stat(filepath.Join(path, "decoded_features"))
			return err != nil && Is(path)
		}
	}
	return false
}

// Scan finds the folders of decoders below root, in the order of their paths.
func Scan(root string) ([]string, error) {
	var out []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case !d.IsDir():
			return nil
		case strings.HasPrefix(d.Name(), ".") && path != root:
			return fs.SkipDir
		case Is(path):
			out = append(out, path)
			if isLab(path) {
				return fs.SkipDir
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for decoders: %w", err)
	}
	return out, nil
}

// Find gives the folders below root of an ROI ("" where there is only one) and a
// fold, one for each of layers in their order. Where there are several subjects'
// it takes subject's.
func Find(ctx context.Context, root string, layers []string, subject, roi, fold string) ([]Folder, error) {
	dirs, err := Scan(root)
	if err != nil {
		return nil, err
	}
	var found []Folder
	var rois, subjects []string
	ours := false
	for _, dir := range dirs {
		f, err := Open(ctx, dir)
		if err != nil {
			return nil, err
		}
		a := f.About()
		rois, subjects = append(rois, a.ROI), append(subjects, a.Subject)
		if slices.Contains(layers, a.Layer) && a.Fold == fold && (roi == "" || a.ROI == roi || a.ROI == fileName(roi)) {
			found = append(found, f)
			ours = ours || a.Subject == subject
		}
	}
	out := make([]Folder, len(layers))
	for _, f := range found {
		a := f.About()
		if ours && a.Subject != subject {
			continue
		}
		i := slices.Index(layers, a.Layer)
		if out[i] != nil {
			return nil, fmt.Errorf("%s has several decoders of %s: %s and %s: choose the ROI (%v), or the folder of one subject (%v)", root, a.Layer, out[i].Path(), f.Path(), unique(rois), unique(subjects))
		}
		out[i] = f
	}
	for i, f := range out {
		if f == nil {
			return nil, fmt.Errorf("%s has no decoders of %s for ROI %q: it has the ROIs %v of %v", root, layers[i], roi, unique(rois), unique(subjects))
		}
	}
	return out, nil
}

func unique(s []string) []string {
	slices.Sort(s)
	return slices.Compact(s)
}

// block is how many units are read and predicted at a time.
const block = 8192

// Predict decodes samples: rows of the layer's units in the features' own
// scale, and the units' training means, nil where the folder has none. step
// (may be nil) is told the units done.
func Predict(ctx context.Context, f Folder, x brain.Samples, step func(done, total int)) (rows [][]float32, mean []float32, err error) {
	a := f.About()
	if x.Voxels != a.Voxels {
		return nil, nil, fmt.Errorf("%s was trained on %d voxels, the samples have %d: choose the same ROI and selection", f.Path(), a.Voxels, x.Voxels)
	}
	n, err := f.Norms()
	if err != nil {
		return nil, nil, err
	}
	units := a.Units()
	rows = make([][]float32, x.Len())
	for i := range rows {
		rows[i] = make([]float32, units)
	}
	for from := 0; from < units; from += block {
		to := min(from+block, units)
		c, err := f.Read(ctx, from, to)
		if err != nil {
			return nil, nil, err
		}
		part, err := c.Apply(x, n)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", f.Path(), err)
		}
		for i := range rows {
			copy(rows[i][from:to], part[i])
		}
		mean = append(mean, c.Mean...)
		if step != nil {
			step(to, units)
		}
	}
	return rows, mean, nil
}

// Apply decodes samples: rows of the chunk's units in the features' own scale.
func (c *Chunk) Apply(x brain.Samples, n Norms) ([][]float32, error) {
	z := x.X
	if n.Mean != nil {
		z = decode.ZScore(x.X, n.Mean, n.Norm)
	}
	for i, v := range z {
		if v-v != 0 {
			return nil, fmt.Errorf("sample %d (%s) has %g in voxel %d", i/x.Voxels, x.Labels[i/x.Voxels], x.X[i], i%x.Voxels)
		}
	}
	p, err := c.Weights.Predict(z, x.Len())
	if err != nil {
		return nil, err
	}
	units := c.Weights.Units()
	out := make([][]float32, x.Len())
	for i := range out {
		out[i] = make([]float32, units)
		for u, v := range p[i*units : (i+1)*units] {
			if c.Norm != nil {
				v = v*float64(c.Norm[u]) + float64(c.Mean[u])
			}
			out[i][u] = float32(v)
		}
	}
	return out, nil
}

// ErrNone tells that nothing was recognised as decoders.
var ErrNone = errors.New("no decoders: want a folder with decoder.json, or a model folder of the lab's with W.mat and b.mat, W/ and b/, or .pkl.gz files")
