package lab

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"reverie/app/export"
	"reverie/compute/decode"
	"reverie/compute/decode/l2"
)

const (
	done    = "done"    // bdpy's word
	running = "running" // any other word means to bdpy that work is left
	ownKey  = "reverie" // of what Writer adds to info.yaml
)

// maxHeld is the number of weights of one file at most: 2 GB in memory.
const maxHeld = 1 << 28

// Meta describes decoders to be written.
type Meta struct {
	Voxels       int
	Shape        []int     // of the units: [C,H,W], or [N]
	XMean, XNorm []float32 // per voxel; nil is not written
	YMean, YNorm []float32 // per unit; nil is not written
	// ChunkAxis is 1 for a file for each channel, which is what the lab's scripts want of units with more than one axis,
	// or 0 for one file. Units with one axis are always in one file.
	ChunkAxis int

	Method      string  // l2, slr
	Alpha       float64 // 0: not said
	Selected    int     // voxels chosen for each unit; 0: not said
	Computation string  // id of the training
}

// Writer writes a model folder: the norms, W.mat and b.mat or a pair for each channel, and last info.yaml with the
// status done. Until then its status is "running", so that the lab's scripts see what was interrupted.
//
// W is bdpy's sparse array in the form that Julia writes and bdpy reads: plain HDF5, with the indices as an int32 matrix
// [axes][entries]. (Python's form, with a cell of int64 vectors, takes 36 bytes a weight of a convolutional layer, this
// one 20.) b and the norms are dense. bdpy's load_array and ModelTest read all of it; MATLAB reads it by h5read.
//
// Memory: the weights of one file, 8 bytes each, and 4 more while the file is written; no matrix is ever dense.
//
// Weights of 0 are left out. A voxel whose x_norm is 0 did not vary, and compute/decode lets it add nothing, where the lab's
// scripts would divide by 0: its weights are left out and its x_norm is written as 1, which gives the same predictions.
type Writer struct {
	dir  string
	m    Meta
	file []int // shape of the units of one file
	n    int   // files finished
	held decode.Sparse
	made []string // to be removed by Discard
	err  error
	over bool
}

// NewWriter starts a folder, usually <layer>/<subject>/<roi>/model. One that holds decoders is refused, but what an
// interrupted Writer left is replaced.
func NewWriter(dir string, m Meta) (*Writer, error) {
	w := &Writer{dir: dir, m: m}
	if err := w.check(); err != nil {
		return nil, fmt.Errorf("write decoders to %s: %w", dir, err)
	}
	if err := w.clear(); err != nil {
		return nil, err
	}
	if err := w.status(running); err != nil {
		return nil, err
	}
	if err := w.norms(); err != nil {
		w.Discard()
		return nil, err
	}
	return w, nil
}

// norms writes the norms. They come first, as in the lab's scripts: y_mean tells how many files are to come.
func (w *Writer) norms() error {
	xNorm := slices.Clone(w.m.XNorm)
	for i, x := range xNorm {
		if x <= 0 {
			xNorm[i] = 1
		}
	}
	for _, n := range []struct {
		name  string
		shape []int
		v     []float32
	}{{"x_mean", []int{w.m.Voxels}, w.m.XMean}, {"x_norm", []int{w.m.Voxels}, xNorm}, {"y_mean", w.m.Shape, w.m.YMean}, {"y_norm", w.m.Shape, w.m.YNorm}} {
		if n.v == nil {
			continue
		}
		if err := w.dense(filepath.Join(w.dir, n.name+matEnd), n.name, n.shape, n.v); err != nil {
			return err
		}
	}
	return nil
}

func (w *Writer) check() error {
	m := &w.m
	units := count(m.Shape)
	if m.Voxels < 1 || m.Voxels > maxVoxels || units < 0 || len(m.Shape) == 0 || len(m.Shape) >= maxAxes {
		return fmt.Errorf("%d voxels and units of shape %v", m.Voxels, m.Shape)
	}
	if m.ChunkAxis != 0 && m.ChunkAxis != 1 {
		return fmt.Errorf("chunk axis %d: 1 is by channel, 0 is not at all", m.ChunkAxis)
	}
	for _, n := range []struct {
		name string
		v    []float32
		want int
	}{{"x_mean", m.XMean, m.Voxels}, {"x_norm", m.XNorm, m.Voxels}, {"y_mean", m.YMean, units}, {"y_norm", m.YNorm, units}} {
		if n.v != nil && len(n.v) != n.want {
			return fmt.Errorf("%s has %d values, %d are needed", n.name, len(n.v), n.want)
		}
		for i, x := range n.v {
			if x-x != 0 {
				return fmt.Errorf("%s %d is %g", n.name, i, x)
			}
		}
	}
	w.file = slices.Clone(m.Shape)
	if w.chunked() {
		w.file[0] = 1
	}
	return nil
}

func (w *Writer) chunked() bool { return w.m.ChunkAxis == 1 && len(w.m.Shape) > 1 }

// ofWriter are the files and folders that Writer makes beside info.yaml.
var ofWriter = []string{"W" + matEnd, "b" + matEnd, "W", "b", "x_mean" + matEnd, "x_norm" + matEnd, "y_mean" + matEnd, "y_norm" + matEnd}

// clear makes the folder ready.
func (w *Writer) clear() error {
	s, err := readSettings(filepath.Join(w.dir, infoName))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("write decoders: %w", err)
	}
	ours := err == nil && s[ownKey+".method"] != "" && s["_status.computation_status"] != done
	started := hasWeights(w.dir)
	for _, name := range ofWriter {
		_, err := os.Stat(filepath.Join(w.dir, name))
		started = started || err == nil // the lab's scripts write norms first
	}
	if started && !ours {
		return fmt.Errorf("%s holds decoders already: choose another folder, or remove this one", w.dir)
	}
	if ours {
		for _, name := range ofWriter {
			if err := os.RemoveAll(filepath.Join(w.dir, name)); err != nil {
				return fmt.Errorf("write decoders: %w", err)
			}
		}
	}
	made := []string{w.dir}
	if w.chunked() {
		made = append(made, filepath.Join(w.dir, "W"), filepath.Join(w.dir, "b"))
	}
	for _, d := range made {
		if _, err := os.Stat(d); err == nil {
			continue
		}
		if err := os.MkdirAll(d, 0o755); err != nil {
			return fmt.Errorf("write decoders: %w", err)
		}
		w.made = append(w.made, d)
	}
	return nil
}

// status writes info.yaml.
func (w *Writer) status(status string) error {
	quote := func(s string) string {
		b, _ := json.Marshal(s) // of a string: it cannot fail, and YAML reads it
		return string(b)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "_status:\n  computation_id: %s\n  computation_status: %s\n", quote(w.m.Computation), status)
	fmt.Fprintf(&b, "%s:\n  method: %s\n", ownKey, quote(w.m.Method))
	if w.m.Alpha != 0 {
		fmt.Fprintf(&b, "  alpha: %s\n", strconv.FormatFloat(w.m.Alpha, 'g', -1, 64))
	}
	if w.m.Selected != 0 {
		fmt.Fprintf(&b, "  n_feat: %d\n", w.m.Selected)
	}
	path := filepath.Join(w.dir, infoName)
	w.made = append(w.made, path)
	return export.File(path, func(to io.Writer) error {
		_, err := io.WriteString(to, b.String())
		return err
	})
}

// Append adds the decoders of the units that follow. The first error sticks.
func (w *Writer) Append(s *decode.Sparse) error {
	if w.err == nil {
		w.err = w.append(s)
	}
	return w.err
}

func (w *Writer) append(s *decode.Sparse) error {
	per := count(w.file)
	next := w.n*per + w.held.Units()
	switch err := s.Check(); {
	case w.over:
		return fmt.Errorf("%s: it is closed", w.dir)
	case err != nil:
		return fmt.Errorf("%s: %w", w.dir, err)
	case s.Spatial != l2.NoSpatial:
		return fmt.Errorf("%s: samples normalised by %s: W%s does not say which voxels each unit was normalised over: keep these decoders in the store of the program", w.dir, s.Spatial, matEnd)
	case s.Voxels != w.m.Voxels || s.First != next || s.First+s.Units() > count(w.m.Shape):
		return fmt.Errorf("%s: decoders of %d units from %d on %d voxels, where unit %d of %d is next, on %d voxels", w.dir, s.Units(), s.First, s.Voxels, next, count(w.m.Shape), w.m.Voxels)
	}
	for from, end := s.First, s.First+s.Units(); from < end; {
		to := min(end, (w.n+1)*per)
		w.hold(s.Slice(from, to))
		if len(w.held.W) > maxHeld {
			return fmt.Errorf("%s: more than %d weights in one file: write a file for each channel (chunk axis 1)", w.dir, maxHeld)
		}
		if to == (w.n+1)*per {
			if err := w.flush(); err != nil {
				return err
			}
		}
		from = to
	}
	return nil
}

// hold copies the weights that count.
func (w *Writer) hold(s *decode.Sparse) {
	h := &w.held
	if len(h.Start) == 0 {
		h.Start = append(h.Start[:0], 0)
	}
	for u := range s.B {
		for i := s.Start[u]; i < s.Start[u+1]; i++ {
			v := s.Index[i]
			if s.W[i] != 0 && (w.m.XNorm == nil || w.m.XNorm[v] > 0) {
				h.Index, h.W = append(h.Index, v), append(h.W, s.W[i])
			}
		}
		h.Start = append(h.Start, len(h.W))
	}
	h.B = append(h.B, s.B...)
}

// Close says that the folder is complete. Units that are missing are an error; then the folder
// stays as it is, which Discard changes.
func (w *Writer) Close() error {
	if w.err == nil && !w.over {
		w.err = w.close()
	}
	return w.err
}

func (w *Writer) close() error {
	if got, want := w.n*count(w.file), count(w.m.Shape); got != want {
		return fmt.Errorf("%s: decoders of %d units were written, of %d", w.dir, got+w.held.Units(), want)
	}
	if err := w.status(done); err != nil {
		return err
	}
	w.over = true
	return nil
}

// Discard removes what was written, and the folders that were made and are empty. It does nothing after Close has
// succeeded.
func (w *Writer) Discard() {
	if w.over {
		return
	}
	w.over = true
	for i := len(w.made) - 1; i >= 0; i-- {
		os.Remove(w.made[i]) // folders that hold something else stay
	}
}
