package inspect

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strconv"
)

// element is how a number is stored.
type element struct {
	size int
	text func(b []byte, o binary.ByteOrder) string
}

// elements are known by the names of safetensors and PyTorch.
var elements = map[string]element{
	"float64": {8, func(b []byte, o binary.ByteOrder) string { return real64(math.Float64frombits(o.Uint64(b))) }},
	"float32": {4, func(b []byte, o binary.ByteOrder) string { return real32(math.Float32frombits(o.Uint32(b))) }},
	"bfloat16": {2, func(b []byte, o binary.ByteOrder) string {
		return real32(math.Float32frombits(uint32(o.Uint16(b)) << 16))
	}},
	"float16":    {2, func(b []byte, o binary.ByteOrder) string { return real32(half(o.Uint16(b))) }},
	"int64":      {8, func(b []byte, o binary.ByteOrder) string { return signed(int64(o.Uint64(b))) }},
	"int32":      {4, func(b []byte, o binary.ByteOrder) string { return signed(int64(int32(o.Uint32(b)))) }},
	"int16":      {2, func(b []byte, o binary.ByteOrder) string { return signed(int64(int16(o.Uint16(b)))) }},
	"int8":       {1, func(b []byte, _ binary.ByteOrder) string { return signed(int64(int8(b[0]))) }},
	"uint64":     {8, func(b []byte, o binary.ByteOrder) string { return strconv.FormatUint(o.Uint64(b), 10) }},
	"uint32":     {4, func(b []byte, o binary.ByteOrder) string { return signed(int64(o.Uint32(b))) }},
	"uint16":     {2, func(b []byte, o binary.ByteOrder) string { return signed(int64(o.Uint16(b))) }},
	"uint8":      {1, func(b []byte, _ binary.ByteOrder) string { return signed(int64(b[0])) }},
	"bool":       {1, func(b []byte, _ binary.ByteOrder) string { return strconv.FormatBool(b[0] != 0) }},
	"complex64":  {8, complex64Text},
	"complex128": {16, complex128Text},
}

func real64(v float64) string { return number(v, true) }
func real32(v float32) string { return number(float64(v), false) }
func signed(v int64) string   { return strconv.FormatInt(v, 10) }

func complex64Text(b []byte, o binary.ByteOrder) string {
	re, im := math.Float32frombits(o.Uint32(b)), math.Float32frombits(o.Uint32(b[4:]))
	return complexes([]complex128{complex(float64(re), float64(im))})[0]
}

func complex128Text(b []byte, o binary.ByteOrder) string {
	return complexes([]complex128{complex(math.Float64frombits(o.Uint64(b)), math.Float64frombits(o.Uint64(b[8:])))})[0]
}

// half is the value of an IEEE 754 number of 16 bits.
func half(h uint16) float32 {
	sign, exponent, fraction := float32(1), int(h>>10&31), float64(h&1023)
	if h>>15 == 1 {
		sign = -1
	}
	switch exponent {
	case 0:
		return sign * float32(math.Ldexp(fraction, -24))
	case 31:
		if fraction != 0 {
			return float32(math.NaN())
		}
		return sign * float32(math.Inf(1))
	}
	return sign * float32(math.Ldexp(1024+fraction, exponent-25))
}

// rawValues reads n numbers of a type that stand one behind the other at off.
func rawValues(r io.ReaderAt, off int64, typ string, big bool, n int) ([]string, error) {
	e, ok := elements[typ]
	if !ok {
		return nil, fmt.Errorf("values of type %s are not read", typ)
	}
	o := binary.ByteOrder(binary.LittleEndian)
	if big {
		o = binary.BigEndian
	}
	var out []string
	b := make([]byte, 4096/e.size*e.size)
	for len(out) < n {
		part := b[:min(len(b), (n-len(out))*e.size)]
		if got, err := r.ReadAt(part, off); got < len(part) {
			if err == nil || err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return out, fmt.Errorf("values at byte %d: %w", off, err)
		}
		for i := 0; i < len(part); i += e.size {
			out = append(out, e.text(part[i:i+e.size], o))
		}
		off += int64(len(part))
	}
	return out, nil
}
