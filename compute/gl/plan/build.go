package plan

import (
	"fmt"

	"reverie/compute"
	"reverie/compute/nn"
	"reverie/shaders"
)

// builder gathers a plan.
type builder struct {
	Plan
	lim     Limits
	profile Profile
	batch   int
	loss    compute.Loss
	kernels map[Kernel]int
	ws      [2]int // workspaces, made when first used
	gram    int    // the tensor of its kind
	mask    int    // where the masks' tensors begin, −1 without
}

// Build makes the plan of a spec, whose layers are the given ops (compute.CheckSpec), without masks.
func Build(s compute.Spec, layers []int, profile Profile, lim Limits) (*Plan, error) {
	return assemble(s, layers, profile, lim, -1)
}

// Masked makes the plan that has a mask for every layer. Its tensors are those of
// the plan without, in that order, and the masks after them.
func Masked(s compute.Spec, layers []int, profile Profile, lim Limits) (*Plan, error) {
	p, err := Build(s, layers, profile, lim)
	if err != nil {
		return nil, err
	}
	return assemble(s, layers, profile, lim, len(p.Tensors))
}

func assemble(s compute.Spec, layers []int, profile Profile, lim Limits, mask int) (*Plan, error) {
	b := newBuilder(s.Batch, profile, lim)
	b.loss, b.mask = s.Loss, mask
	top := 0
	for _, i := range layers {
		top = max(top, i)
	}
	c := chain{ops: s.Net.Ops[:top+1], in: make([]int, top+1), out: make([]int, top+1)}
	b.Input = b.add(Tensor{Name: "images", Kind: Input, Image: plainBytes(s.Net.Input)}, true)
	// a border serves the convolution that reads forward or, of a convolution's output, backward
	windows := func(i int) bool { return i <= top && (c.ops[i].Kind == nn.Conv || c.ops[i].Kind == nn.Deconv) }
	shape, last := s.Net.Input, b.state("input", s.Net.Input, windows(0) && c.ops[0].In == s.Net.Input)
	c.image = last
	b.Load = []Group{b.pack(last)}
	for i, op := range c.ops {
		if c.in[i] = last; op.In != shape { // the same values in another shape
			c.in[i] = b.state(op.Name+" input", op.In, windows(i))
		}
		last, shape = b.state(op.Name, op.Out, windows(i) || windows(i+1) && c.ops[i+1].In == op.Out), op.Out
		c.out[i] = last
	}
	if err := b.forward(c); err != nil {
		return nil, err
	}
	largest := int64(0)
	for _, i := range layers {
		largest = max(largest, plainBytes(c.ops[i].Out))
	}
	if s.Gradient {
		largest = max(largest, plainBytes(s.Net.Input))
	}
	b.Output = b.add(Tensor{Name: "results", Kind: Output, Image: largest}, true)
	for _, i := range layers {
		b.States = append(b.States, c.out[i])
		b.Extract = append(b.Extract, []Group{b.unpack(c.ops[i].Name, c.out[i], b.Output)})
	}
	if s.Gradient {
		if h := s.Net.Head; h > 0 {
			b.Picture = b.add(Tensor{Name: "picture", Kind: Picture, Image: plainBytes(c.ops[h-1].Out)}, true)
			b.Keep = []Group{b.unpack(c.ops[h-1].Name+" picture", c.out[h-1], b.Picture)}
		}
		b.aims(c.ops, layers)
		if err := b.gradient(c, layers); err != nil {
			return nil, err
		}
	}
	return b.finish()
}

func newBuilder(batch int, profile Profile, lim Limits) *builder {
	b := &builder{lim: lim, profile: profile, batch: batch, kernels: map[Kernel]int{}, ws: [2]int{-1, -1}, gram: -1, mask: -1}
	b.Slots = batch
	b.Input, b.Output, b.Table, b.Partial, b.Picture = -1, -1, -1, -1, -1
	return b
}

func (b *builder) finish() (*Plan, error) {
	for l, t := range b.Masks {
		if t != len(b.Tensors) {
			return nil, fmt.Errorf("plan: mask %d is tensor %d and not %d", l, len(b.Tensors), t)
		}
		b.add(Tensor{Name: fmt.Sprintf("mask of %s", b.Tensors[b.States[l]].Name), Kind: Mask, Image: b.Tensors[b.States[l]].Image}, true)
	}
	for _, t := range b.Tensors {
		if t.Bytes <= 0 {
			return nil, fmt.Errorf("plan: buffer %s is empty", t.Name)
		}
	}
	p := b.Plan
	return &p, nil
}

// chain is the ops that are run and the states that they read and write.
type chain struct {
	ops     []nn.Op
	image   int // the first op's input as it comes
	in, out []int
}

// before is the output that op i takes, and its rectifier.
func (c chain) before(i int) source {
	if i == 0 {
		return source{tensor: c.image}
	}
	return source{tensor: c.out[i-1], act: c.ops[i-1].Act && c.ops[i-1].HasFeature(), slope: float64(c.ops[i-1].Slope)}
}

// kind is the convolution that an op is.
func kind(op nn.Op) ConvKind {
	if op.Kind == nn.Deconv {
		return Deconv4
	}
	return Conv3
}

func (b *builder) forward(c chain) error {
	for i, op := range c.ops {
		src := c.before(i)
		if c.in[i] != src.tensor { // as it is: the rectifier comes when it is read
			b.Forward = append(b.Forward, b.reshape(op.Name+" input", src.tensor, epilogue{dst: c.in[i], layer: -1}))
			src.tensor = c.in[i]
		}
		var g []Group
		var err error
		switch op.Kind {
		case nn.Conv, nn.Deconv:
			g, err = b.conv(op, Conv{Kind: kind(op), In: op.In, Out: op.Out, Images: b.batch}, src, c.out[i], b.bias(op))
		case nn.FC:
			g = b.fc(op, src, c.out[i])
		case nn.Pool:
			g = []Group{b.pool(op, src, c.out[i])}
		case nn.Crop:
			g = []Group{b.crop(op, src, c.out[i])}
		}
		if err != nil {
			return err
		}
		b.Forward = append(b.Forward, g...)
	}
	return nil
}

// gradient adds the backward pass.
func (b *builder) gradient(c chain, layers []int) error {
	wanted := map[int]int{} // op → layer of the spec
	for l, i := range layers {
		wanted[i] = l
	}
	// into is the epilogue that writes a gradient over what op i takes.
	into := func(i int) epilogue {
		src := c.before(i)
		e := epilogue{dst: src.tensor, layer: -1, act: src.act, slope: src.slope}
		if l, ok := wanted[i-1]; ok {
			e.layer = l
		}
		return e
	}
	top := len(c.ops) - 1
	e := epilogue{dst: c.out[top], layer: wanted[top]}
	b.Backward = append(b.Backward, b.pull(c.ops[top].Name, e.layer)...)
	b.Backward = append(b.Backward, b.top(c.ops[top].Name, e))
	for i := top; i >= 0; i-- {
		op, e := c.ops[i], into(i)
		if e.layer >= 0 {
			b.Backward = append(b.Backward, b.pull(c.ops[i-1].Name, e.layer)...)
		}
		last := e
		if c.in[i] != e.dst {
			e = epilogue{dst: c.in[i], layer: -1}
		}
		var g []Group
		var err error
		switch op.Kind {
		case nn.Conv, nn.Deconv:
			g, err = b.conv(op, Conv{Kind: kind(op), Back: true, In: op.In, Out: op.Out, Images: b.batch}, source{tensor: c.out[i]}, e.dst, e)
		case nn.FC:
			g = b.fcBack(op, c.out[i], e)
		case nn.Pool:
			g = []Group{b.poolBack(op, c.out[i], e)}
		case nn.Crop:
			g = []Group{b.cropBack(op, c.out[i], e)}
		}
		if err != nil {
			return err
		}
		b.Backward = append(b.Backward, g...)
		if e.dst != last.dst {
			b.Backward = append(b.Backward, b.reshape(op.Name+" input backward", e.dst, last))
		}
	}
	b.Backward = append(b.Backward, b.unpack("gradient", c.image, b.Output))
	return nil
}

// source is what a kernel reads and how.
type source struct {
	tensor int
	act    bool // rectified when read
	slope  float64
}

// epilogue is where a gradient goes. layer is the spec's layer there, −1 where it carries no loss.
type epilogue struct {
	dst   int
	bias  int // with forward
	fwd   bool
	act   bool
	slope float64
	layer int
}

// plainBytes is the room of one NCHW image.
func plainBytes(s nn.Shape) int64 { return roundUp(4*int64(s.Len()), 256) }

// add appends a tensor; one with an image size gets room for the batch.
func (b *builder) add(t Tensor, batch bool) int {
	if batch {
		t.Bytes = t.Image * int64(b.batch)
	}
	b.Tensors = append(b.Tensors, t)
	return len(b.Tensors) - 1
}

func (b *builder) state(name string, s nn.Shape, border bool) int {
	l := layout(s, border)
	return b.add(Tensor{Name: name, Kind: State, Image: l.Bytes(), Layout: l}, true)
}

// constant is the tensor of packed parameters, made once.
func (b *builder) constant(p Pack) int {
	for i, t := range b.Tensors {
		if t.Pack != nil && *t.Pack == p {
			return i
		}
	}
	name := p.Layer + [...]string{" weights", " weights, transformed", " weights", " biases"}[p.Form]
	return b.add(Tensor{Name: name, Kind: Constant, Pack: &p, Bytes: roundUp(4*int64(p.Floats()), 256)}, false)
}

func (b *builder) bias(op nn.Op) epilogue {
	return epilogue{fwd: true, layer: -1, bias: b.constant(Pack{Layer: op.Name, Form: Biases, In: op.In, Out: op.Out.C})}
}

// workspace asks for room in one of the two workspaces.
func (b *builder) workspace(which int, bytes int64) int {
	if b.ws[which] < 0 {
		b.ws[which] = b.add(Tensor{Name: fmt.Sprint("workspace ", which+1), Kind: Workspace}, false)
	}
	t := &b.Tensors[b.ws[which]]
	t.Bytes = max(t.Bytes, roundUp(bytes, 256))
	return b.ws[which]
}

// kernel finds or adds a kernel. Buffer textures are used only where all that is read fits one.
func (b *builder) kernel(shader string, p shaders.Params) int {
	k := Kernel{Shader: shader, Params: p}
	if i, ok := b.kernels[k]; ok {
		return i
	}
	b.Kernels = append(b.Kernels, k)
	b.kernels[k] = len(b.Kernels) - 1
	return len(b.Kernels) - 1
}

// textures reports whether tensors can be read through buffer textures.
func (b *builder) textures(want bool, tensors ...int) bool {
	for _, t := range tensors {
		bytes := b.Tensors[t].Bytes
		if b.Tensors[t].Kind == Workspace { // may still grow
			bytes = b.profile.Workspace
		}
		if bytes/16 > b.lim.Texels {
			return false
		}
	}
	return want
}
