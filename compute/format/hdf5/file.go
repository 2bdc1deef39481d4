package hdf5

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
)

var (
	// ErrNotHDF5 is wrapped when a file is not HDF5 at all.
	ErrNotHDF5 = errors.New("not an HDF5 file")
	// ErrNotFound is wrapped when a file has no object of the asked name.
	ErrNotFound = errors.New("no such object")
	// ErrTooLarge is wrapped when an object claims more than its file or the memory can account for.
	ErrTooLarge = errors.New("too large")
	// ErrFilter is wrapped when data is packed by a filter that this build of libhdf5 lacks.
	ErrFilter = errors.New("missing filter")
)

// File is an HDF5 file open for reading. Its methods may be called concurrently.
//
// Objects are named by path ("/metadata/key", a leading slash may be left out) or by a
// name that Refs returned, behind which "/" and a path may stand. Soft links are followed, links into other files never.
type File struct {
	path  string
	size  int64
	src   source
	trust atomic.Bool
}

// Open opens an HDF5 file, with or without a user block, for reading in this process. It is for files that
// this program wrote: what libhdf5 does with a damaged file may end the process. OpenGuarded is for all others.
func Open(path string) (*File, error) {
	f, err := examine(path)
	if err != nil {
		return nil, err
	}
	l := &local{path: path, size: f.size}
	if err := l.open(); err != nil {
		return nil, err
	}
	f.src = l
	return f, nil
}

// OpenGuarded is Open with libhdf5 in a child process that has limits of memory and time and ends with
// the File. Its death is an error of every later call. The context counts for the whole life of the File: when
// it ends, the child is killed. The program must have called guard.Main.
func OpenGuarded(ctx context.Context, path string) (*File, error) {
	f, err := examine(path)
	if err != nil {
		return nil, err
	}
	if f.src, err = startRemote(ctx, path, f.size, nil); err != nil {
		return nil, err
	}
	return f, nil
}

// examine refuses what is no HDF5 file without libhdf5.
func examine(path string) (*File, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("open HDF5 file: %w", err)
	}
	if !st.Mode().IsRegular() {
		return nil, fmt.Errorf("open HDF5 file %s: it is a folder or a device; choose a file", path)
	}
	if err := checkSignature(path); err != nil {
		return nil, err
	}
	return &File{path: path, size: st.Size()}, nil
}

// checkSignature looks for the HDF5 signature where the format allows it: at 0, 512, 1024, 2048 …
// The first lines tell a text file from a damaged one.
func checkSignature(path string) error {
	r, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open HDF5 file: %w", err)
	}
	defer r.Close()
	want := []byte("\x89HDF\r\n\x1a\n")
	var sig [8]byte
	for off := int64(0); off <= 1<<24; off = max(512, off*2) {
		if _, err := r.ReadAt(sig[:], off); err != nil {
			if err != io.EOF {
				return fmt.Errorf("open HDF5 file %s: %w", path, err)
			}
			break
		}
		if bytes.Equal(sig[:], want) {
			return nil
		}
	}
	return fmt.Errorf("open %s: %w (no signature found); choose a .h5 file or a MATLAB v7.3 .mat file", path, ErrNotHDF5)
}

// Close releases the file. Closing twice does nothing.
func (f *File) Close() error { return f.src.close() }

// Path is the path that was opened.
func (f *File) Path() string { return f.path }

// AllowExpansion lets datasets be read that are more than 200 times as large as what the file stores of
// them, as files of almost only zeros may be. Without it they are refused from 256 MiB on.
func (f *File) AllowExpansion() { f.trust.Store(true) }

// ask fills in what every request carries.
func (f *File) ask(req request, alloc func(n int) []byte) (*reply, error) {
	req.Trust = f.trust.Load()
	return f.src.ask(&req, alloc)
}

// Has tells whether the file has an object of that path.
func (f *File) Has(name string) bool {
	rep, err := f.ask(request{Op: opHas, Name: name}, nil)
	return err == nil && rep.Found
}

// maxUserBlock is more than any writer leaves; MATLAB leaves 512 bytes.
const maxUserBlock = 1 << 20

// UserBlock returns the bytes before the HDF5 data, of which at most 1 MiB: MATLAB's header in a v7.3 file.
func (f *File) UserBlock() ([]byte, error) {
	rep, err := f.ask(request{Op: opUserBlock}, nil)
	if err != nil {
		return nil, err
	}
	n := min(rep.Offset, maxUserBlock, f.size)
	if n <= 0 {
		return nil, nil
	}
	r, err := os.Open(f.path)
	if err != nil {
		return nil, fmt.Errorf("read the user block: %w", err)
	}
	defer r.Close()
	b := make([]byte, n)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, fmt.Errorf("read the user block of %s: %w", f.path, err)
	}
	return b, nil
}

// refPrefix marks a name made by Refs; NUL cannot occur in the name of a link.
const refPrefix = "\x00ref:"

// display is how an object is called in messages.
func display(name string) string {
	if r, ok := strings.CutPrefix(name, refPrefix); ok {
		return "the object referred to at byte " + r
	}
	return name
}

// errorf wraps a message with file and object.
func (f *File) errorf(name, format string, args ...any) error {
	return fmt.Errorf("read %s in %s: %w", display(name), f.path, fmt.Errorf(format, args...))
}
