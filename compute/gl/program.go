package gl

import (
	"context"
	"fmt"
	"slices"
	"time"

	"reverie/compute"
	"reverie/compute/gl/plan"
)

const lessMemory = "take fewer images at a time, fewer layers or the CPU"

// program is a compute.Program.
type program struct {
	b      *Backend
	spec   compute.Spec
	layers []int // ops of the layers
	units  []int // per image, of each layer
	exec   *exec
	plan   *plan.Plan
	hash   string
	weight [][]float64 // [layer][slot]
	closed bool
	warm   bool // evaluated before
	made   int  // pictures of the latest evaluation
	// what the plan was made from: it is made again when the first mask is set
	profile plan.Profile
	room    int64 // of the results

	phases   [][]plan.Group // of an evaluation
	evaluate lists
	load     lists
	extract  []lists

	seen    []bool
	first   []int // 0,1,2,… for features
	table   []float32
	partial []float32
	padded  [][]float32 // a target in the device's layout, per layer
	product []float32   // a masked target of a loss of products
	// The call in progress, and calls as values made once: evaluations allocate nothing.
	call struct {
		ctx   context.Context
		x     []float32
		slots []int
		loss  []float64
		grad  []float32
		out   [][]float32
		err   error
	}
	doEvaluate, doFeatures func()

	losses int64 // where they lie in the staging buffer; the other results begin it
}

// lists are the command lists of one phase by number of images.
type lists struct {
	byCount []*list
	slots   []int // of the one list there is, where slots matter
}

// Compile plans, compiles and allocates.
func (b *Backend) Compile(spec compute.Spec) (compute.Program, error) {
	p, err := b.compile(spec, b.Profile())
	if err != nil {
		return nil, err // not a nil *program in an interface
	}
	return p, nil
}

func (b *Backend) compile(spec compute.Spec, profile plan.Profile) (*program, error) {
	layers, err := compute.CheckSpec(spec)
	if err != nil {
		return nil, err
	}
	p := &program{b: b, spec: spec, layers: layers, profile: profile}
	if p.plan, err = plan.Build(spec, layers, profile, b.lim); err == nil {
		err = p.allocate()
	}
	if err != nil {
		return nil, fmt.Errorf("gl: compile %s for %d images: %w", spec.Net.Name, spec.Batch, err)
	}
	return p, nil
}

func (p *program) allocate() error {
	batch := p.spec.Batch
	p.doEvaluate = func() { p.call.err = p.run(p.call.ctx, p.call.x, p.call.slots, p.call.loss, p.call.grad) }
	p.doFeatures = func() { p.call.err = p.features(p.call.ctx, p.call.x, p.call.slots, p.call.out) }
	p.seen, p.first = make([]bool, batch), first(batch)
	for _, i := range p.layers {
		p.units = append(p.units, p.spec.Net.Ops[i].Out.Len())
		p.weight = append(p.weight, make([]float64, batch))
	}
	room := p.plan.Tensors[p.plan.Output].Bytes
	if p.spec.Gradient {
		p.losses = room
		room += p.plan.Tensors[p.plan.Partial].Bytes
		p.table = make([]float32, p.plan.Tensors[p.plan.Table].Bytes/4)
		p.partial = make([]float32, p.plan.Tensors[p.plan.Partial].Bytes/4)
		for _, t := range p.plan.States {
			p.padded = append(p.padded, make([]float32, p.plan.Tensors[t].Image/4))
		}
	}
	if p.plan.Picture >= 0 {
		room = max(room, p.plan.Tensors[p.plan.Picture].Image)
	}
	p.room = room
	p.take(p.plan)
	var err error
	if e := p.b.call(context.Background(), func() { p.exec, err = p.b.newExec(p.plan, p.spec.Weights, room) }); e != nil {
		return e
	}
	if err != nil {
		return err
	}
	// The limits are met for every number of images when they are for the full batch.
	_, err = p.exec.list(p.first, p.b.getRate(), p.phases...)
	if err != nil {
		_ = p.b.free(p.exec.close)
	}
	return err
}

// take makes a plan the program's; no command list is left of another.
func (p *program) take(pl *plan.Plan) {
	p.plan, p.hash, p.phases = pl, pl.Hash(), pl.Evaluation()
	p.evaluate, p.load = lists{}, lists{}
	p.extract = make([]lists, len(p.layers))
	p.evaluate.byCount, p.load.byCount = make([]*list, p.spec.Batch+1), make([]*list, p.spec.Batch+1)
	for l := range p.extract {
		p.extract[l].byCount = make([]*list, p.spec.Batch+1)
	}
}

func (p *program) Spec() compute.Spec { return p.spec }

// Plan tells how each convolution is done and what the device holds.
func (p *program) Plan() compute.Plan {
	return compute.Plan{Hash: p.hash, Summary: p.plan.Summary(), Memory: uint64(p.plan.Memory())}
}

func (p *program) Evaluate(ctx context.Context, x []float32, slots []int, loss []float64, grad []float32) error {
	if p.closed {
		return compute.ErrClosed
	}
	if err := compute.CheckEvaluate(p.spec, x, slots, loss, grad, p.seen); err != nil {
		return err
	}
	p.call.ctx, p.call.x, p.call.slots, p.call.loss, p.call.grad = ctx, x, slots, loss, grad
	return p.turn(p.doEvaluate)
}

// turn makes a prepared call.
func (p *program) turn(f func()) error {
	err := p.b.call(p.call.ctx, f)
	if err == nil {
		err = p.call.err
	}
	p.call.ctx, p.call.x, p.call.loss, p.call.grad, p.call.out, p.call.err = nil, nil, nil, nil, nil, nil
	return err
}

// get gives the list for these images, making it where there is none or the device's speed turned out otherwise.
func (p *program) get(ls *lists, slots []int, phases ...[]plan.Group) (*list, error) {
	n := len(slots)
	bound := p.plan.SlotBound(p.b.lim)
	if l := ls.byCount[n]; l != nil && !p.b.stale(l) && (!bound || slices.Equal(ls.slots, slots)) {
		return l, nil
	}
	l, err := p.exec.list(slots, p.b.getRate(), phases...)
	if err != nil {
		return nil, err
	}
	if bound {
		clear(ls.byCount)
		ls.slots = append(ls.slots[:0], slots...)
	}
	ls.byCount[n] = l
	return l, nil
}

func (p *program) run(ctx context.Context, x []float32, slots []int, loss []float64, grad []float32) error {
	pl, n := p.plan, len(slots)
	l, err := p.get(&p.evaluate, slots, p.phases...)
	if err != nil {
		return err
	}
	p.made = 0
	begun := time.Now()
	p.send(x, n)
	for layer := range p.units {
		row := p.table[pl.TableRow(layer)/4:]
		for i, s := range slots {
			row[4*i], row[4*i+1] = float32(s), float32(pl.Losing[layer].Slope*p.weight[layer][s])
		}
	}
	p.exec.upload(pl.Table, 0, p.table)
	if err := p.exec.run(ctx, l); err != nil {
		return err
	}
	image, part := pl.Tensors[pl.Output].Image, pl.Tensors[pl.Partial].Bytes
	p.exec.stage(pl.Output, 0, 0, int64(n)*image)
	p.exec.stage(pl.Partial, 0, p.losses, part)
	if err := p.exec.settle(); err != nil {
		return err
	}
	if p.warm { // the first time a driver may still be compiling
		p.b.learn(l, time.Since(begun))
	}
	p.warm = true
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	p.receive(grad, n)
	p.exec.fetch(pl.Partial, 0, p.losses, p.partial)
	for layer, where := range pl.Losing {
		for i, s := range slots {
			part := p.partial[where.Offset/4+int64(i*where.Stretches):]
			sum := 0.0
			for _, v := range part[:where.Stretches] {
				sum += float64(v)
			}
			loss[i*len(p.units)+layer] = p.weight[layer][s] * where.Scale * sum
		}
	}
	p.made = n
	return nil
}

// send uploads images.
func (p *program) send(x []float32, n int) {
	image, units := p.plan.Tensors[p.plan.Input].Image, p.spec.Net.Input.Len()
	if image == int64(4*units) {
		p.exec.upload(p.plan.Input, 0, x)
		return
	}
	for i := range n {
		p.exec.upload(p.plan.Input, int64(i)*image, x[i*units:(i+1)*units])
	}
}

// receive takes n staged results of equal length.
func (p *program) receive(dst []float32, n int) {
	image, units := p.plan.Tensors[p.plan.Output].Image, len(dst)/n
	for i := range n {
		at := int64(i) * image
		p.exec.fetch(p.plan.Output, at, at, dst[i*units:(i+1)*units])
	}
}

func (p *program) Features(ctx context.Context, x []float32, n int, out [][]float32) error {
	if p.closed {
		return compute.ErrClosed
	}
	if err := compute.CheckFeatures(p.spec, p.units, x, n, out); err != nil {
		return err
	}
	p.call.ctx, p.call.x, p.call.slots, p.call.out = ctx, x, p.first[:n], out
	return p.turn(p.doFeatures)
}

func (p *program) features(ctx context.Context, x []float32, slots []int, out [][]float32) error {
	n := len(slots)
	p.made = 0
	l, err := p.get(&p.load, slots, p.plan.Load, p.plan.Forward)
	if err != nil {
		return err
	}
	p.send(x, n)
	if err := p.exec.run(ctx, l); err != nil {
		return err
	}
	for k, values := range out {
		l, err := p.get(&p.extract[k], slots, p.plan.Extract[k])
		if err != nil {
			return err
		}
		if err := p.exec.run(ctx, l); err != nil {
			return err
		}
		p.exec.stage(p.plan.Output, 0, 0, int64(n)*p.plan.Tensors[p.plan.Output].Image)
		if err := p.exec.settle(); err != nil {
			return err
		}
		p.receive(values, n)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}

func (p *program) Close() error {
	if p.closed {
		return fmt.Errorf("gl: program closed twice")
	}
	p.closed = true
	return p.b.free(p.exec.close)
}
