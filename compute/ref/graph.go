package ref

import (
	"fmt"

	_ "go4.org/unsafe/assume-no-moving-gc" // states to Gorgonia that this Go version's collector does not move
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"reverie/compute/nn"
)

// constants are the fixed tensors of one op; which are set depends on its kind.
type constants struct {
	w    *tensor.Dense // weights
	bias *tensor.Dense // biases, spread over the output's shape
	pool *tensor.Dense // inputs × outputs: the average, or the repetition before a max pooling
	// padded is the input's size after the repetition.
	padded nn.Shape
}

func newConstants(op nn.Op, p nn.Param) constants {
	var c constants
	switch op.Kind {
	case nn.Conv, nn.FC:
		shape := tensor.Shape{1, op.Out.C, op.Out.H, op.Out.W}
		if op.Kind == nn.FC {
			shape = tensor.Shape{op.Out.C}
		}
		spread := make([]float64, op.Out.Len())
		per := op.Out.H * op.Out.W
		for i := range spread {
			spread[i] = float64(p.B[i/per])
		}
		c.w = dense(widen(p.W), op.WeightShape()...)
		c.bias = dense(spread, shape...)
	case nn.Pool:
		if op.Pool == nn.AveragePool {
			c.pool = averageMatrix(op.In, op.Out)
			break
		}
		c.padded = nn.Shape{C: op.In.C, H: max(op.In.H, 2*op.Out.H), W: max(op.In.W, 2*op.Out.W)}
		if c.padded != op.In {
			c.pool = repeatMatrix(op.In, c.padded)
		}
	}
	return c
}

func dense(v []float64, shape ...int) *tensor.Dense {
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(v))
}

// averageMatrix maps the H·W inputs of a channel to its pooled outputs; a
// window divides by the inputs that it has inside the image.
func averageMatrix(in, out nn.Shape) *tensor.Dense {
	cols := out.H * out.W
	m := make([]float64, in.H*in.W*cols)
	for oy := range out.H {
		for ox := range out.W {
			h, w := min(2, in.H-2*oy), min(2, in.W-2*ox)
			for y := range h {
				for x := range w {
					m[((2*oy+y)*in.W+2*ox+x)*cols+oy*out.W+ox] = 1 / float64(h*w)
				}
			}
		}
	}
	return dense(m, in.H*in.W, cols)
}

// repeatMatrix maps a channel to one with its last row or column (or both) given once more.
func repeatMatrix(in, padded nn.Shape) *tensor.Dense {
	cols := padded.H * padded.W
	m := make([]float64, in.H*in.W*cols)
	for y := range padded.H {
		for x := range padded.W {
			m[(min(y, in.H-1)*in.W+min(x, in.W-1))*cols+y*padded.W+x] = 1
		}
	}
	return dense(m, in.H*in.W, cols)
}

// builder adds nodes to one graph and keeps the first error.
type builder struct {
	g   *gorgonia.ExprGraph
	err error
	n   int
}

func (b *builder) value(t *tensor.Dense) *gorgonia.Node {
	b.n++
	return gorgonia.NodeFromAny(b.g, t, gorgonia.WithName(fmt.Sprintf("v%d", b.n)))
}

func (b *builder) do(f func() (*gorgonia.Node, error)) *gorgonia.Node {
	if b.err != nil {
		return nil
	}
	var n *gorgonia.Node
	n, b.err = f()
	return n
}

func (b *builder) reshape(x *gorgonia.Node, shape ...int) *gorgonia.Node {
	return b.do(func() (*gorgonia.Node, error) { return gorgonia.Reshape(x, shape) })
}

func (b *builder) mul(x, y *gorgonia.Node) *gorgonia.Node {
	return b.do(func() (*gorgonia.Node, error) { return gorgonia.Mul(x, y) })
}

func (b *builder) add(x, y *gorgonia.Node) *gorgonia.Node {
	return b.do(func() (*gorgonia.Node, error) { return gorgonia.Add(x, y) })
}

func (b *builder) scale(x *gorgonia.Node, by float64) *gorgonia.Node {
	return b.do(func() (*gorgonia.Node, error) { return gorgonia.Mul(x, gorgonia.NewConstant(by)) })
}

// perChannel multiplies every channel, as a row of its pixels, by m.
func (b *builder) perChannel(x *gorgonia.Node, in, out nn.Shape, m *tensor.Dense) *gorgonia.Node {
	rows := b.reshape(x, in.C, in.H*in.W)
	return b.reshape(b.mul(rows, b.value(m)), 1, out.C, out.H, out.W)
}

// op adds one op and gives its output before the activation.
func (b *builder) op(op nn.Op, c constants, x *gorgonia.Node) *gorgonia.Node {
	switch {
	case op.Kind == nn.Conv:
		y := b.do(func() (*gorgonia.Node, error) {
			return gorgonia.Conv2d(x, b.value(c.w), tensor.Shape{3, 3}, []int{1, 1}, []int{1, 1}, []int{1, 1})
		})
		return b.add(y, b.value(c.bias))
	case op.Kind == nn.FC:
		return b.add(b.mul(b.value(c.w), b.reshape(x, op.In.Len())), b.value(c.bias))
	case op.Pool == nn.AveragePool:
		return b.perChannel(x, op.In, op.Out, c.pool)
	}
	if c.pool != nil {
		x = b.perChannel(x, op.In, c.padded, c.pool)
	}
	return b.do(func() (*gorgonia.Node, error) {
		return gorgonia.MaxPool2D(x, tensor.Shape{2, 2}, []int{0, 0}, []int{2, 2})
	})
}

// activate is slope·x + (1−slope)·max(x,0).
func (b *builder) activate(op nn.Op, x *gorgonia.Node) *gorgonia.Node {
	if !op.Act || op.Slope == 1 {
		return x
	}
	y := b.do(func() (*gorgonia.Node, error) { return gorgonia.Rectify(x) })
	if op.Slope == 0 {
		return y
	}
	s := float64(op.Slope)
	return b.add(b.scale(x, s), b.scale(y, 1-s))
}

// forward builds the network up to its highest layer; the result has a node per layer.
func (p *program) forward(b *builder, x *gorgonia.Node) []*gorgonia.Node {
	layers := make([]*gorgonia.Node, len(p.layers))
	for i, op := range p.spec.Net.Ops[:p.top+1] {
		x = b.op(op, p.consts[i], x)
		for l, at := range p.layers {
			if at == i {
				layers[l] = x
			}
		}
		if i < p.top {
			x = b.activate(op, x)
		}
	}
	return layers
}

func (p *program) input(b *builder, x []float64) *gorgonia.Node {
	in := p.spec.Net.Input
	return b.value(dense(x, 1, in.C, in.H, in.W))
}

// features gives each layer's values for one image.
func (p *program) features(x []float64) ([][]float64, error) {
	b := &builder{g: gorgonia.NewGraph()}
	layers := p.forward(b, p.input(b, x))
	if b.err != nil {
		return nil, fmt.Errorf("ref: build %s: %w", p.spec.Net.Name, b.err)
	}
	values := make([]gorgonia.Value, len(layers))
	for l, n := range layers {
		gorgonia.Read(n, &values[l])
	}
	if err := run(b.g); err != nil {
		return nil, fmt.Errorf("ref: run %s: %w", p.spec.Net.Name, err)
	}
	out := make([][]float64, len(layers))
	for l, v := range values {
		out[l] = v.Data().([]float64)
	}
	return out, nil
}

// evaluate gives the gradient for one image and fills loss, one value a layer.
func (p *program) evaluate(x []float64, targets []target, loss []float64) ([]float64, error) {
	b := &builder{g: gorgonia.NewGraph()}
	in := p.input(b, x)
	values := make([]gorgonia.Value, len(targets))
	var total *gorgonia.Node
	for l, f := range p.forward(b, in) {
		t := targets[l]
		if t.values == nil || t.weight == 0 || b.err != nil {
			continue
		}
		goal := b.value(dense(t.values, f.Shape()...))
		d := b.do(func() (*gorgonia.Node, error) { return gorgonia.Sub(f, goal) })
		sq := b.do(func() (*gorgonia.Node, error) { return gorgonia.Square(d) })
		sum := b.scale(b.do(func() (*gorgonia.Node, error) { return gorgonia.Sum(sq) }), t.weight)
		if b.err != nil {
			break
		}
		gorgonia.Read(sum, &values[l])
		if total == nil {
			total = sum
		} else {
			total = b.add(total, sum)
		}
	}
	if b.err != nil {
		return nil, fmt.Errorf("ref: build %s: %w", p.spec.Net.Name, b.err)
	}
	clear(loss)
	if total == nil { // nothing weighs: no path from the loss to the input
		return make([]float64, len(x)), nil
	}
	grads, err := gorgonia.Grad(total, in)
	if err != nil {
		return nil, fmt.Errorf("ref: differentiate %s: %w", p.spec.Net.Name, err)
	}
	var grad gorgonia.Value
	gorgonia.Read(grads[0], &grad)
	if err := run(b.g); err != nil {
		return nil, fmt.Errorf("ref: run %s: %w", p.spec.Net.Name, err)
	}
	for l, v := range values {
		if v != nil {
			loss[l] = v.Data().(float64)
		}
	}
	return grad.Data().([]float64), nil
}

func run(g *gorgonia.ExprGraph) error {
	vm := gorgonia.NewTapeMachine(g)
	err := vm.RunAll()
	if e := vm.Close(); err == nil {
		err = e
	}
	return err
}
