package npy

import (
	"fmt"
	"math"
)

// convert decodes raw into dst. first and step say which elements these are, for errors.
func convert[T Number](dst []T, raw []byte, d DType, first, step int) error {
	const piece = 1024
	for i := 0; i < len(dst); i += piece {
		part := dst[i:min(i+piece, len(dst))]
		src := raw[i*d.Size:]
		var bad int
		switch d.Kind {
		case Float:
			var v [piece]float64
			decodeFloats(v[:len(part)], src, d)
			bad = fromFloats(part, v[:len(part)])
		case Uint:
			var v [piece]uint64
			decodeUints(v[:len(part)], src, d)
			bad = fromUints(part, v[:len(part)])
		default:
			var v [piece]int64
			decodeInts(v[:len(part)], src, d)
			bad = fromInts(part, v[:len(part)])
		}
		if bad >= 0 {
			return fmt.Errorf("element %d of type %s: its value is no %T: read it as another type",
				first+(i+bad)*step, d, part[bad])
		}
	}
	return nil
}

func decodeFloats(dst []float64, src []byte, d DType) {
	order := d.byteOrder()
	for i := range dst {
		e := src[i*d.Size:]
		switch d.Size {
		case 2:
			dst[i] = half(order.Uint16(e))
		case 4:
			dst[i] = float64(math.Float32frombits(order.Uint32(e)))
		default:
			dst[i] = math.Float64frombits(order.Uint64(e))
		}
	}
}

func decodeUints(dst []uint64, src []byte, d DType) {
	order := d.byteOrder()
	for i := range dst {
		e := src[i*d.Size:]
		switch d.Size {
		case 1:
			dst[i] = uint64(e[0])
		case 2:
			dst[i] = uint64(order.Uint16(e))
		case 4:
			dst[i] = uint64(order.Uint32(e))
		default:
			dst[i] = order.Uint64(e)
		}
	}
}

// decodeInts decodes integers with a sign, and truth values.
func decodeInts(dst []int64, src []byte, d DType) {
	order := d.byteOrder()
	for i := range dst {
		e := src[i*d.Size:]
		switch {
		case d.Kind == Bool:
			if e[0] != 0 {
				dst[i] = 1
			} else {
				dst[i] = 0
			}
		case d.Size == 1:
			dst[i] = int64(int8(e[0]))
		case d.Size == 2:
			dst[i] = int64(int16(order.Uint16(e)))
		case d.Size == 4:
			dst[i] = int64(int32(order.Uint32(e)))
		default:
			dst[i] = int64(order.Uint64(e))
		}
	}
}

// half gives the value of an IEEE 754 binary16.
func half(h uint16) float64 {
	sign := 1.0
	if h&0x8000 != 0 {
		sign = -1
	}
	exp, frac := int(h>>10&31), float64(h&0x3ff)
	switch exp {
	case 0:
		return math.Copysign(frac*0x1p-24, sign)
	case 31:
		if frac != 0 {
			return math.NaN()
		}
		return math.Inf(int(sign))
	}
	return sign * math.Ldexp(1024+frac, exp-25)
}

// fromFloats converts src into dst and returns the first place that does not convert, or -1.
func fromFloats[T Number](dst []T, src []float64) int {
	switch dst := any(dst).(type) {
	case []float64:
		copy(dst, src)
	case []float32:
		for i, v := range src {
			dst[i] = float32(v)
			if math.IsInf(float64(dst[i]), 0) && !math.IsInf(v, 0) {
				return i
			}
		}
	case []int64:
		for i, v := range src {
			if !(v >= -0x1p63 && v < 0x1p63) || v != math.Trunc(v) {
				return i
			}
			dst[i] = int64(v)
		}
	}
	return -1
}

// fromInts converts src into dst and returns the first place that does not convert, or -1.
func fromInts[T Number](dst []T, src []int64) int {
	switch dst := any(dst).(type) {
	case []float64:
		for i, v := range src {
			if dst[i] = float64(v); dst[i] >= 0x1p63 || int64(dst[i]) != v {
				return i
			}
		}
	case []float32:
		for i, v := range src {
			if dst[i] = float32(v); dst[i] >= 0x1p63 || int64(dst[i]) != v {
				return i
			}
		}
	case []int64:
		copy(dst, src)
	}
	return -1
}

// fromUints converts src into dst and returns the first place that does not convert, or -1.
func fromUints[T Number](dst []T, src []uint64) int {
	switch dst := any(dst).(type) {
	case []float64:
		for i, v := range src {
			if dst[i] = float64(v); dst[i] >= 0x1p64 || uint64(dst[i]) != v {
				return i
			}
		}
	case []float32:
		for i, v := range src {
			if dst[i] = float32(v); dst[i] >= 0x1p64 || uint64(dst[i]) != v {
				return i
			}
		}
	case []int64:
		for i, v := range src {
			if v > math.MaxInt64 {
				return i
			}
			dst[i] = int64(v)
		}
	}
	return -1
}
