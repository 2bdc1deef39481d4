package npy

import (
	"fmt"
	"io"
	"os"
)

// Array is an array in a file or an archive. Its values are read when asked for. Several goroutines may
// read at once.
type Array struct {
	Header
	name  string // for errors
	start int64  // of the data
	src   source
	file  io.Closer // nil in an archive, which closes itself
}

// Open opens an .npy file and reads its header. Close it after use.
func Open(path string) (*Array, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open .npy file: %w", err)
	}
	st, err := f.Stat()
	if err == nil && !st.Mode().IsRegular() {
		err = fmt.Errorf("%s: not a file", path)
	}
	var a *Array
	if err == nil {
		a, err = New(path, f, st.Size())
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	a.file = f
	return a, nil
}

// New reads the header of an .npy array of size bytes in r. The name is for errors.
func New(name string, r io.ReaderAt, size int64) (*Array, error) {
	return newArray(name, source{at: r, size: size})
}

func newArray(name string, src source) (*Array, error) {
	s, err := src.open(0, false)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	defer s.closer.Close()
	a := &Array{name: name, src: src}
	if a.Header, a.start, err = readHeader(s, src.size); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return a, nil
}

// Close closes the file. On an array of an archive it does nothing.
func (a *Array) Close() error {
	if a.file == nil {
		return nil
	}
	return a.file.Close()
}

// Rows returns the length of the first axis and the number of elements in each of its rows: Read of
// n×width elements from i×width is rows i to i+n. A scalar is one row.
func (a *Array) Rows() (rows, width int) {
	if len(a.Shape) == 0 {
		return 1, 1
	}
	if a.Shape[0] == 0 {
		return 0, 0
	}
	return a.Shape[0], a.Len / a.Shape[0]
}

// errorf names the file and the place.
func (a *Array) errorf(format string, v ...any) error {
	return fmt.Errorf("%s: %w", a.name, fmt.Errorf(format, v...))
}

// check says whether elements from to from+n can be read as one of the kinds.
func (a *Array) check(from, n int, as string, kinds ...Kind) error {
	if a.DType.Kind == Other {
		return a.errorf("%w", a.why())
	}
	if from < 0 || n < 0 || from > a.Len-n {
		return a.errorf("elements %d to %d are asked for, there are %d", from, from+n, a.Len)
	}
	for _, k := range kinds {
		if a.DType.Kind == k {
			return nil
		}
	}
	return a.errorf("%w: %s is not read as %s", ErrType, a.DType, as)
}
