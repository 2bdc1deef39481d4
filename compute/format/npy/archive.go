package npy

import (
	"archive/zip"
	"fmt"
	"io"
	"os"
	"strings"
)

// Archive is an .npz file.
type Archive struct {
	name    string
	r       io.ReaderAt
	size    int64
	names   []string
	members map[string]*zip.File
	file    io.Closer
}

// OpenArchive opens an .npz file and reads its directory. Close it after use.
func OpenArchive(path string) (*Archive, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open .npz file: %w", err)
	}
	st, err := f.Stat()
	var a *Archive
	if err == nil {
		a, err = NewArchive(path, f, st.Size())
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	a.file = f
	return a, nil
}

// NewArchive reads the directory of an .npz archive of size bytes in r. The name is for errors.
func NewArchive(name string, r io.ReaderAt, size int64) (*Archive, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("%s: not an .npz archive: %w", name, err)
	}
	a := &Archive{name: name, r: r, size: size, members: map[string]*zip.File{}}
	for _, m := range z.File {
		n, ok := strings.CutSuffix(m.Name, ".npy")
		if !ok {
			continue
		}
		if a.members[n] == nil {
			a.names = append(a.names, n)
		}
		a.members[n] = m // of two members of one name the last one counts, as in Python
	}
	return a, nil
}

// Names returns the arrays' names in the order of the archive, without .npy. Members of other kinds are
// left out.
func (a *Archive) Names() []string { return a.names }

// Close closes the file.
func (a *Archive) Close() error {
	if a.file == nil {
		return nil
	}
	return a.file.Close()
}

const (
	deflateMost = 1032      // DEFLATE makes no more bytes of one
	inflateFree = 256 << 20 // up to here every ratio is believed
	inflateMost = 200       // beyond, only this
)

// Array reads the header of an array. The array lives as long as the archive is open. Reading all of it
// compares the member's checksum, reading a part does not.
func (a *Archive) Array(name string) (*Array, error) {
	m := a.members[name]
	if m == nil {
		return nil, fmt.Errorf("%s: no array %q (there are %d arrays)", a.name, name, len(a.names))
	}
	full := a.name + "[" + name + "]"
	size, packed := m.UncompressedSize64, m.CompressedSize64
	off, err := m.DataOffset()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", full, err)
	}
	switch {
	case m.Flags&1 != 0:
		return nil, fmt.Errorf("%s: encrypted: save it without a password", full)
	case off < 0 || off > a.size || packed > uint64(a.size-off):
		return nil, fmt.Errorf("%s: claims %d bytes at byte %d of %d: the archive is cut off or damaged", full, packed, off, a.size)
	case m.Method == zip.Store && size != packed:
		return nil, fmt.Errorf("%s: stored, yet %d bytes become %d: the archive is damaged", full, packed, size)
	case m.Method == zip.Store:
		return newArray(full, source{at: io.NewSectionReader(a.r, off, int64(size)), size: int64(size), member: m})
	case m.Method != zip.Deflate:
		return nil, fmt.Errorf("%s: compression method %d is not known (stored and deflated are)", full, m.Method)
	case size/deflateMost > packed:
		return nil, fmt.Errorf("%s: %d bytes cannot become %d: the archive is damaged", full, packed, size)
	case size > inflateFree && size/inflateMost > packed:
		return nil, fmt.Errorf("%s: %d bytes would become %d, a decompression bomb: save it uncompressed if it is none", full, packed, size)
	}
	return newArray(full, source{size: int64(size), member: m})
}
