package decoders

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"reverie/app/dataset/decoders/lab"
)

func isLab(dir string) bool { return lab.Is(dir) }

// labFolder makes a model folder of the lab's scripts a Folder.
type labFolder struct {
	*lab.Folder
	path string
}

func openLab(ctx context.Context, dir string) (Folder, error) {
	if _, err := os.Stat(dir); err != nil {
		return nil, fmt.Errorf("open decoders: %w", err)
	}
	f, err := lab.Open(ctx, dir)
	if errors.Is(err, lab.ErrFormat) && !lab.Is(dir) {
		return nil, fmt.Errorf("%s: %w", dir, ErrNone)
	}
	if err != nil {
		return nil, err
	}
	return &labFolder{f, dir}, nil
}

func (f *labFolder) Path() string { return f.path }

// About tells layer, subject, ROI and fold by the path, <layer>/<subject>/<roi>[/cv-…]/model.
func (f *labFolder) About() About {
	info := f.Info()
	a := About{Lab: true, Shape: f.Shape(), Voxels: f.Voxels(), Trained: f.Units(), Method: info.Method, Notes: info.Notes}
	if a.Method == "" {
		a.Method = "linear, " + info.Form
	}
	if info.Alpha > 0 {
		a.Method += fmt.Sprintf(", alpha %g", info.Alpha)
	}
	if info.Selected > 0 {
		a.Method += fmt.Sprintf(", %d voxels a unit", info.Selected)
	}
	if info.Status != "" && info.Status != "done" {
		a.Notes = append(a.Notes, "The lab's scripts did not finish it: info.yaml says "+info.Status+".")
	}
	abs, err := filepath.Abs(f.path)
	if err != nil {
		return a
	}
	parts := strings.Split(filepath.ToSlash(abs), "/")
	if n := len(parts); n > 0 && parts[n-1] == "model" {
		parts = parts[:n-1]
	}
	if n := len(parts); n > 0 && strings.HasPrefix(parts[n-1], "cv-") {
		a.Fold, parts = parts[n-1], parts[:n-1]
	}
	if n := len(parts); n >= 3 {
		a.Layer, a.Subject, a.ROI = parts[n-3], parts[n-2], parts[n-1]
	}
	return a
}

func (f *labFolder) Norms() (Norms, error) {
	n := f.Folder.Norms()
	return Norms{Mean: n.XMean, Norm: n.XNorm}, nil
}

func (f *labFolder) Read(ctx context.Context, from, to int) (*Chunk, error) {
	w, err := f.Folder.Read(ctx, from, to)
	if err != nil {
		return nil, err
	}
	c := &Chunk{Weights: w}
	c.Mean, c.Norm = f.UnitNorm(from, to)
	return c, nil
}

// ExportLab writes the decoders of a folder of ours as the lab's scripts read
// them, below root as <layer>/<subject>/<roi>[/<fold>]/model. step (may be
// nil) is told the units written.
func (s *Store) ExportLab(ctx context.Context, root string, step func(done, total int)) (dir string, err error) {
	if spatial := s.Spatial(); spatial != "" {
		return "", fmt.Errorf("%s: its samples are normalised by %s, which the lab's model folders cannot say", s.dir, spatial)
	}
	n, err := s.Norms()
	if err != nil {
		return "", err
	}
	m := lab.Meta{Voxels: s.Voxels, Shape: s.Shape, XMean: n.Mean, XNorm: n.Norm, Method: s.Method,
		Computation: s.Training.X[:min(16, len(s.Training.X))]}
	if len(s.Shape) > 1 {
		m.ChunkAxis = 1
	}
	m.Alpha, _ = s.Fit["alpha"].(float64)
	if k, ok := s.Fit["voxels"].(float64); ok {
		m.Selected = int(k)
	}
	units := s.Units()
	m.YMean, m.YNorm = make([]float32, 0, units), make([]float32, 0, units)
	for c := range s.Chunks() { // the norms come before the weights
		from, to := s.Range(c)
		mean, norm, err := s.unitNorms(from, to)
		if err != nil {
			return "", err
		}
		m.YMean, m.YNorm = append(m.YMean, mean...), append(m.YNorm, norm...)
	}
	dir = filepath.Join(s.Dir(root), "model")
	w, err := lab.NewWriter(dir, m)
	if err != nil {
		return "", err
	}
	defer w.Discard()
	for from := 0; from < units; from += block {
		to := min(from+block, units)
		c, err := s.Read(ctx, from, to)
		if err != nil {
			return "", err
		}
		if err := w.Append(c.Weights); err != nil {
			return "", err
		}
		if step != nil {
			step(to, units)
		}
	}
	return dir, w.Close()
}

// unitNorms reads mean and norm of the units of one file.
func (s *Store) unitNorms(from, to int) (mean, norm []float32, err error) {
	t, err := openTensors(s.path(from / s.Chunk))
	if err != nil {
		if missing(err) {
			err = fmt.Errorf("%s: units %d to %d are %w", s.dir, from, to-1, ErrMissing)
		}
		return nil, nil, err
	}
	defer t.f.Close()
	n := to - from
	return values[float32](t, "y_mean", n, 0, n), values[float32](t, "y_norm", n, 0, n), t.err
}
