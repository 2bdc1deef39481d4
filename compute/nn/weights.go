package nn

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
)

// Param holds one layer's weights, row-major [out][in][3][3] or [out][in], and its biases [out].
type Param struct{ W, B []float32 }

// Weights maps layer names to parameters.
type Weights map[string]Param

// Check reports the first layer whose parameters are missing, of the wrong size or not finite.
func (w Weights) Check(n *Network) error {
	for _, op := range n.Ops {
		if !op.HasFeature() {
			continue
		}
		p, ok := w[op.Name]
		if !ok {
			return fmt.Errorf("weights of %s: layer %s is missing", n.Name, op.Name)
		}
		if want := op.Out.C * op.FanIn(); len(p.W) != want {
			return fmt.Errorf("weights of %s: layer %s has %d weights, want %d %v", n.Name, op.Name, len(p.W), want, op.WeightShape())
		}
		if len(p.B) != op.Out.C {
			return fmt.Errorf("weights of %s: layer %s has %d biases, want %d", n.Name, op.Name, len(p.B), op.Out.C)
		}
		for _, v := range [...][]float32{p.W, p.B} {
			for i, x := range v {
				if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
					return fmt.Errorf("weights of %s: layer %s holds %g at %d", n.Name, op.Name, x, i)
				}
			}
		}
	}
	return nil
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
