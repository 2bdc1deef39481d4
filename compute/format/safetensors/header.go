package safetensors

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"
)

// header reads and checks everything before the tensors' bytes.
func (f *File) header(size int64) error {
	var length [8]byte
	if size < 8 {
		return fmt.Errorf("%d bytes are no safetensors file", size)
	}
	if _, err := f.r.ReadAt(length[:], 0); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the header's length: %w", err)
	}
	n := binary.LittleEndian.Uint64(length[:])
	switch {
	case n > uint64(size-8):
		return fmt.Errorf("the header claims %d bytes at offset 8 and %d are left: no safetensors file, or cut off", n, size-8)
	case n > maxHeader:
		return fmt.Errorf("the header claims %d bytes, more than the format's limit of %d", n, maxHeader)
	case n < 2:
		return fmt.Errorf("a header of %d bytes: no safetensors file", n)
	}
	raw := make([]byte, n)
	if k, err := f.r.ReadAt(raw, 8); k < len(raw) {
		return fmt.Errorf("read the header at offset 8: %w", cmp.Or(err, io.ErrUnexpectedEOF))
	}
	if raw[0] != '{' {
		return errors.New("the header does not begin with { at offset 8: no safetensors file")
	}
	if !utf8.Valid(raw) {
		return errors.New("the header is not UTF-8")
	}
	f.start = 8 + int64(n)
	if err := f.parse(raw); err != nil {
		return fmt.Errorf("header: %w", err)
	}
	return f.layout(size - f.start)
}

// parse reads the JSON token by token, which shows keys that come twice.
func (f *File) parse(raw []byte) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	err := object(d, func(name string) error {
		if name == "__metadata__" {
			f.Metadata = map[string]string{}
			return object(d, func(key string) error {
				tok, err := d.Token()
				if err != nil {
					return err
				}
				s, ok := tok.(string)
				if !ok {
					return fmt.Errorf("the metadata %.100q is no string", key)
				}
				f.Metadata[key] = s
				return nil
			})
		}
		t := &Tensor{Name: name, f: f}
		if err := t.entry(d); err != nil {
			return fmt.Errorf("tensor %.200q: %w", name, err)
		}
		f.Tensors = append(f.Tensors, t)
		return nil
	})
	if errors.Is(err, io.EOF) {
		err = errors.New("the JSON ends early")
	}
	if err != nil {
		return fmt.Errorf("near offset %d: %w", 8+d.InputOffset(), err)
	}
	if rest := bytes.TrimRight(raw[d.InputOffset():], " \t\r\n"); len(rest) > 0 {
		return fmt.Errorf("text behind the header's end at offset %d", 8+d.InputOffset())
	}
	return nil
}

// object calls entry for each key of a JSON object, which then reads the value.
func object(d *json.Decoder, entry func(key string) error) error {
	if err := delim(d, '{'); err != nil {
		return err
	}
	seen := map[string]bool{}
	for d.More() {
		tok, err := d.Token()
		if err != nil {
			return err
		}
		key, ok := tok.(string)
		if !ok {
			return fmt.Errorf("%v is no key", tok)
		}
		if seen[key] {
			return fmt.Errorf("%.200q comes twice", key)
		}
		seen[key] = true
		if err := entry(key); err != nil {
			return err
		}
	}
	return delim(d, '}')
}

func delim(d *json.Decoder, want json.Delim) error {
	tok, err := d.Token()
	if err != nil {
		return err
	}
	if tok != want {
		return fmt.Errorf("%.100v stands where %v should", tok, want)
	}
	return nil
}

// entry reads a tensor's type, shape and offsets; other keys are skipped.
func (t *Tensor) entry(d *json.Decoder) error {
	t.Offset = -1
	err := object(d, func(key string) error {
		switch key {
		case "dtype":
			tok, err := d.Token()
			if err != nil {
				return err
			}
			s, ok := tok.(string)
			if !ok || bits[s] == 0 {
				return fmt.Errorf("type %.40v is not known", tok)
			}
			t.DType = s
		case "shape":
			dims, err := numbers(d)
			if err != nil {
				return fmt.Errorf("shape: %w", err)
			}
			t.Shape = make([]int, len(dims))
			for i, x := range dims {
				t.Shape[i] = int(x)
			}
		case "data_offsets":
			x, err := numbers(d)
			if err != nil {
				return fmt.Errorf("data_offsets: %w", err)
			}
			if len(x) != 2 || x[0] > x[1] {
				return fmt.Errorf("data_offsets %v are no range", x)
			}
			t.Offset, t.Size = x[0], x[1]-x[0]
		default:
			var skip json.RawMessage
			return d.Decode(&skip)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if t.DType == "" || t.Shape == nil || t.Offset < 0 {
		return errors.New("dtype, shape or data_offsets is missing")
	}
	want := bits[t.DType]
	for _, s := range t.Shape {
		if s != 0 && want > math.MaxInt64/int64(s) {
			return fmt.Errorf("shape %.200s is beyond any file", fmt.Sprint(t.Shape))
		}
		want *= int64(s)
	}
	if want%8 != 0 || want/8 != t.Size {
		return fmt.Errorf("%s of shape %.200s takes %d bits, its offsets give it %d bytes", t.DType, fmt.Sprint(t.Shape), want, t.Size)
	}
	return nil
}

// numbers reads a list of whole numbers that are not negative.
func numbers(d *json.Decoder) ([]int64, error) {
	if err := delim(d, '['); err != nil {
		return nil, err
	}
	out := []int64{}
	for d.More() {
		tok, err := d.Token()
		if err != nil {
			return nil, err
		}
		s, _ := tok.(json.Number)
		x, err := strconv.ParseUint(string(s), 10, 63)
		if err != nil {
			return nil, fmt.Errorf("%.40v is no size", tok)
		}
		if strconv.IntSize == 32 && x > math.MaxInt32 {
			return nil, fmt.Errorf("%d is too large for a 32-bit program", x)
		}
		out = append(out, int64(x))
	}
	return out, delim(d, ']')
}

// layout checks that the tensors fill the size bytes behind the header, each byte once.
func (f *File) layout(size int64) error {
	slices.SortStableFunc(f.Tensors, func(a, b *Tensor) int {
		return cmp.Or(cmp.Compare(a.Offset, b.Offset), cmp.Compare(a.Size, b.Size))
	})
	at := int64(0)
	for _, t := range f.Tensors {
		switch {
		case t.Offset < at:
			return fmt.Errorf("tensor %.200q overlaps the one before: it begins at %d, that ends at %d", t.Name, t.Offset, at)
		case t.Offset > at:
			return fmt.Errorf("a hole before tensor %.200q: it begins at %d, the one before ends at %d", t.Name, t.Offset, at)
		case t.Size > size-at:
			return fmt.Errorf("tensor %.200q takes %d bytes at offset %d and %d are left: the file is cut off", t.Name, t.Size, f.start+at, size-at)
		}
		at += t.Size
		t.Offset += f.start
	}
	if at != size {
		return fmt.Errorf("%d bytes lie behind the last tensor at offset %d", size-at, f.start+at)
	}
	return nil
}
