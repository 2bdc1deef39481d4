package bdata

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf16"

	"reverie/compute/format/hdf5"
)

// turnedHDF5 reads a matrix that MATLAB stored with its axes reversed, [columns][samples]: a column lies together.
type turnedHDF5 struct {
	h      *hdf5.File
	name   string
	rows   int
	chunk  int   // columns that are packed together, at least 1
	stored int64 // bytes that the matrix takes in the file
}

// spare and ratio bound what a matrix may claim, as package hdf5 bounds a single read: what is small is never
// refused, and real data is not packed better. Each block here is small, so the whole is checked here.
const (
	spare = 256 << 20
	ratio = 200
)

func (s turnedHDF5) close() error { return s.h.Close() }

func (s turnedHDF5) columns(at []int) ([]float64, error) {
	if len(at)*s.rows == 0 {
		return nil, nil
	}
	if need := 8 * float64(s.rows) * float64(len(at)); need > spare && need > ratio*float64(s.stored) {
		return nil, fmt.Errorf("%s: %d columns of %d samples of %s would take %.0f bytes but the file stores only %d of it; it is damaged or made to fill the memory: %w",
			s.h.Path(), len(at), s.rows, s.name, need, s.stored, hdf5.ErrTooLarge)
	}
	// Blocks of whole chunks: beside the result only a block is held.
	most := max(1, blockBytes/(8*s.rows))
	most = max(s.chunk, most/s.chunk*s.chunk)
	out := make([]float64, 0)
	done := 0
	for _, run := range hdf5.Runs(at) {
		for from := run.From; from < run.To; {
			to := min(run.To, (from/s.chunk)*s.chunk+most)
			x, err := hdf5.ReadRows[float64](s.h, s.name, from, to)
			if err != nil {
				return nil, err
			}
			if done == 0 { // what was read shows that the file has it
				out = make([]float64, s.rows*len(at))
			}
			turn(out[done:], len(at), x, to-from, s.rows)
			done += to - from
			from = to
		}
	}
	return out, nil
}

// turn writes the n columns in x, each of rows values, into the first n of dst, whose rows are width apart.
func turn(dst []float64, width int, x []float64, n, rows int) {
	const tile = 32 // both sides stay in the cache
	for i := 0; i < rows; i += tile {
		for j := range n {
			for k := i; k < min(i+tile, rows); k++ {
				dst[k*width+j] = x[j*rows+k]
			}
		}
	}
}

// readMAT73 reads a BData struct that MATLAB saved with -v7.3, which bdpy does not open.
func readMAT73(h *hdf5.File, matrix, meta string) (*content, error) {
	cols, rows, err := dimensions(h, matrix)
	if err != nil {
		return nil, err
	}
	info, err := h.Stat(matrix)
	if err != nil {
		return nil, err
	}
	src := turnedHDF5{h: h, name: matrix, rows: rows, chunk: 1, stored: info.Stored}
	if len(info.Chunk) == 2 {
		src.chunk = max(1, info.Chunk[0])
	}
	c := &content{src: src, rows: rows, cols: cols, vmap: map[string]map[float64]string{}}
	if c.keys, err = cellText(h, meta+"/key"); err != nil {
		return nil, err
	}
	c.descriptions = make([]string, len(c.keys))
	if h.Has(meta + "/description") {
		got, err := cellText(h, meta+"/description")
		if err != nil {
			return nil, err
		}
		copy(c.descriptions, got)
	}
	valueCols, n, err := dimensions(h, meta+"/value")
	if err != nil {
		return nil, err
	}
	if n != len(c.keys) || valueCols != cols {
		return nil, fmt.Errorf("%s: %s.value is %d × %d for %d keys and %d columns; the file is damaged: %w",
			h.Path(), meta, n, valueCols, len(c.keys), cols, ErrNotBData)
	}
	x, err := hdf5.Read[float64](h, meta+"/value")
	if err != nil {
		return nil, err
	}
	c.values = make([]float64, len(x))
	turn(c.values, cols, x, cols, n)
	c.notices = []Notice{{"file", "MATLAB saved it with -v7.3; bdpy does not open such a file"}}
	return c, nil
}

// cellText reads a cell array of char rows, without the blanks around them, as bdpy trims them.
func cellText(h *hdf5.File, name string) ([]string, error) {
	refs, err := h.Refs(name)
	if err != nil {
		return nil, err
	}
	out := make([]string, len(refs))
	for i, ref := range refs {
		if ref == "" {
			return nil, fmt.Errorf("%s: cell %d of %s refers to nothing: %w", h.Path(), i+1, name, ErrNotBData)
		}
		empty, err := h.Attr(ref, "MATLAB_empty")
		if err != nil {
			return nil, err
		}
		if empty != nil && fmt.Sprint(empty) != "0" {
			continue // the dataset then holds the dimensions
		}
		units, err := hdf5.Read[uint16](h, ref)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("%s: cell %d of %s is not text", h.Path(), i+1, name), err)
		}
		out[i] = strings.TrimSpace(string(utf16.Decode(units)))
	}
	return out, nil
}
