package nn

import "math"

// The seeded generator is counter-based: number i of stream s under seed is a
// pure function of (seed, s, i), so any part can be made alone, in any order
// and in any language. testdata/vgg/seeded.py states it in NumPy; both agree to
// the bit because every step is integer arithmetic or one rounded operation.
//
//	mix(x)      = SplitMix64's finaliser (Steele, Lea & Flood 2014)
//	key         = mix(seed + (s+1)·0xD1B54A32D192ED03)
//	bits(i)     = mix(key + (i+1)·0x9E3779B97F4A7C15)
//	uniform(i)  = (bits(i) >> 11) · 2⁻⁵³                  in [0,1)
//	normal(i)   = (sum of the eight 16-bit words of bits(2i), bits(2i+1) − 8·32767.5) / σ,
//	              σ = sqrt(8·(65536²−1)/12)               unit variance, excess kurtosis −0.15

// Stream is one stream of the seeded generator.
type Stream struct{ key uint64 }

// NewStream returns stream s under seed.
func NewStream(seed, s uint64) Stream {
	return Stream{mix(seed + (s+1)*0xD1B54A32D192ED03)}
}

func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return x ^ x>>31
}

// Bits is the i-th 64-bit word.
func (s Stream) Bits(i uint64) uint64 { return mix(s.key + (i+1)*0x9E3779B97F4A7C15) }

// Uniform is the i-th number in [0,1).
func (s Stream) Uniform(i uint64) float64 { return float64(s.Bits(i)>>11) * 0x1p-53 }

var normalSD = math.Sqrt(8 * (65536.0*65536.0 - 1) / 12)

// Normal is the i-th number of mean 0 and variance 1.
func (s Stream) Normal(i uint64) float64 {
	a, b := s.Bits(2*i), s.Bits(2*i+1)
	sum := words(a) + words(b)
	return (float64(sum) - 8*32767.5) / normalSD
}

func words(x uint64) uint64 { return x&0xffff + x>>16&0xffff + x>>32&0xffff + x>>48 }

// Seeded makes He-normal weights: layer number l (counted over conv and fc
// layers from 0) draws its weights from stream 2l with variance 2/fan-in and
// its biases from stream 2l+1 with the given standard deviation.
func Seeded(n *Network, seed uint64, biasSD float64) Weights {
	w := Weights{}
	l := uint64(0)
	for _, op := range n.Ops {
		if !op.HasWeights() {
			continue
		}
		p := Param{W: make([]float32, op.Weights()), B: make([]float32, op.Out.C)}
		fill(p.W, NewStream(seed, 2*l), math.Sqrt(2/float64(op.FanIn())))
		fill(p.B, NewStream(seed, 2*l+1), biasSD)
		w[op.Name] = p
		l++
	}
	return w
}

func fill(dst []float32, s Stream, sd float64) {
	for i := range dst {
		dst[i] = float32(s.Normal(uint64(i)) * sd)
	}
}
