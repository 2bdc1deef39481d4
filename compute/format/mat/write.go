package mat

import (
	"bufio"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"reverie/compute/format/internal/num"
)

// Variable is a named array to be written.
type Variable struct {
	Name  string
	Value *Array
}

// maxBytes is the most that MATLAB takes as one variable of level 5.
const maxBytes = 1<<31 - 1

// Write writes variables as a little-endian MAT-file of level 5, each compressed by itself when compress is
// set. Numeric, char, logical, cell and struct arrays are written, in any depth up to 64; a variable may hold
// 2 GiB. The file appears at path when it is complete, replacing what is there; the folder must exist. No
// times are kept, so equal content gives equal bytes.
func Write(path string, compress bool, vars ...Variable) (err error) {
	seen := map[string]bool{}
	for _, v := range vars {
		if !identifier(v.Name, false) || seen[v.Name] {
			return fmt.Errorf("write %s: %q is no name of a variable, or stands twice: letters, digits and _ are wanted, at most %d, a letter first", path, v.Name, maxIdentifier)
		}
		seen[v.Name] = true
		n, err := size(v.Value, v.Name, 0)
		if err == nil && n > maxBytes {
			err = fmt.Errorf("%d bytes are more than the 2 GiB of a variable of level 5: write HDF5 (version 7.3)", n)
		}
		if err != nil {
			return fmt.Errorf("write %s: %s: %w", path, v.Name, err)
		}
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.partial")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
			err = fmt.Errorf("write %s: %w", path, err)
		}
	}()
	if err = encode(f, compress, vars); err != nil {
		return err
	}
	if err = f.Chmod(0o644); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// encode writes the header and the variables.
func encode(f *os.File, compress bool, vars []Variable) error {
	h := fmt.Appendf(nil, "%-116s", "MATLAB 5.0 MAT-file, Platform: Reverie")
	h = append(h, make([]byte, 8)...)
	h = append(h, 0, 1, 'I', 'M')
	if _, err := f.Write(h); err != nil {
		return err
	}
	for _, v := range vars {
		var err error
		if compress {
			err = writePacked(f, v)
		} else {
			err = writeTo(f, v)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// writeTo writes a variable as it is.
func writeTo(out io.Writer, v Variable) error {
	w := &writer{w: bufio.NewWriterSize(out, bufferSize)}
	w.matrix(v.Value, v.Name)
	if w.err != nil {
		return w.err
	}
	return w.w.Flush()
}

// writePacked writes a variable compressed. The tag says how long the compressed bytes are, so it is
// written last.
func writePacked(f *os.File, v Variable) error {
	at, err := f.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	if _, err := f.Write(make([]byte, 8)); err != nil {
		return err
	}
	z := zlib.NewWriter(f)
	if err := writeTo(z, v); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	end, err := f.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	tag := binary.LittleEndian.AppendUint32(nil, miCOMPRESSED)
	_, err = f.WriteAt(binary.LittleEndian.AppendUint32(tag, uint32(end-at-8)), at)
	return err
}

// writer writes data elements. The first error sticks.
type writer struct {
	w   *bufio.Writer
	err error
}

func (w *writer) write(b []byte) {
	if w.err == nil {
		_, w.err = w.w.Write(b)
	}
}

func (w *writer) words(v ...uint32) {
	for _, u := range v {
		w.write(binary.LittleEndian.AppendUint32(nil, u))
	}
}

// element writes a tag and data of n bytes, in the short form up to 4 bytes.
func (w *writer) element(typ uint32, data []byte) {
	n := len(data)
	if n > 0 && n <= 4 {
		w.words(uint32(n)<<16 | typ)
		w.write(data)
		w.write(make([]byte, 4-n))
		return
	}
	w.words(typ, uint32(n))
	w.write(data)
	w.write(make([]byte, -n&7))
}

// elementSize is the number of bytes that element writes.
func elementSize(n int64) int64 {
	if n <= 4 {
		return 8
	}
	return 8 + (n+7)&^7
}

// matrix writes an array with its tag. Its size has been checked.
func (w *writer) matrix(a *Array, name string) {
	if a == nil {
		a = empty
	}
	n, err := size(a, name, 0)
	if err != nil {
		w.err = err
		return
	}
	w.words(miMATRIX, uint32(n-8))
	flags := uint32(a.Class)
	if a.im != nil {
		flags |= 0x800
	}
	if a.Logical {
		flags |= 0x200
	}
	w.words(miUINT32, 8, flags, 0)
	var dims []byte
	for _, d := range a.Dims {
		dims = binary.LittleEndian.AppendUint32(dims, uint32(d))
	}
	w.element(miINT32, dims)
	w.element(miINT8, []byte(name))
	if a.Class == Struct {
		width := fieldWidth(a.Fields)
		w.words(4<<16|miINT32, uint32(width))
		names := make([]byte, width*len(a.Fields))
		for i, f := range a.Fields {
			copy(names[i*width:], f)
		}
		w.element(miINT8, names)
	}
	for _, v := range []any{a.re, a.im} {
		if v != nil {
			w.element(a.stored(v))
		}
	}
	for _, item := range a.items {
		w.matrix(item, "")
	}
}

// stored returns the type in the file of a part of the array, and its bytes.
func (a *Array) stored(v any) (uint32, []byte) {
	if a.Class == Char {
		if s, ok := encodeText(v); ok {
			return miUTF8, []byte(s)
		}
	}
	mi, b := memory(v)
	if num.HostBig {
		b = append([]byte(nil), b...)
		num.Swap(b, len(b)/max(length(v), 1))
	}
	return mi, b
}

// memory returns the type of a slice of numbers in the file and its memory.
func memory(v any) (uint32, []byte) {
	switch v := v.(type) {
	case []int8:
		return miINT8, num.View(v)
	case []uint8:
		return miUINT8, v
	case []int16:
		return miINT16, num.View(v)
	case []uint16:
		return miUINT16, num.View(v)
	case []int32:
		return miINT32, num.View(v)
	case []uint32:
		return miUINT32, num.View(v)
	case []int64:
		return miINT64, num.View(v)
	case []uint64:
		return miUINT64, num.View(v)
	case []float32:
		return miSINGLE, num.View(v)
	}
	return miDOUBLE, num.View(v.([]float64))
}

// fieldWidth is the room for each field name: the longest and the NUL behind it.
func fieldWidth(fields []string) int {
	width := 1
	for _, f := range fields {
		width = max(width, len(f)+1)
	}
	return width
}

// size returns the number of bytes that matrix writes, or why the array cannot be written.
func size(a *Array, name string, depth int) (int64, error) {
	if a == nil {
		a = empty
	}
	if a.Class != Char && a.Class != Cell && a.Class != Struct && !a.Class.numeric() {
		return 0, fmt.Errorf("%w: %s is not written", ErrClass, a.Kind())
	}
	if depth > maxDepth {
		return 0, fmt.Errorf("cells and structs stand more than %d deep", maxDepth)
	}
	n := 8 + 16 + elementSize(4*int64(len(a.Dims))) + elementSize(int64(len(name)))
	if a.Class == Struct {
		n += 8 + elementSize(int64(fieldWidth(a.Fields)*len(a.Fields)))
	}
	for _, v := range []any{a.re, a.im} {
		if v != nil {
			_, b := a.stored(v)
			n += elementSize(int64(len(b)))
		}
	}
	for _, item := range a.items {
		m, err := size(item, "", depth+1)
		if err != nil {
			return 0, err
		}
		n += m
	}
	return n, nil
}
