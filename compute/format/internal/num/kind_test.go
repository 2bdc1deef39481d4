package num

import (
	"encoding/binary"
	"math"
	"testing"
)

// TestIntegers: both byte orders, steps, and the limit of exactness at 2^24 and at the ends of the types.
func TestIntegers(t *testing.T) {
	for _, big := range []bool{false, true} {
		var order binary.AppendByteOrder = binary.LittleEndian
		if big {
			order = binary.BigEndian
		}
		for _, c := range []struct {
			k    Kind
			bits uint64
			want float64 // NaN: an error
		}{
			{Int8, 0x80, -128}, {Uint8, 0xff, 255}, {Bool, 1, 1}, {Bool, 2, math.NaN()},
			{Int16, 0x8000, -32768}, {Uint16, 0xffff, 65535}, {Int32, 1 << 31, -1 << 31}, {Int32, 1<<24 + 1, math.NaN()},
			{Uint32, 1 << 31, 1 << 31}, {Uint32, 1<<32 - 1, math.NaN()}, {Int64, 1 << 63, -1 << 63}, {Int64, 1<<63 - 1, math.NaN()},
			{Int64, 1 << 62, 1 << 62}, {Uint64, 1 << 63, 1 << 63}, {Uint64, 1<<64 - 1, math.NaN()},
			{Float64, math.Float64bits(1e39), math.NaN()}, {Float64, math.Float64bits(math.Inf(-1)), math.Inf(-1)},
			{Float64, math.Float64bits(0.1), float64(float32(0.1))}, {Float32, uint64(math.Float32bits(-2.5)), -2.5},
			{Float16, 0x3c00, 1}, {Float16, 0x0001, 0x1p-24}, {Float16, 0xfc00, math.Inf(-1)}, {BFloat16, 0xc000, -2},
		} {
			var e []byte
			switch c.k.Size() {
			case 1:
				e = []byte{byte(c.bits)}
			case 2:
				e = order.AppendUint16(nil, uint16(c.bits))
			case 4:
				e = order.AppendUint32(nil, uint32(c.bits))
			default:
				e = order.AppendUint64(nil, c.bits)
			}
			raw := append(make([]byte, 3*len(e)), e...) // the second of two elements, three apart
			dst := make([]float32, 5)
			err := ToFloat32(dst, 4, raw, 3, 2, c.k, big)
			if math.IsNaN(c.want) {
				if err == nil {
					t.Errorf("%v %#x: %g, want an error", c.k, c.bits, dst[4])
				}
			} else if err != nil || float64(dst[4]) != c.want || dst[0] != 0 {
				t.Errorf("%v %#x: %v (%v), want %g", c.k, c.bits, dst, err, c.want)
			}
		}
	}
}

func TestNative(t *testing.T) {
	for _, big := range []bool{false, true} {
		s := make([]float32, 2)
		if big {
			binary.BigEndian.PutUint32(View(s)[4:], math.Float32bits(3.25))
		} else {
			binary.LittleEndian.PutUint32(View(s)[4:], math.Float32bits(3.25))
		}
		if Native(s, big); s[1] != 3.25 {
			t.Errorf("%v: %v", big, s)
		}
	}
}
