package bdata

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"reverie/compute/format/hdf5"
)

// plainHDF5 reads the matrix as bdpy writes it, [samples][columns].
type plainHDF5 struct {
	h    *hdf5.File
	name string
}

func (s plainHDF5) columns(at []int) ([]float64, error) {
	return hdf5.ReadColumns[float64](s.h, s.name, hdf5.Runs(at))
}

func (s plainHDF5) close() error { return s.h.Close() }

// either picks the old spelling where a file has both, as bdpy does.
func either(has func(string) bool, old, now string) string {
	if has(old) {
		return old
	}
	return now
}

// readHDF5 reads the metadata of a file of bdpy or BrainDecoderToolbox2, or of a MATLAB v7.3 file.
func readHDF5(h *hdf5.File) (*content, error) {
	matrix, meta := either(h.Has, "dataSet", "dataset"), either(h.Has, "metaData", "metadata")
	for _, name := range []string{matrix, meta + "/key", meta + "/value"} {
		if !h.Has(name) {
			return nil, fmt.Errorf("%s has no /%s: %w; choose a file written by bdpy or BrainDecoderToolbox2", h.Path(), name, ErrNotBData)
		}
	}
	key, err := h.Stat(meta + "/key")
	if err != nil {
		return nil, err
	}
	if key.Class == hdf5.Reference {
		return readMAT73(h, matrix, meta)
	}
	c := &content{src: plainHDF5{h, matrix}}
	if c.rows, c.cols, err = dimensions(h, matrix); err != nil {
		return nil, err
	}
	if c.keys, err = h.Strings(meta + "/key"); err != nil {
		return nil, err
	}
	c.descriptions = make([]string, len(c.keys))
	if h.Has(meta + "/description") { // for people; a file without it is still good
		got, err := h.Strings(meta + "/description")
		if err != nil {
			return nil, err
		}
		copy(c.descriptions, got)
	}
	n, cols, err := dimensions(h, meta+"/value")
	if err != nil {
		return nil, err
	}
	if n != len(c.keys) || cols != c.cols {
		return nil, fmt.Errorf("%s: /%s/value has shape [%d %d] for %d keys and %d columns; the file is damaged: %w",
			h.Path(), meta, n, cols, len(c.keys), c.cols, ErrNotBData)
	}
	if c.values, err = hdf5.Read[float64](h, meta+"/value"); err != nil {
		return nil, err
	}
	c.vmap, err = readVMap(h)
	return c, err
}

// dimensions are those of a matrix.
func dimensions(h *hdf5.File, name string) (rows, cols int, err error) {
	info, err := h.Stat(name)
	if err != nil {
		return 0, 0, err
	}
	if len(info.Shape) != 2 {
		return 0, 0, fmt.Errorf("%s: /%s has shape %v, a matrix is needed: %w", h.Path(), name, info.Shape, ErrNotBData)
	}
	return info.Shape[0], info.Shape[1], nil
}

func readVMap(h *hdf5.File) (map[string]map[float64]string, error) {
	vmap := map[string]map[float64]string{}
	if !h.Has("vmap") {
		return vmap, nil
	}
	keys, err := h.List("vmap")
	if err != nil {
		return nil, err
	}
	for _, k := range keys {
		names, texts, err := h.Texts("vmap/" + k.Name)
		if err != nil {
			return nil, err
		}
		table := make(map[float64]string, len(names))
		for i, n := range names {
			v, err := strconv.ParseFloat(strings.TrimSpace(n), 64)
			if err != nil || math.IsNaN(v) {
				return nil, fmt.Errorf("%s: /vmap/%s/%s is not named by a number: %w", h.Path(), k.Name, n, ErrNotBData)
			}
			table[v] = texts[i]
		}
		vmap[k.Name] = table
	}
	return vmap, nil
}
