// Package safetensors reads and writes the safetensors format: eight bytes of header length, a JSON header,
// the tensors' bytes. Only the header is read when a file is opened.
//
// Source: the format's description in huggingface/safetensors (README and the crate's tensor.rs),
// whose checks are all made: a header of at most 100 MB that begins with "{", no key twice, the
// tensors side by side without overlap, hole or rest, sizes that agree with type and shape.
// Values are little-endian and in C order.
package safetensors

import (
	"fmt"
	"io"
	"os"
	"slices"

	"reverie/compute/format/internal/fresh"
	"reverie/compute/format/internal/num"
)

const (
	maxHeader = 100_000_000
	chunk     = 1 << 18
)

// File is an open file. Its methods may be called from several goroutines.
type File struct {
	// Tensors are in the order of their bytes.
	Tensors []*Tensor
	// Metadata is the header's "__metadata__".
	Metadata map[string]string

	name   string
	r      io.ReaderAt
	closer io.Closer
	start  int64 // of the tensors' bytes
}

// Tensor describes one tensor.
type Tensor struct {
	Name  string
	DType string // as in the file: F32, BF16, …
	Shape []int
	// Offset is where its bytes begin in the file, Size how many there are.
	Offset, Size int64

	f *File
}

// Open reads the header of a file.
func Open(path string) (*File, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open safetensors file: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("open safetensors file: %w", err)
	}
	f, err := New(file, info.Size(), path)
	if err != nil {
		file.Close()
		return nil, err
	}
	f.closer = file
	return f, nil
}

// New reads the header from r, which holds size bytes; name is for errors.
func New(r io.ReaderAt, size int64, name string) (*File, error) {
	f := &File{name: name, r: r}
	if err := f.header(size); err != nil {
		return nil, fmt.Errorf("safetensors file %s: %w", name, err)
	}
	return f, nil
}

// Close closes the file that Open opened.
func (f *File) Close() error {
	if f.closer == nil {
		return nil
	}
	return f.closer.Close()
}

// Len is the number of elements.
func (t *Tensor) Len() int {
	n := 1
	for _, s := range t.Shape {
		n *= s
	}
	return n
}

// kinds are the types that can be read.
var kinds = map[string]num.Kind{
	"F32": num.Float32, "F64": num.Float64, "F16": num.Float16, "BF16": num.BFloat16, "BOOL": num.Bool,
	"I8": num.Int8, "U8": num.Uint8, "I16": num.Int16, "U16": num.Uint16,
	"I32": num.Int32, "U32": num.Uint32, "I64": num.Int64, "U64": num.Uint64,
}

// bits are the sizes of the elements of all types.
var bits = map[string]int64{
	"BOOL": 8, "I8": 8, "U8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
	"I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32, "I64": 64, "U64": 64, "F64": 64,
	"C64": 64, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
}

// Float32 reads the tensor. float64 is rounded to the nearest; a number beyond float32's range and an
// integer that float32 cannot hold exactly are errors.
func (t *Tensor) Float32() ([]float32, error) {
	kind, ok := kinds[t.DType]
	if !ok {
		return nil, t.errorf("type %s is not read; convert the tensor to F32", t.DType)
	}
	dst := fresh.Make[float32](t.Len())
	if kind == num.Float32 {
		if err := t.readAt(num.View(dst), t.Offset); err != nil {
			return nil, err
		}
		num.Native(dst, false)
		return dst, nil
	}
	size := kind.Size()
	buf := make([]byte, min(chunk, t.Size))
	for at := 0; at < len(dst); {
		n := min(len(dst)-at, chunk/size)
		b := buf[:n*size]
		if err := t.readAt(b, t.Offset+int64(at)*int64(size)); err != nil {
			return nil, err
		}
		if err := num.ToFloat32(dst[at:], 1, b, 1, n, kind, false); err != nil {
			return nil, t.errorf("from element %d: %w", at, err)
		}
		at += n
	}
	return dst, nil
}

func (t *Tensor) readAt(b []byte, off int64) error {
	if n, err := t.f.r.ReadAt(b, off); n < len(b) {
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return t.errorf("the bytes at offset %d: the file has changed or is cut off: %w", off, err)
	}
	return nil
}

func (t *Tensor) errorf(format string, args ...any) error {
	return fmt.Errorf("safetensors file %s: tensor %.200q: "+format, slices.Concat([]any{t.f.name, t.Name}, args)...)
}
