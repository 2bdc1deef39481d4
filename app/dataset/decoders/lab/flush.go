package lab

import (
	"path/filepath"

	"reverie/compute/format/hdf5"
)

// flush writes the file that is full.
func (w *Writer) flush() error {
	pathW, pathB := filepath.Join(w.dir, "W"+matEnd), filepath.Join(w.dir, "b"+matEnd)
	if w.chunked() {
		name := numbered(w.n, matEnd)
		pathW, pathB = filepath.Join(w.dir, "W", name), filepath.Join(w.dir, "b", name)
	}
	if err := w.dense(pathB, "b", w.file, w.held.B); err != nil {
		return err
	}
	if err := w.sparse(pathW); err != nil {
		return err
	}
	w.n++
	w.held.Start, w.held.Index, w.held.W, w.held.B = w.held.Start[:0], w.held.Index[:0], w.held.W[:0], w.held.B[:0]
	return nil
}

// dense writes an array with a leading axis of length 1.
func (w *Writer) dense(path, name string, shape []int, v []float32) error {
	w.made = append(w.made, path)
	h, err := hdf5.Create(path)
	if err != nil {
		return err
	}
	defer h.Discard()
	if err := hdf5.Write(h, name, append([]int{1}, shape...), v); err != nil {
		return err
	}
	return h.Commit()
}

// sparse writes the weights held.
func (w *Writer) sparse(path string) error {
	w.made = append(w.made, path)
	h, err := hdf5.Create(path)
	if err != nil {
		return err
	}
	defer h.Discard()
	n := len(w.held.W)
	shape := []int64{int64(w.m.Voxels)}
	for _, d := range w.file {
		shape = append(shape, int64(d))
	}
	// The first error sticks to h and Commit returns it.
	hdf5.Write(h, "W/"+sparseMark, nil, []int64{1})
	hdf5.Write(h, "W/background", nil, []int64{0})
	hdf5.Write(h, "W/shape", []int{len(shape)}, shape)
	if n == 0 {
		hdf5.Write(h, "W/index", []int{len(shape), 0}, []int32{})
	} else if err := w.index(h, n); err != nil {
		return err
	}
	hdf5.Write(h, "W/value", []int{n}, w.held.W)
	return h.Commit()
}

// index writes the indices axis by axis.
func (w *Writer) index(h *hdf5.Writer, n int) error {
	t, err := hdf5.NewTable[int32](h, "W/index", len(w.file)+1, []int{n})
	if err != nil {
		return err
	}
	row := make([]int32, n)
	for i, v := range w.held.Index {
		row[i] = int32(v)
	}
	if err := t.Append(row); err != nil {
		return err
	}
	inner := count(w.file)
	for _, d := range w.file {
		inner /= d
		for u := range w.held.B {
			at := int32(u / inner % d)
			for i := w.held.Start[u]; i < w.held.Start[u+1]; i++ {
				row[i] = at
			}
		}
		if err := t.Append(row); err != nil {
			return err
		}
	}
	return nil
}
