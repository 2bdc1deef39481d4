package plan

import (
	"fmt"

	"reverie/compute/nn"
)

// Single is one layer by itself, forward and backward: what tuning times and
// what tests compare.
type Single struct {
	Op     nn.Op
	Conv   ConvKind // of a convolution
	Images int
	Border bool // of a pooling's or fully connected layer's input

	Forward, Backward bool // what is wanted
}

// Plan makes its plan. Load takes Input to the layer's input, Forward computes
// the layer and Extract[0] gives it; Backward takes Input to the layer's
// gradient and gives that of its input. A maximum pooling goes backward through
// the input loaded before.
func (s Single) Plan(profile Profile, lim Limits) (*Plan, error) {
	b := newBuilder(s.Images, profile, lim)
	in, out := s.Op.In, s.Op.Out
	larger := max(plainBytes(in), plainBytes(out))
	b.Input = b.add(Tensor{Name: "values", Kind: Input, Image: larger}, true)
	b.Output = b.add(Tensor{Name: "results", Kind: Output, Image: larger}, true)
	src := b.state("in", in, s.Border || s.Op.Kind == nn.Conv)
	dst := b.state("out", out, s.Op.Kind == nn.Conv)
	b.Load = []Group{b.pack(src)}
	into := epilogue{dst: src, layer: -1}
	if s.Forward {
		g, err := s.forward(b, src, dst)
		if err != nil {
			return nil, err
		}
		b.Forward, b.Extract = g, [][]Group{{b.unpack("output", dst, b.Output)}}
	}
	if s.Backward {
		g, err := s.backward(b, dst, into)
		if err != nil {
			return nil, err
		}
		b.Backward = append(append([]Group{b.pack(dst)}, g...), b.unpack("gradient", src, b.Output))
	}
	return b.finish()
}

func (s Single) forward(b *builder, src, dst int) ([]Group, error) {
	switch s.Op.Kind {
	case nn.Conv:
		c := Conv{Kind: s.Conv, In: s.Op.In, Out: s.Op.Out, Images: s.Images}
		return b.conv(s.Op, c, source{tensor: src}, dst, b.bias(s.Op))
	case nn.FC:
		return b.fc(s.Op, source{tensor: src}, dst), nil
	case nn.Pool:
		return []Group{b.pool(s.Op, source{tensor: src}, dst)}, nil
	}
	return nil, fmt.Errorf("plan: no kernel for layer %s", s.Op.Name)
}

func (s Single) backward(b *builder, dst int, into epilogue) ([]Group, error) {
	switch s.Op.Kind {
	case nn.Conv:
		c := Conv{Kind: s.Conv, Back: true, In: s.Op.In, Out: s.Op.Out, Images: s.Images}
		return b.conv(s.Op, c, source{tensor: dst}, into.dst, into)
	case nn.FC:
		return b.fcBack(s.Op, dst, into), nil
	case nn.Pool:
		return []Group{b.poolBack(s.Op, dst, into)}, nil
	}
	return nil, fmt.Errorf("plan: no kernel for layer %s", s.Op.Name)
}
