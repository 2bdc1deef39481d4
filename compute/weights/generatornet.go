package weights

import (
	"fmt"
	"slices"

	"reverie/compute/nn"
)

// Network gives the generator as a network: what stands before another with nn.Join. A deconvolution of
// stride 1 is the convolution with the kernels turned round and the channels exchanged; a convolution
// without padding is one with padding and a crop.
func (g *Generator) Network() (*nn.Network, nn.Weights, error) {
	name := "generator"
	if g.Input != "" {
		name += " from " + g.Input
	}
	net, w := &nn.Network{Name: name, Input: shapeOf(g.InputShape)}, nn.Weights{}
	for _, l := range g.Layers {
		op := nn.Op{Name: l.Name, In: shapeOf(l.In), Out: shapeOf(l.Out), Act: l.Slope != 1, Slope: l.Slope}
		if l.Slope == 1 {
			op.Slope = 0
		}
		p := nn.Param{W: l.Weight, B: l.Bias}
		cut := false
		switch {
		case l.Kind == inner:
			op.Kind = nn.FC
		case l.Kind == up && l.Kernel == 4 && l.Stride == 2 && l.Pad == 1:
			op.Kind = nn.Deconv
		case l.Kind == up && l.Kernel == 3 && l.Stride == 1 && l.Pad == 1:
			op.Kind, p.W = nn.Conv, exchanged(l.Weight, op.In.C, op.Out.C)
		case l.Kind == conv && l.Kernel == 3 && l.Stride == 1 && l.Pad <= 1:
			op.Kind, cut = nn.Conv, l.Pad == 0
		default:
			return nil, nil, fmt.Errorf("generator: %s is a %s of %d×%d, stride %d, padding %d: no such layer is known", l.Name, l.Kind, l.Kernel, l.Kernel, l.Stride, l.Pad)
		}
		w[l.Name] = p
		if !cut {
			net.Ops = append(net.Ops, op)
			continue
		}
		crop := op
		op.Out = nn.Shape{C: op.Out.C, H: op.In.H, W: op.In.W}
		op.Act, op.Slope = false, 0
		crop.Kind, crop.Name, crop.In = nn.Crop, l.Name+" valid", op.Out
		net.Ops = append(net.Ops, op, crop)
	}
	return net, w, w.Check(net)
}

func shapeOf(s []int) nn.Shape {
	s = slices.Concat(s, []int{1, 1})
	return nn.Shape{C: s[0], H: s[1], W: s[2]}
}

// exchanged makes the weights [out][in][3][3] of a convolution from [in][out][3][3] of its transpose.
func exchanged(w []float32, in, out int) []float32 {
	t := make([]float32, len(w))
	for i := range in {
		for o := range out {
			for k := range 9 {
				t[(o*in+i)*9+8-k] = w[(i*out+o)*9+k]
			}
		}
	}
	return t
}
