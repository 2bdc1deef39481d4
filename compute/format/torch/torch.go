// Package torch reads the tensors of PyTorch's files (.pt, .pth): the zip container of torch.save since
// 1.6, TorchScript archives, and the container before it ("legacy").
//
// No code of a file is run. Its pickle is read as an inert tree (package pickle), in which only the
// functions that torch itself uses to rebuild tensors are understood; everything else is looked through
// for tensors and reported. A pickle that asks for functions of the operating system or the interpreter
// is refused.
//
// Source of the formats: torch/serialization.py, torch/_utils.py and torch/csrc/serialization.cpp.
//
// Contract:
//   - Names are the keys joined by dots. A dictionary that wraps the weights ("state_dict", "model", …)
//     and a prefix that all names have in common ("module.", "model.") are left off; Notes say so.
//   - A whole model (torch.save(model)) gives the names that its state dict would have.
//   - Values come in C order as float32, whatever the strides. float64 is rounded; a number beyond
//     float32's range and an integer that float32 cannot hold exactly are errors.
//   - Open reads no values. A tensor's values are read straight into their place; what is held beside is
//     at most 1 MiB, but for overlapping views.
//   - Checksums of the zip container are not compared: torch writes wrong ones when told to
//     (torch.serialization.set_crc32_options).
package torch

import (
	"errors"
	"fmt"
	"io"
	"os"

	"reverie/compute/format/pickle"
)

// Container is how a file holds pickle and storages.
type Container string

// The containers.
const (
	Zip    Container = "zip"
	Legacy Container = "legacy"
)

// File is an open file. Its methods may be called from several goroutines.
type File struct {
	Container Container
	BigEndian bool // of the storages
	// Tensors are in the order of the pickle.
	Tensors []*Tensor
	// Notes tell what was left off, ignored or not understood.
	Notes []string

	name     string
	r        io.ReaderAt
	size     int64
	closer   io.Closer
	window   int64 // bytes held while reading; 0 is windowSize
	storages map[string]*storage
	views    map[*pickle.Object]*view // rebuilt tensors, by the call in the pickle
}

// Tensor is a named tensor.
type Tensor struct {
	Name  string
	DType string // as torch names it: float32, bfloat16, …
	Shape []int
	// SameAs is an earlier tensor with the very same values, shared in the file; nil for most.
	SameAs *Tensor

	*view
	f *File
}

// Open reads the structure of a file.
func Open(path string) (*File, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open PyTorch file: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("open PyTorch file: %w", err)
	}
	f, err := New(file, info.Size(), path)
	if err != nil {
		file.Close()
		return nil, err
	}
	f.closer = file
	return f, nil
}

// New reads the structure from r, which holds size bytes; name is for errors.
func New(r io.ReaderAt, size int64, name string) (*File, error) {
	f := &File{name: name, r: r, size: size, storages: map[string]*storage{}, views: map[*pickle.Object]*view{}}
	if err := f.open(); err != nil {
		return nil, fmt.Errorf("PyTorch file %s: %w", name, err)
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

// open finds out the container by the first bytes, as torch does.
func (f *File) open() error {
	head := make([]byte, min(max(f.size, 0), 512))
	if n, err := f.r.ReadAt(head, 0); n < len(head) {
		return fmt.Errorf("read the first bytes: %w", short(err))
	}
	switch {
	case len(head) >= 4 && string(head[:4]) == "PK\x03\x04":
		f.Container = Zip
		return f.openZip()
	case len(head) >= 262 && string(head[257:262]) == "ustar":
		return errors.New("the tar container of PyTorch before 0.1.10: load it in PyTorch and save it again with torch.save")
	case len(head) == 0:
		return errors.New("the file is empty")
	}
	f.Container = Legacy
	return f.openLegacy()
}

// Len is the number of elements.
func (t *Tensor) Len() int { return t.n }
