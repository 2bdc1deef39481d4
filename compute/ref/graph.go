package ref

import (
	"fmt"
	"slices"

	_ "go4.org/unsafe/assume-no-moving-gc" // states to Gorgonia that this Go version's collector does not move
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"reverie/compute"
	"reverie/compute/nn"
)

// constants are the fixed tensors of one op; which are set depends on its kind.
type constants struct {
	w    *tensor.Dense // weights
	bias *tensor.Dense // biases, spread over the output's shape
	// pool maps the pixels of a channel: inputs × outputs of the average, the repetition before a
	// max pooling, the crop, or the zeros between and around before a transposed convolution.
	pool *tensor.Dense
	// padded is the input's size after pool.
	padded nn.Shape
}

func newConstants(op nn.Op, p nn.Param) constants {
	var c constants
	switch op.Kind {
	case nn.Conv, nn.FC, nn.Deconv:
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
		if op.Kind == nn.Deconv {
			c.w = dense(turned(p.W, op.In.C, op.Out.C), op.Out.C, op.In.C, 4, 4)
			c.padded = nn.Shape{C: op.In.C, H: 2*op.In.H + 3, W: 2*op.In.W + 3}
			c.pool = spreadMatrix(op.In, c.padded)
		}
		c.bias = dense(spread, shape...)
	case nn.Crop:
		c.pool = cropMatrix(op.In, op.Out)
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

// turned makes the weights [out][in][4][4] of a convolution from [in][out][4][4] of its transpose: each kernel turned round.
func turned(w []float32, in, out int) []float64 {
	t := make([]float64, len(w))
	for i := range in {
		for o := range out {
			for k := range 16 {
				t[(o*in+i)*16+15-k] = float64(w[(i*out+o)*16+k])
			}
		}
	}
	return t
}

// spreadMatrix puts a zero between pixels and two around them.
func spreadMatrix(in, padded nn.Shape) *tensor.Dense {
	cols := padded.H * padded.W
	m := make([]float64, in.H*in.W*cols)
	for y := range in.H {
		for x := range in.W {
			m[(y*in.W+x)*cols+(2*y+2)*padded.W+2*x+2] = 1
		}
	}
	return dense(m, in.H*in.W, cols)
}

func cropMatrix(in, out nn.Shape) *tensor.Dense {
	cols, top, left := out.H*out.W, (in.H-out.H)/2, (in.W-out.W)/2
	m := make([]float64, in.H*in.W*cols)
	for y := range out.H {
		for x := range out.W {
			m[((y+top)*in.W+x+left)*cols+y*out.W+x] = 1
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
	if op.Kind != nn.FC { // the output before may have another shape of as many values
		x = b.reshape(x, 1, op.In.C, op.In.H, op.In.W)
	}
	switch {
	case op.Kind == nn.Crop:
		return b.perChannel(x, op.In, op.Out, c.pool)
	case op.Kind == nn.Deconv:
		x = b.perChannel(x, op.In, c.padded, c.pool)
		y := b.do(func() (*gorgonia.Node, error) {
			return gorgonia.Conv2d(x, b.value(c.w), tensor.Shape{4, 4}, []int{0, 0}, []int{1, 1}, []int{1, 1})
		})
		return b.add(y, b.value(c.bias))
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

// forward builds the network up to its highest layer; the result has a node per layer, and the one of
// the generated picture where there is a generator.
func (p *program) forward(b *builder, x *gorgonia.Node) (layers []*gorgonia.Node, picture *gorgonia.Node) {
	layers = make([]*gorgonia.Node, len(p.layers))
	for i, op := range p.spec.Net.Ops[:p.top+1] {
		x = b.op(op, p.consts[i], x)
		for l, at := range p.layers {
			if at == i {
				layers[l] = x
			}
		}
		if i == p.spec.Net.Head-1 {
			picture = x
		}
		if i < p.top {
			x = b.activate(op, x)
		}
	}
	return layers, picture
}

func (p *program) input(b *builder, x []float64) *gorgonia.Node {
	in := p.spec.Net.Input
	return b.value(dense(x, 1, in.C, in.H, in.W))
}

// features gives each layer's values for one image.
func (p *program) features(x []float64) ([][]float64, error) {
	b := &builder{g: gorgonia.NewGraph()}
	layers, _ := p.forward(b, p.input(b, x))
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

// evaluate gives the gradient for one image, the picture where there is a generator, and fills loss, one value a layer.
func (p *program) evaluate(x []float64, targets []target, loss []float64) (grad, picture []float64, err error) {
	b := &builder{g: gorgonia.NewGraph()}
	in := p.input(b, x)
	values := make([]gorgonia.Value, len(targets))
	var total *gorgonia.Node
	layers, made := p.forward(b, in)
	for l, f := range layers {
		t := targets[l]
		if t.values == nil || t.weight == 0 || b.err != nil {
			continue
		}
		sum := b.scale(p.loss(b, f, t, p.spec.Net.Ops[p.layers[l]].Out), t.weight)
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
	var drawn gorgonia.Value
	if made != nil && b.err == nil {
		gorgonia.Read(made, &drawn)
	}
	if b.err != nil {
		return nil, nil, fmt.Errorf("ref: build %s: %w", p.spec.Net.Name, b.err)
	}
	clear(loss)
	var slope gorgonia.Value
	if total != nil {
		grads, err := gorgonia.Grad(total, in)
		if err != nil {
			return nil, nil, fmt.Errorf("ref: differentiate %s: %w", p.spec.Net.Name, err)
		}
		gorgonia.Read(grads[0], &slope)
	}
	if err := run(b.g); err != nil {
		return nil, nil, fmt.Errorf("ref: run %s: %w", p.spec.Net.Name, err)
	}
	for l, v := range values {
		if v != nil {
			loss[l] = v.Data().(float64)
		}
	}
	if drawn != nil {
		picture = slices.Clone(drawn.Data().([]float64))
	}
	if slope == nil { // nothing weighs: no path from the loss to the input
		return make([]float64, len(x)), picture, nil
	}
	return slope.Data().([]float64), picture, nil
}

// loss is compute.Loss of a layer, without its weight.
func (p *program) loss(b *builder, f *gorgonia.Node, t target, s nn.Shape) *gorgonia.Node {
	shape := f.Shape()
	times := func(x *gorgonia.Node) *gorgonia.Node {
		if t.mask == nil {
			return x
		}
		m := b.value(dense(t.mask, shape...))
		return b.do(func() (*gorgonia.Node, error) { return gorgonia.HadamardProd(x, m) })
	}
	sum := func(x *gorgonia.Node) *gorgonia.Node {
		return b.do(func() (*gorgonia.Node, error) { return gorgonia.Sum(x) })
	}
	square := func(x *gorgonia.Node) *gorgonia.Node {
		return b.do(func() (*gorgonia.Node, error) { return gorgonia.Square(x) })
	}
	goal := b.value(dense(t.values, shape...))
	switch p.spec.Loss {
	case compute.Inner:
		return b.scale(sum(times(b.do(func() (*gorgonia.Node, error) { return gorgonia.HadamardProd(f, goal) }))), -1)
	case compute.Gram:
		products := func(x *gorgonia.Node) *gorgonia.Node {
			rows := b.reshape(times(x), s.C, s.H*s.W)
			return b.do(func() (*gorgonia.Node, error) {
				t, err := gorgonia.Transpose(rows)
				if err != nil {
					return nil, err
				}
				return gorgonia.Mul(rows, t)
			})
		}
		d := b.do(func() (*gorgonia.Node, error) { return gorgonia.Sub(products(f), products(goal)) })
		n := float64(s.Len())
		return b.scale(sum(square(d)), 1/(4*n*n))
	}
	d := b.do(func() (*gorgonia.Node, error) { return gorgonia.Sub(f, goal) })
	if p.spec.Loss == compute.L1 {
		d = times(d)
		return sum(b.do(func() (*gorgonia.Node, error) { return gorgonia.Abs(d) }))
	}
	return sum(times(square(d)))
}

func run(g *gorgonia.ExprGraph) error {
	vm := gorgonia.NewTapeMachine(g)
	err := vm.RunAll()
	if e := vm.Close(); err == nil {
		err = e
	}
	return err
}
