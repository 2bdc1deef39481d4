package bdata

import (
	"fmt"
	"strings"
	"sync"

	"reverie/compute/format/mat"
)

// matFile reads the matrix of a MAT file of level 5. It may be compressed as a whole, so it is read once, when
// columns are first asked for, and kept until the file is closed.
type matFile struct {
	m          *mat.File
	name       string
	rows, cols int

	mu sync.Mutex
	x  []float64 // [cols][rows]
}

func (s *matFile) columns(at []int) ([]float64, error) {
	x, err := s.all()
	if err != nil {
		return nil, err
	}
	out := make([]float64, s.rows*len(at))
	for k, j := range at {
		turn(out[k:], len(at), x[j*s.rows:(j+1)*s.rows], 1, s.rows)
	}
	return out, nil
}

func (s *matFile) all() ([]float64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.x == nil {
		a, err := s.m.Read(s.name)
		if err != nil {
			return nil, err
		}
		if s.x, err = a.Float64(); err != nil {
			return nil, err
		}
	}
	return s.x, nil
}

func (s *matFile) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.x = nil
	return s.m.Close()
}

// readMAT reads the metadata of a BData struct in a MAT file of level 5, as old BrainDecoderToolbox2 and
// bdpy wrote it.
func readMAT(path string, m *mat.File) (*content, error) {
	info := map[string]mat.Info{}
	for _, v := range m.Variables() {
		info[v.Name] = v
	}
	has := func(name string) bool { _, ok := info[name]; return ok }
	matrix, meta := either(has, "dataSet", "dataset"), either(has, "metaData", "metadata")
	if !has(matrix) || !has(meta) || info[meta].Class != mat.Struct {
		return nil, fmt.Errorf("%s has no matrix dataSet with a struct metaData: %w", path, ErrNotBData)
	}
	if len(info[matrix].Dims) != 2 {
		return nil, fmt.Errorf("%s: %s has dimensions %v, a matrix is needed: %w", path, matrix, info[matrix].Dims, ErrNotBData)
	}
	src := &matFile{m: m, name: matrix, rows: info[matrix].Dims[0], cols: info[matrix].Dims[1]}
	c := &content{src: src, rows: src.rows, cols: src.cols, vmap: map[string]map[float64]string{}}
	var err error
	if c.keys, err = matText(m, path, meta+".key"); err != nil {
		return nil, err
	}
	c.descriptions = make([]string, len(c.keys))
	for _, field := range info[meta].Fields {
		if field == "description" {
			got, err := matText(m, path, meta+".description")
			if err != nil {
				return nil, err
			}
			copy(c.descriptions, got)
		}
	}
	value, err := m.Read(meta + ".value")
	if err != nil {
		return nil, err
	}
	x, err := value.Float64()
	if err != nil {
		return nil, err
	}
	if d := value.Dims; len(d) != 2 || d[0] != len(c.keys) || d[1] != c.cols {
		return nil, fmt.Errorf("%s: %s.value has dimensions %v for %d keys and %d columns; the file is damaged: %w",
			path, meta, d, len(c.keys), c.cols, ErrNotBData)
	}
	c.values = make([]float64, len(x))
	turn(c.values, c.cols, x, c.cols, len(c.keys))
	return c, nil
}

// matText reads a cell array of char rows, without the blanks around them, as bdpy trims them.
func matText(m *mat.File, file, path string) ([]string, error) {
	a, err := m.Read(path)
	if err != nil {
		return nil, err
	}
	cells, err := a.Cells()
	if err != nil {
		return nil, err
	}
	out := make([]string, len(cells))
	for i, c := range cells {
		if c.Len() == 0 { // MATLAB's [] for no text
			continue
		}
		text, err := c.Text()
		if err != nil {
			return nil, fmt.Errorf("%s: %s{%d}: %w", file, path, i+1, err)
		}
		out[i] = strings.TrimSpace(text)
	}
	return out, nil
}
