package features

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"reverie/compute/format/hdf5"
)

// Writer makes a feature folder, layer by layer. A layer appears when it is closed.
type Writer struct {
	dir    string
	labels []string // of the first layer; all others must have the same
}

// Create makes the folder if need be. Layers that stand in it already are kept and fix the labels; one of the
// same name is replaced.
func Create(dir string) (*Writer, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("write features: %w", err)
	}
	w := &Writer{dir: dir}
	layers, err := layersIn(dir)
	if err != nil {
		return nil, err
	}
	if len(layers) > 0 {
		s, err := Open(dir)
		if err != nil {
			return nil, fmt.Errorf("write features: the folder cannot be added to: %w", err)
		}
		w.labels = s.labels
	}
	return w, nil
}

// Layer is a layer being written. End it with Close, or with Discard, which does nothing after Close.
type Layer struct {
	w      *Writer
	name   string
	labels []string
	h      *hdf5.Writer
	table  *hdf5.Table[float32]
}

// Layer starts a layer of one row for each label, in their order.
func (w *Writer) Layer(name string, shape []int, labels []string) (*Layer, error) {
	fail := func(format string, args ...any) (*Layer, error) {
		return nil, fmt.Errorf("write features of layer %q in %s: %w", name, w.dir, fmt.Errorf(format, args...))
	}
	if name == "" || strings.ContainsAny(name, "/\\\x00") || strings.HasPrefix(name, ".") {
		return fail("this cannot be the name of a file; name layers like conv1_1")
	}
	if len(shape) == 0 || len(labels) == 0 {
		return fail("a shape and at least one label are needed")
	}
	for _, d := range shape {
		if d < 1 {
			return fail("shape %v has an empty axis", shape)
		}
	}
	if l, twice := duplicate(labels); twice {
		return fail("label %q stands twice; labels identify rows", l)
	}
	if w.labels != nil {
		if err := same(w.labels, labels); err != nil {
			return fail("not the labels of the other layers: %w; write it to a folder of its own", err)
		}
	}
	h, err := hdf5.Create(filepath.Join(w.dir, name+".h5"))
	if err != nil {
		return fail("%w", err)
	}
	t, err := hdf5.NewGrowing[float32](h, "features", shape, chunkShape(len(labels), shape))
	if err != nil {
		h.Discard()
		return fail("%w", err)
	}
	return &Layer{w: w, name: name, labels: append([]string(nil), labels...), h: h, table: t}, nil
}

// Append writes the features of one or more labels, in the order given to Layer.
func (l *Layer) Append(rows []float32) error { return l.table.Append(rows) }

// Close finishes the layer. With rows missing it is an error and nothing is left.
func (l *Layer) Close() error {
	defer l.h.Discard()
	if n := l.table.Rows(); n != len(l.labels) {
		return fmt.Errorf("write features of layer %q in %s: %d rows for %d labels", l.name, l.w.dir, n, len(l.labels))
	}
	// The HDF5 writer keeps its first error and Commit returns it.
	l.h.WriteStrings("labels", l.labels)
	l.h.SetAttr("/", formatKey, formatName)
	l.h.SetAttr("/", versionKey, version)
	if err := l.h.Commit(); err != nil {
		return err
	}
	l.w.labels = l.labels
	return nil
}

// Discard drops the layer.
func (l *Layer) Discard() { l.h.Discard() }

func duplicate(labels []string) (string, bool) {
	seen := make(map[string]bool, len(labels))
	for _, l := range labels {
		if seen[l] {
			return l, true
		}
		seen[l] = true
	}
	return "", false
}

// same says how two label lists differ.
func same(a, b []string) error {
	if len(a) != len(b) {
		return fmt.Errorf("%d labels against %d", len(b), len(a))
	}
	for i := range a {
		if a[i] != b[i] {
			return fmt.Errorf("label %d is %q against %q", i+1, b[i], a[i])
		}
	}
	return nil
}
