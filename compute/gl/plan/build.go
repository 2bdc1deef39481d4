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
	kernels map[Kernel]int
	ws      [2]int // workspaces, made when first used
}

// Build makes the plan of a spec, whose layers are the given ops (compute.CheckSpec).
func Build(s compute.Spec, layers []int, profile Profile, lim Limits) (*Plan, error) {
	b := newBuilder(s.Batch, profile, lim)
	top := 0
	wanted := map[int]int{} // op → layer of the spec
	for l, i := range layers {
		top = max(top, i)
		wanted[i] = l
	}
	ops := s.Net.Ops[:top+1]
	b.Input = b.add(Tensor{Name: "images", Kind: Input, Image: plainBytes(s.Net.Input)}, true)
	image := b.state("input", s.Net.Input, true)
	b.Load = []Group{b.pack(image)}

	states := make([]int, len(ops))
	for i, op := range ops {
		// a border serves the convolution that reads forward or, of a convolution's output, backward
		border := op.Kind == nn.Conv || i+1 < len(ops) && ops[i+1].Kind == nn.Conv
		states[i] = b.state(op.Name, op.Out, border)
	}
	from := func(i int) source {
		if i == 0 {
			return source{tensor: image}
		}
		return source{tensor: states[i-1], act: ops[i-1].Act && ops[i-1].HasFeature(), slope: float64(ops[i-1].Slope)}
	}
	for i, op := range ops {
		var g []Group
		var err error
		switch op.Kind {
		case nn.Conv:
			g, err = b.conv(op, Conv{Kind: Conv3, In: op.In, Out: op.Out, Images: s.Batch}, from(i), states[i], b.bias(op))
		case nn.FC:
			g = b.fc(op, from(i), states[i])
		case nn.Pool:
			g = []Group{b.pool(op, from(i), states[i])}
		}
		if err != nil {
			return nil, err
		}
		b.Forward = append(b.Forward, g...)
	}
	largest := int64(0)
	for _, i := range layers {
		largest = max(largest, plainBytes(ops[i].Out))
	}
	if s.Gradient {
		largest = max(largest, plainBytes(s.Net.Input))
	}
	b.Output = b.add(Tensor{Name: "results", Kind: Output, Image: largest}, true)
	for _, i := range layers {
		b.Extract = append(b.Extract, []Group{b.unpack(ops[i].Name, states[i])})
	}
	if s.Gradient {
		if err := b.gradient(ops, states, image, layers, wanted); err != nil {
			return nil, err
		}
	}
	return b.finish()
}

func newBuilder(batch int, profile Profile, lim Limits) *builder {
	b := &builder{lim: lim, profile: profile, batch: batch, kernels: map[Kernel]int{}, ws: [2]int{-1, -1}}
	b.Slots = batch
	b.Input, b.Output, b.Table, b.Partial = -1, -1, -1, -1
	return b
}

func (b *builder) finish() (*Plan, error) {
	for _, t := range b.Tensors {
		if t.Bytes <= 0 {
			return nil, fmt.Errorf("plan: buffer %s is empty", t.Name)
		}
	}
	p := b.Plan
	return &p, nil
}

// gradient adds the losses and the backward pass.
func (b *builder) gradient(ops []nn.Op, states []int, image int, layers []int, wanted map[int]int) error {
	b.Table = b.add(Tensor{Name: "table", Kind: Table, Bytes: int64(len(layers)) * tableRow(b.batch)}, false)
	b.Partial = b.add(Tensor{Name: "losses", Kind: Partial}, false)
	for l, i := range layers {
		t := b.add(Tensor{Name: "target " + ops[i].Name, Kind: Target, Image: b.Tensors[states[i]].Image, Layout: b.Tensors[states[i]].Layout}, true)
		b.Targets = append(b.Targets, t)
		b.Losses = append(b.Losses, b.loss(ops[i].Name, l, states[i]))
	}
	// into is the epilogue that writes a gradient over the state of op i.
	into := func(i int) epilogue {
		if i < 0 {
			return epilogue{dst: image, layer: -1}
		}
		e := epilogue{dst: states[i], layer: -1, act: ops[i].Act && ops[i].HasFeature(), slope: float64(ops[i].Slope)}
		if l, ok := wanted[i]; ok {
			e.layer = l
		}
		return e
	}
	top := len(ops) - 1
	e := into(top)
	e.act = false
	b.Backward = append(b.Backward, b.top(ops[top].Name, e))
	for i := top; i >= 0; i-- {
		var g []Group
		var err error
		switch op := ops[i]; op.Kind {
		case nn.Conv:
			g, err = b.conv(op, Conv{Kind: Conv3, Back: true, In: op.In, Out: op.Out, Images: b.batch}, source{tensor: states[i]}, into(i-1).dst, into(i-1))
		case nn.FC:
			g = b.fcBack(op, states[i], into(i-1))
		case nn.Pool:
			g = []Group{b.poolBack(op, states[i], into(i-1))}
		}
		if err != nil {
			return err
		}
		b.Backward = append(b.Backward, g...)
	}
	b.Backward = append(b.Backward, b.unpack("gradient", image))
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
