package weights

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"reverie/compute/format/caffe"
	"reverie/compute/format/safetensors"
	"reverie/compute/format/torch"
)

// ErrUnknown marks a file of no format that models come in.
var ErrUnknown = errors.New("not a model file")

// The formats that models come in.
const (
	torchFormat       = "PyTorch file"
	safetensorsFormat = "safetensors"
	caffeFormat       = "Caffe model"
	npzFormat         = "NumPy archive"
	npyFormat         = "folder of NumPy arrays"
)

// Format recognises a model file by its first bytes, whatever its name. Caffe's
// have no mark: what is nothing else may be one.
func Format(r io.ReaderAt, size int64) (string, error) {
	head := make([]byte, 16)
	n, err := r.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return "", err
	}
	head = head[:n]
	begins := func(s string) bool { return bytes.HasPrefix(head, []byte(s)) }
	switch {
	case n < 9:
		return "", fmt.Errorf("%w: it has %d bytes", ErrUnknown, size)
	case begins("\x89HDF\r\n\x1a\n"):
		return "", fmt.Errorf("%w: it is HDF5, which subjects and features come in; Keras models are not read", ErrUnknown)
	case begins("\x93NUMPY"):
		return "", fmt.Errorf("%w: it is one NumPy array: a model is a folder of them, or an .npz", ErrUnknown)
	case begins("\x1f\x8b"):
		return "", fmt.Errorf("%w: it is compressed with gzip: unpack it first", ErrUnknown)
	case begins("MATLAB"):
		return "", fmt.Errorf("%w: it is a MAT-file, which subjects, features and statistics come in", ErrUnknown)
	case begins("PK\x03\x04"):
		return zipFormat(r, size)
	case begins("\x80\x02"), begins("\x80\x03"), begins("\x80\x04"):
		return torchFormat, nil
	case head[8] == '{' && binary.LittleEndian.Uint64(head) <= uint64(size):
		return safetensorsFormat, nil
	case begins("name:"), begins("layer"), begins("input"), begins("#"):
		return "", fmt.Errorf("%w: it is text, as a .prototxt is: open the .caffemodel beside it", ErrUnknown)
	case len(bytes.Trim(head, "0123456789.+-eE \t\r\n")) == 0:
		return "", fmt.Errorf("%w: it is a text of numbers, as the bounds of a generator's input are", ErrUnknown)
	}
	return caffeFormat, nil
}

// zipFormat tells NumPy's zip archives, all members of which are arrays, from PyTorch's and from those in
// which models are published.
func zipFormat(r io.ReaderAt, size int64) (string, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return torchFormat, nil // whose reader says what is wrong
	}
	arrays := 0
	for _, f := range z.File {
		switch filepath.Ext(f.Name) {
		case ".npy":
			arrays++
		case ".pt", ".pth", ".caffemodel", ".safetensors", ".npz":
			return "", fmt.Errorf("%w: it is a zip archive with %.100q in it: unpack it first", ErrUnknown, f.Name)
		}
	}
	if arrays > 0 && arrays == len(z.File) {
		return npzFormat, nil
	}
	return torchFormat, nil
}

// container is an open model file, or folder of arrays, with the tensors that it lists.
type container struct {
	format string
	list   []Source
	notes  []string
	caffe  *caffe.File // of a Caffe model
	path   string
	files  []file // what the checksum is of
	folder bool
	closed []io.Closer
}

// file is a file and its name in the folder.
type file struct {
	name string
	open *os.File // nil in a folder, whose files are opened in turn
	size int64
}

// openContainer lists the tensors of a model file or a folder of .npy files.
func openContainer(path string) (*container, error) {
	c := &container{path: path}
	if err := c.open(); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// Close closes the files.
func (c *container) Close() {
	for _, x := range c.closed {
		x.Close()
	}
}

func (c *container) open() error {
	st, err := os.Stat(c.path)
	if err != nil {
		return err
	}
	if st.IsDir() {
		return c.openFolder()
	}
	f, size, err := openFile(c.path)
	if err != nil {
		return err
	}
	c.closed = append(c.closed, f)
	c.files = []file{{filepath.Base(c.path), f, size}}
	if c.format, err = Format(f, size); err != nil {
		return err
	}
	switch c.format {
	case torchFormat:
		t, err := torch.New(f, size, c.path)
		if err != nil {
			return err
		}
		c.list, c.notes = TorchSources(t), t.Notes
	case safetensorsFormat:
		t, err := safetensors.New(f, size, c.path)
		if err != nil {
			return err
		}
		c.list = SafetensorsSources(t)
	case npzFormat:
		return c.openArchive(f, size)
	default:
		if c.caffe, err = caffe.New(f, size); err != nil {
			return err
		}
		c.list = CaffeSources(c.caffe)
	}
	return nil
}

// openFile opens a plain file; opening a pipe would wait for its other end.
func openFile(path string) (*os.File, int64, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, 0, err
	}
	if !st.Mode().IsRegular() {
		return nil, 0, fmt.Errorf("%w: it is no plain file", ErrUnknown)
	}
	f, err := os.Open(path)
	return f, st.Size(), err
}

// summing takes the checksum while the values are read. result waits for it; stop ends it early and waits too, for
// the file is about to be closed.
func (c *container) summing(ctx context.Context, progress func(done, total int64)) (result func() (string, error), stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var sum string
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		sum, err = c.checksum(ctx, progress)
	}()
	return func() (string, error) {
			<-done
			return sum, err
		}, func() {
			cancel()
			<-done
		}
}

// checksum is the SHA-256 of the file. Of a folder it is that of the list which sha256sum prints of its
// .npy files in the order of their names' bytes.
func (c *container) checksum(ctx context.Context, progress func(done, total int64)) (string, error) {
	total, before := int64(0), int64(0)
	for _, f := range c.files {
		total += f.size
	}
	all := sha256.New()
	for _, f := range c.files {
		r := f.open
		if r == nil {
			var err error
			if r, err = os.Open(filepath.Join(c.path, f.name)); err != nil {
				return "", err
			}
		}
		sum, err := checksum(ctx, r, f.size, func(done, _ int64) {
			if progress != nil {
				progress(before+done, total)
			}
		})
		if f.open == nil {
			r.Close()
		}
		if err != nil {
			return "", err
		}
		if !c.folder {
			return sum, nil
		}
		fmt.Fprintf(all, "%s  %s\n", sum, filepath.ToSlash(f.name))
		before += f.size
	}
	return hex.EncodeToString(all.Sum(nil)), nil
}

func checksum(ctx context.Context, r io.ReaderAt, size int64, progress func(done, total int64)) (string, error) {
	sum, block := sha256.New(), make([]byte, min(4<<20, size))
	for at := int64(0); at < size; {
		if ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
		n, err := r.ReadAt(block[:min(int64(len(block)), size-at)], at)
		if n == 0 {
			return "", err
		}
		sum.Write(block[:n])
		at += int64(n)
		progress(at, size)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
