package npy

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"reverie/compute/format/internal/num"
)

// Element is a type that arrays are written as.
type Element interface {
	bool | int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64 | float32 | float64 | complex64 | complex128
}

// Write writes data, in C order and of the shape, as a little-endian .npy file of version 1.0, the bytes
// that numpy.save writes. The file appears at path when it is complete, replacing what is there; the
// folder must exist.
func Write[T Element](path string, shape []int, data []T) (err error) {
	if len(shape) > maxAxes || slices.ContainsFunc(shape, func(s int) bool { return s < 0 }) {
		return fmt.Errorf("write %s: %v is no shape", path, shape)
	}
	h := Header{Shape: shape, DType: DType{Kind: Uint, Size: 1}} // as if of one byte each: counts, with a care for overflow
	if err := h.measure(int64(len(data))); err != nil || h.Len != len(data) {
		return fmt.Errorf("write %s: shape %v does not fit the %d elements", path, shape, len(data))
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
	w := bufio.NewWriterSize(f, bufferSize)
	if err = encode(w, shape, data); err != nil {
		return err
	}
	if err = w.Flush(); err != nil {
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

// encode writes the header and the data.
func encode[T Element](w io.Writer, shape []int, data []T) error {
	var zero T
	h, err := header(descr(any(zero)), shape)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, h); err != nil {
		return err
	}
	if !num.HostBig {
		_, err := w.Write(num.View(data))
		return err
	}
	return binary.Write(w, binary.LittleEndian, data)
}

// descr returns NumPy's spelling of x's type.
func descr(x any) string {
	switch x.(type) {
	case bool:
		return "|b1"
	case int8:
		return "|i1"
	case int16:
		return "<i2"
	case int32:
		return "<i4"
	case int64:
		return "<i8"
	case uint8:
		return "|u1"
	case uint16:
		return "<u2"
	case uint32:
		return "<u4"
	case uint64:
		return "<u8"
	case float32:
		return "<f4"
	case float64:
		return "<f8"
	case complex64:
		return "<c8"
	}
	return "<c16"
}

// header makes the bytes before the data, a multiple of 64 of them. Like NumPy it leaves room for the
// axis that may grow.
func header(descr string, shape []int) (string, error) {
	dims := make([]string, len(shape))
	for i, s := range shape {
		dims[i] = strconv.Itoa(s)
	}
	tuple := strings.Join(dims, ", ")
	if len(shape) == 1 {
		tuple += ","
	}
	h := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", descr, tuple)
	if len(shape) > 0 {
		h += strings.Repeat(" ", 21-len(dims[0]))
	}
	h += strings.Repeat(" ", 64-(11+len(h))%64) + "\n"
	if len(h) > 0xffff {
		return "", fmt.Errorf("a header of %d bytes is more than version 1.0 holds", len(h))
	}
	return magic + "\x01\x00" + string(binary.LittleEndian.AppendUint16(nil, uint16(len(h)))) + h, nil
}
