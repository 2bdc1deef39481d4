package decoders

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"

	"reverie/app/export"
	"reverie/compute/decode"
	"reverie/compute/format/safetensors"
)

// Norms are the voxels' mean and standard deviation (ddof 1) over the training
// samples; 0 is a voxel that did not vary. XYZ are the voxels' places in
// millimetres, three each, nil where unknown.
type Norms struct {
	Mean, Norm []float32
	XYZ        []float32
}

// Chunk is what one file of units holds.
type Chunk struct {
	Weights    *decode.Sparse
	Mean, Norm []float32   // per unit, over training stimuli, ddof 1
	Accuracy   [][]float32 // [condition][unit]
	Iterations []int64     // per unit, of ARD
}

// Store is a folder of ours. Its methods may be called from several goroutines.
type Store struct {
	Meta
	dir string
}

// Create opens the folder of m below root for writing, making it where it is
// not there. One that holds trained decoders with another Meta is ErrOther.
func Create(root string, m Meta, n Norms) (*Store, error) {
	m.Format = format
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("decoders of %s: %w", m.Layer, err)
	}
	if len(n.Mean) != m.Voxels || len(n.Norm) != m.Voxels || n.XYZ != nil && len(n.XYZ) != 3*m.Voxels {
		return nil, fmt.Errorf("decoders of %s: norms of %d and %d voxels, want %d", m.Layer, len(n.Mean), len(n.Norm), m.Voxels)
	}
	s := &Store{Meta: m, dir: m.Dir(root)}
	old, err := readMeta(s.dir)
	switch {
	case err == nil:
		d := old.differs(&m)
		if d != "" && (&Store{Meta: *old, dir: s.dir}).Done() == 0 {
			break // nothing was trained there yet
		}
		if d != "" {
			return nil, fmt.Errorf("%s %w: %s: choose another folder, or remove this one", s.dir, ErrOther, d)
		}
		return s, nil
	case !missing(err):
		return nil, err
	}
	// The norms first: a folder with a description is complete but for its units.
	tensors := []safetensors.Out{safetensors.Of("x_mean", n.Mean, m.Voxels), safetensors.Of("x_norm", n.Norm, m.Voxels)}
	if n.XYZ != nil {
		tensors = append(tensors, safetensors.Of("voxel_xyz", n.XYZ, m.Voxels, 3))
	}
	if err := export.File(filepath.Join(s.dir, normsFile), func(w io.Writer) error { return safetensors.Write(w, nil, tensors...) }); err != nil {
		return nil, err
	}
	return s, export.JSON(filepath.Join(s.dir, metaFile), m)
}

func (s *Store) path(chunk int) string { return filepath.Join(s.dir, unitsFile(chunk*s.Chunk)) }

func unitsFile(first int) string { return fmt.Sprintf("units-%08d.safetensors", first) }

// There reports whether the file that begins with a unit is in the store of a
// layer, subject, ROI and fold below root, whatever the file holds.
func There(root, layer, subject, roi, fold string, first int) bool {
	m := Meta{Layer: layer, Subject: subject, ROI: roi, Fold: fold}
	_, err := os.Stat(filepath.Join(m.Dir(root), unitsFile(first)))
	return err == nil
}

// Path is the store's folder.
func (s *Store) Path() string { return s.dir }

// Has reports whether the units of a file are trained.
func (s *Store) Has(chunk int) bool {
	_, err := os.Stat(s.path(chunk))
	return err == nil
}

// Done counts the trained units.
func (s *Store) Done() int {
	n := 0
	for c := range s.Chunks() {
		if s.Has(c) {
			from, to := s.Range(c)
			n += to - from
		}
	}
	return n
}

// Write writes one file of units. The same content gives the same bytes.
func (s *Store) Write(chunk int, c *Chunk) error {
	from, to := s.Range(chunk)
	units, w := to-from, c.Weights
	if err := w.Check(); err != nil {
		return fmt.Errorf("%s: %w", s.path(chunk), err)
	}
	if w.First != from || w.Units() != units || w.Voxels != s.Voxels || len(c.Mean) != units || len(c.Norm) != units || len(c.Accuracy) != len(s.Conditions) {
		return fmt.Errorf("%s: decoders of %d units from %d for units %d to %d", s.path(chunk), w.Units(), w.First, from, to-1)
	}
	start := make([]int64, units+1)
	for i, x := range w.Start {
		start[i] = int64(x)
	}
	// The widest numbers first, so that all are aligned.
	tensors := []safetensors.Out{safetensors.Of("start", start, units+1)}
	if c.Iterations != nil {
		tensors = append(tensors, safetensors.Of("iterations", c.Iterations, units))
	}
	tensors = append(tensors, safetensors.Of("weight", w.W, len(w.W)), safetensors.Of("bias", w.B, units),
		safetensors.Of("y_mean", c.Mean, units), safetensors.Of("y_norm", c.Norm, units))
	if len(c.Accuracy) > 0 {
		all := make([]float32, 0, len(c.Accuracy)*units)
		for _, a := range c.Accuracy {
			all = append(all, a...)
		}
		tensors = append(tensors, safetensors.Of("accuracy", all, len(c.Accuracy), units))
	}
	if s.Voxels <= math.MaxUint16+1 {
		short := make([]uint16, len(w.Index))
		for i, v := range w.Index {
			short[i] = uint16(v)
		}
		tensors = append(tensors, safetensors.Of("voxel", short, len(short)))
	} else {
		tensors = append(tensors, safetensors.Of("voxel", w.Index, len(w.Index)))
	}
	about := map[string]string{"layer": s.Layer, "subject": s.Subject, "roi": s.ROI}
	return export.File(s.path(chunk), func(w io.Writer) error { return safetensors.Write(w, about, tensors...) })
}

// Tidy removes what interrupted writes left behind. No other process may be writing.
func (s *Store) Tidy() error {
	entries, err := os.ReadDir(s.dir)
	for _, e := range entries {
		if b := e.Name(); strings.HasPrefix(b, ".units-") || strings.HasPrefix(b, "."+metaFile) || strings.HasPrefix(b, "."+normsFile) {
			err = errors.Join(err, os.Remove(filepath.Join(s.dir, b)))
		}
	}
	return err
}
