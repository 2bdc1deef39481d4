// Package protobuf reads the wire format of Protocol Buffers straight from a
// file, without a schema: fields by number, nested messages and byte strings as
// stretches of the file that are read when asked for. A model of hundreds of
// megabytes is thus walked by its lengths alone.
//
// Every length is checked against what is left of the message it stands in.
package protobuf

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"reverie/compute/format/internal/num"
)

// ErrFormat marks content that is not a message.
var ErrFormat = errors.New("not a protocol buffer")

// Wire is how a field is stored.
type Wire uint8

// The wire types. Groups are skipped and not shown.
const (
	Varint  Wire = 0
	Fixed64 Wire = 1
	Bytes   Wire = 2
	Fixed32 Wire = 5

	startGroup Wire = 3
	endGroup   Wire = 4
)

// Message is a stretch of a file: a message, a string or packed numbers.
type Message struct {
	r        io.ReaderAt
	from, to int64
	depth    int
}

// New is the message that a whole file of size bytes holds.
func New(r io.ReaderAt, size int64) Message { return Message{r: r, to: size} }

// Len is the number of bytes.
func (m Message) Len() int64 { return m.to - m.from }

// Field is one field of a message.
type Field struct {
	Number int
	Wire   Wire
	Value  uint64  // of numbers: the bits
	Body   Message // of Bytes
}

// maxDepth is how deep messages may be nested; models need six.
const maxDepth = 64

// Fields calls f for every field in the order of the file. An error of f ends the walk.
func (m Message) Fields(f func(Field) error) error {
	if m.depth > maxDepth {
		return fmt.Errorf("%w: messages nested deeper than %d at byte %d", ErrFormat, maxDepth, m.from)
	}
	c := cursor{r: m.r, pos: m.from, end: m.to}
	var groups []int // open ones
	for c.pos < c.end {
		at := c.pos
		tag, err := c.varint()
		if err != nil {
			return err
		}
		number, wire := tag>>3, Wire(tag&7)
		if number == 0 || number > 1<<29-1 {
			return fmt.Errorf("%w: field number %d at byte %d", ErrFormat, number, at)
		}
		field := Field{Number: int(number), Wire: wire}
		switch wire {
		case Varint:
			field.Value, err = c.varint()
		case Fixed64:
			field.Value, err = c.fixed(8)
		case Fixed32:
			field.Value, err = c.fixed(4)
		case Bytes:
			var n uint64
			if n, err = c.varint(); err == nil && n > uint64(c.end-c.pos) {
				err = fmt.Errorf("%w: field %d at byte %d claims %d bytes and %d are left", ErrFormat, number, at, n, c.end-c.pos)
			}
			if err == nil {
				field.Body = Message{r: m.r, from: c.pos, to: c.pos + int64(n), depth: m.depth + 1}
				c.pos += int64(n)
			}
		case startGroup:
			if groups = append(groups, int(number)); len(groups) > maxDepth {
				err = fmt.Errorf("%w: groups nested deeper than %d at byte %d", ErrFormat, maxDepth, at)
			}
		case endGroup:
			if len(groups) == 0 || groups[len(groups)-1] != int(number) {
				err = fmt.Errorf("%w: the end of a group that did not begin, at byte %d", ErrFormat, at)
			} else {
				groups = groups[:len(groups)-1]
			}
		default:
			err = fmt.Errorf("%w: field %d at byte %d has the unknown wire type %d", ErrFormat, number, at, wire)
		}
		if err != nil {
			return err
		}
		if len(groups) > 0 || wire == endGroup {
			continue
		}
		if err := f(field); err != nil {
			return err
		}
	}
	if len(groups) > 0 {
		return fmt.Errorf("%w: a group without end at byte %d", ErrFormat, c.pos)
	}
	return nil
}

// Text reads a string of at most most bytes.
func (m Message) Text(most int64) (string, error) {
	if m.Len() > most {
		return "", fmt.Errorf("%w: a string of %d bytes at byte %d, at most %d are expected", ErrFormat, m.Len(), m.from, most)
	}
	b := make([]byte, m.Len())
	if err := readAt(m.r, b, m.from); err != nil {
		return "", err
	}
	return string(b), nil
}

// Varints appends a packed list of integers of at most most.
func (m Message) Varints(dst []int64, most int) ([]int64, error) {
	c := cursor{r: m.r, pos: m.from, end: m.to}
	for c.pos < c.end {
		v, err := c.varint()
		if err != nil {
			return dst, err
		}
		if len(dst) >= most {
			return dst, fmt.Errorf("%w: a list of more than %d numbers at byte %d", ErrFormat, most, m.from)
		}
		dst = append(dst, int64(v))
	}
	return dst, nil
}

// Floats reads packed float32 into dst, which has as many values as the message.
func (m Message) Floats(dst []float32) error {
	if m.Len() != 4*int64(len(dst)) {
		return fmt.Errorf("%w: %d bytes at byte %d are not %d float32", ErrFormat, m.Len(), m.from, len(dst))
	}
	b := num.View(dst)
	if err := readAt(m.r, b, m.from); err != nil {
		return err
	}
	if num.HostBig {
		num.Swap(b, 4)
	}
	return nil
}

// Doubles reads packed float64 into dst; a value beyond float32 is an error.
func (m Message) Doubles(dst []float32) error {
	if m.Len() != 8*int64(len(dst)) {
		return fmt.Errorf("%w: %d bytes at byte %d are not %d float64", ErrFormat, m.Len(), m.from, len(dst))
	}
	block := make([]byte, 8*min(len(dst), 1<<16))
	for i := 0; i < len(dst); {
		n := min(len(dst)-i, len(block)/8)
		if err := readAt(m.r, block[:8*n], m.from+8*int64(i)); err != nil {
			return err
		}
		for k := range n {
			v := math.Float64frombits(binary.LittleEndian.Uint64(block[8*k:]))
			if f := float32(v); math.IsInf(float64(f), 0) && !math.IsInf(v, 0) {
				return fmt.Errorf("value %d, %g, is beyond single precision", i+k, v)
			}
			dst[i+k] = float32(v)
		}
		i += n
	}
	return nil
}

func readAt(r io.ReaderAt, b []byte, at int64) error {
	if len(b) == 0 {
		return nil
	}
	if n, err := r.ReadAt(b, at); n < len(b) {
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return fmt.Errorf("read %d bytes at byte %d: %w", len(b), at, err)
	}
	return nil
}

// cursor reads small things through a window.
type cursor struct {
	r        io.ReaderAt
	pos, end int64
	buf      [512]byte
	at       int64 // where buf begins
	n        int   // bytes in buf
}

func (c *cursor) next() (byte, error) {
	if c.pos >= c.end {
		return 0, fmt.Errorf("%w: it ends in the middle of a field, at byte %d", ErrFormat, c.end)
	}
	if c.pos < c.at || c.pos >= c.at+int64(c.n) {
		n := min(int64(len(c.buf)), c.end-c.pos)
		if err := readAt(c.r, c.buf[:n], c.pos); err != nil {
			return 0, err
		}
		c.at, c.n = c.pos, int(n)
	}
	c.pos++
	return c.buf[c.pos-1-c.at], nil
}

func (c *cursor) varint() (v uint64, err error) {
	at := c.pos
	for shift := 0; shift < 64; shift += 7 {
		b, err := c.next()
		if err != nil {
			return 0, err
		}
		if shift == 63 && b > 1 {
			break
		}
		v |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return v, nil
		}
	}
	return 0, fmt.Errorf("%w: a number of more than 64 bits at byte %d", ErrFormat, at)
}

func (c *cursor) fixed(n int) (v uint64, err error) {
	for i := range n {
		b, err := c.next()
		if err != nil {
			return 0, err
		}
		v |= uint64(b) << (8 * i)
	}
	return v, nil
}
