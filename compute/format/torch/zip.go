package torch

import (
	"archive/zip"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"reverie/compute/format/pickle"
)

// maxPickle bounds the pickle of a zip container; those of the largest models have some megabytes.
const maxPickle = 1 << 28

// openZip reads a zip container: PREFIX/data.pkl, PREFIX/data/KEY, PREFIX/byteorder, nothing compressed.
func (f *File) openZip() error {
	z, err := zip.NewReader(f.r, f.size)
	if err != nil {
		return fmt.Errorf("the zip directory at the file's end: the file is cut off or damaged: %w", err)
	}
	members := map[string]*zip.File{}
	root, total := "", uint64(0)
	var first *zip.File
	for _, m := range z.File {
		if members[m.Name] != nil {
			return fmt.Errorf("zip member %.200q comes twice", m.Name)
		}
		members[m.Name] = m
		// Members that share bytes or claim more than there are make a bomb of a small file.
		if m.UncompressedSize64 > uint64(f.size)-total {
			if m.Method != zip.Store {
				return compressed(m)
			}
			return fmt.Errorf("zip member %.200q: the members claim more than the file's %d bytes", m.Name, f.size)
		}
		total += m.UncompressedSize64
		if dir, ok := strings.CutSuffix(m.Name, "data.pkl"); ok && (dir == "" || strings.HasSuffix(dir, "/")) {
			if first == nil || len(dir) < len(root) {
				first, root = m, dir
			}
		}
	}
	if first == nil {
		return errors.New("a zip archive without data.pkl: no PyTorch file")
	}
	if order := members[root+"byteorder"]; order != nil {
		if err := f.byteOrder(order); err != nil {
			return err
		}
	}
	off, size, err := f.stored(first)
	if err != nil {
		return err
	}
	if size > maxPickle {
		return fmt.Errorf("zip member %q has %d bytes, more than any model's %d", first.Name, size, maxPickle)
	}
	d := f.decoder(off, size)
	tree, err := d.Decode()
	if err != nil {
		return fmt.Errorf("zip member %q: %w", first.Name, err)
	}
	for _, key := range slices.Sorted(maps.Keys(f.storages)) {
		s := f.storages[key]
		m := members[root+"data/"+key]
		if m == nil {
			return fmt.Errorf("storage %.100q is missing: no zip member %.200q", key, root+"data/"+key)
		}
		off, size, err := f.stored(m)
		if err != nil {
			return err
		}
		if size < s.bytes {
			return fmt.Errorf("zip member %.200q has %d bytes, the storage's %d elements of %s take %d", m.Name, size, s.numel, s.class, s.bytes)
		}
		s.offset, s.found = off, true
	}
	if members[root+"constants.pkl"] != nil {
		f.note("a TorchScript archive: its code was not run, its tensors were taken")
	}
	return f.flatten(tree)
}

// stored locates the bytes of a member that is not compressed.
func (f *File) stored(m *zip.File) (off, size int64, err error) {
	if m.Method != zip.Store || m.CompressedSize64 != m.UncompressedSize64 {
		return 0, 0, compressed(m)
	}
	if off, err = m.DataOffset(); err != nil {
		return 0, 0, fmt.Errorf("zip member %.200q: the file is damaged: %w", m.Name, err)
	}
	if off < 0 || off > f.size || m.UncompressedSize64 > uint64(f.size-off) {
		return 0, 0, fmt.Errorf("zip member %.200q: %d bytes at offset %d lie beyond the file's %d: it is cut off or damaged",
			m.Name, m.UncompressedSize64, off, f.size)
	}
	return off, int64(m.UncompressedSize64), nil
}

func compressed(m *zip.File) error {
	return fmt.Errorf("zip member %.200q is compressed (%d to %d bytes), which PyTorch never does: unpack the archive and pack it with zip -0, or save it again with torch.save",
		m.Name, m.UncompressedSize64, m.CompressedSize64)
}

func (f *File) byteOrder(m *zip.File) error {
	off, size, err := f.stored(m)
	if err != nil {
		return err
	}
	b := make([]byte, min(size, 16))
	if n, err := f.r.ReadAt(b, off); n < len(b) {
		return fmt.Errorf("zip member %q: %w", m.Name, short(err))
	}
	switch strings.TrimSpace(string(b)) {
	case "little":
	case "big":
		f.BigEndian = true
	default:
		return fmt.Errorf("zip member %q says %q, neither little nor big", m.Name, b)
	}
	return nil
}

// decoder reads pickles of this file.
func (f *File) decoder(off, size int64) *pickle.Decoder {
	d := pickle.NewDecoder(f.r, off, size)
	d.Persistent = f.persistent
	d.Global = refuse
	return d
}
