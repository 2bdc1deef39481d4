package nn

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
)

// Param holds one layer's weights, row-major [out][in][3][3], [out][in] or [in][out][4][4], and its biases [out].
type Param struct{ W, B []float32 }

// Weights maps layer names to parameters.
type Weights map[string]Param

// Check reports the first layer whose parameters are missing, of the wrong size or not finite.
func (w Weights) Check(n *Network) error {
	for _, op := range n.Ops {
		if !op.HasWeights() {
			continue
		}
		p, ok := w[op.Name]
		if !ok {
			return fmt.Errorf("weights of %s: layer %s is missing", n.Name, op.Name)
		}
		if want := op.Weights(); len(p.W) != want {
			return fmt.Errorf("weights of %s: layer %s has %d weights, want %d %v", n.Name, op.Name, len(p.W), want, op.WeightShape())
		}
		if len(p.B) != op.Out.C {
			return fmt.Errorf("weights of %s: layer %s has %d biases, want %d", n.Name, op.Name, len(p.B), op.Out.C)
		}
		for i, v := range [...][]float32{p.W, p.B} {
			if at := NotFinite(v); at >= 0 {
				return fmt.Errorf("weights of %s: %s %d of layer %s is %g: the file is damaged, or training had failed", n.Name, [...]string{"weight", "bias"}[i], at, op.Name, v[at])
			}
		}
	}
	return nil
}

// NotFinite is the place of the first value that is no number, or −1. In sums of
// v−v, which is 0 for numbers and NaN for all else, eight chains go on at once.
func NotFinite(values []float32) int {
	const block = 1 << 12
	for at := 0; at < len(values); at += block {
		v := values[at:min(at+block, len(values))]
		var s [8]float32
		for ; len(v) >= 8; v = v[8:] {
			for k := range s {
				s[k] += v[k] - v[k]
			}
		}
		for k, x := range v {
			s[k] += x - x
		}
		if s[0]+s[1]+s[2]+s[3]+s[4]+s[5]+s[6]+s[7] == 0 {
			continue
		}
		for i, x := range values[at:min(at+block, len(values))] {
			if x-x != 0 {
				return at + i
			}
		}
	}
	return -1
}

// SHA256 is the digest of all parameters in forward order, weights before
// biases, as little-endian float32.
func (w Weights) SHA256(n *Network) string {
	h := sha256.New()
	buf := make([]byte, 0, 1<<16)
	for _, op := range n.Ops {
		for _, v := range [...][]float32{w[op.Name].W, w[op.Name].B} {
			for len(v) > 0 {
				k := min(len(v), cap(buf)/4)
				buf = buf[:0]
				for _, x := range v[:k] {
					buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(x))
				}
				h.Write(buf)
				v = v[k:]
			}
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}
