package cpu

/*
#include "shim.h"
*/
import "C"

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"unsafe"

	"reverie/compute"
	"reverie/compute/nn"
)

type program struct {
	b      *Backend
	spec   compute.Spec
	units  []int // per image, of each layer
	p      *C.rv_program
	pinned runtime.Pinner // the weights, which C keeps pointers to

	// The arguments and result of the call in progress, and the call as a
	// value made once: evaluations allocate nothing.
	x, grad   []float32
	slots     []C.int
	loss      []float64
	out       [][]float32
	n         int
	stop      *C.int // set when the call is cancelled; nil for one that cannot be
	msg       *C.char
	evaluate  func()
	extract   func()
	seenSlots []bool
	pictures  int // images of the latest evaluation
}

// Compile makes the primitives for a full batch; those for smaller batches follow when first used.
func (b *Backend) Compile(spec compute.Spec) (compute.Program, error) {
	p := &program{b: b, spec: spec}
	layers, err := compute.CheckSpec(spec)
	if err != nil {
		return nil, err
	}
	p.slots, p.seenSlots = make([]C.int, spec.Batch), make([]bool, spec.Batch)
	index := make([]C.int, len(layers))
	for l, i := range layers {
		index[l] = C.int(i)
		p.units = append(p.units, spec.Net.Ops[i].Out.Len())
	}
	ops := make([]C.rv_op, len(spec.Net.Ops))
	for i, op := range spec.Net.Ops {
		ops[i] = p.op(op)
	}
	p.pinned.Pin(&ops[0])
	p.pinned.Pin(&index[0])
	err = b.call(context.Background(), func() {
		p.msg = C.rv_program_new(&p.p, &ops[0], C.int(len(ops)), &index[0], C.int(len(index)), C.int(spec.Batch), boolInt(spec.Gradient), boolInt(!b.exact), C.int(spec.Loss))
	})
	if err == nil {
		err = failure(p.msg)
	}
	if err != nil {
		p.pinned.Unpin()
		return nil, fmt.Errorf("cpu: compile %s for %d images: %w", spec.Net.Name, spec.Batch, err)
	}
	p.evaluate = func() {
		p.msg = C.rv_evaluate(p.p, (*C.float)(&p.x[0]), C.int(p.n), &p.slots[0], (*C.double)(&p.loss[0]), (*C.float)(&p.grad[0]), p.stop)
	}
	p.extract = func() {
		if p.msg = C.rv_forward(p.p, (*C.float)(&p.x[0]), C.int(p.n), p.stop); p.msg != nil {
			return
		}
		for l := range p.out {
			if p.stop != nil && atomic.LoadInt32((*int32)(p.stop)) != 0 {
				p.msg = C.rv_cancelled
				return
			}
			C.rv_feature(p.p, C.int(l), C.int(p.n), (*C.float)(&p.out[l][0]))
		}
	}
	return p, nil
}

func (p *program) op(op nn.Op) C.rv_op {
	c := C.rv_op{
		kind: C.int(op.Kind),
		ic:   C.int(op.In.C), ih: C.int(op.In.H), iw: C.int(op.In.W),
		oc: C.int(op.Out.C), oh: C.int(op.Out.H), ow: C.int(op.Out.W),
		average: boolInt(op.Pool == nn.AveragePool), act: boolInt(op.Act), slope: C.float(op.Slope),
	}
	if op.HasWeights() {
		w := p.spec.Weights[op.Name]
		if len(w.W) > 0 { // layers above the highest target may have none
			p.pinned.Pin(&w.W[0])
			p.pinned.Pin(&w.B[0])
			c.w, c.b = (*C.float)(&w.W[0]), (*C.float)(&w.B[0])
		}
	}
	return c
}

func boolInt(b bool) C.int {
	if b {
		return 1
	}
	return 0
}

func (p *program) Spec() compute.Spec { return p.spec }

// Bytes is the memory that the program holds outside Go's heap.
func (p *program) Bytes() (n uint64) {
	_ = p.b.call(context.Background(), func() { n = uint64(C.rv_program_bytes(p.p)) })
	return n
}

// Bare runs oneDNN's convolutions and fc layers alone, forward and backward, on
// whatever the buffers hold. Benchmarks set Evaluate's time against it.
func (p *program) Bare(x []float32, n int, grad []float32) error {
	if p.p == nil {
		return compute.ErrClosed
	}
	p.x, p.n, p.grad = x, n, grad
	err := p.b.call(context.Background(), func() { p.msg = C.rv_bare(p.p, (*C.float)(&p.x[0]), C.int(p.n), (*C.float)(&p.grad[0])) })
	if err != nil {
		return err
	}
	return failure(p.msg)
}

func (p *program) SetTarget(slot, layer int, t compute.Target) error {
	if p.p == nil {
		return compute.ErrClosed
	}
	if err := compute.CheckTarget(p.spec, p.units, slot, layer, t); err != nil {
		return err
	}
	v, m := unsafe.SliceData(t.Values), unsafe.SliceData(t.Mask)
	if err := p.b.call(context.Background(), func() {
		p.msg = C.rv_set_target(p.p, C.int(slot), C.int(layer), (*C.float)(v), (*C.float)(m), C.double(t.Weight))
	}); err != nil {
		return err
	}
	return failure(p.msg)
}

func (p *program) Evaluate(ctx context.Context, x []float32, slots []int, loss []float64, grad []float32) error {
	if p.p == nil {
		return compute.ErrClosed
	}
	if err := compute.CheckEvaluate(p.spec, x, slots, loss, grad, p.seenSlots); err != nil {
		return err
	}
	for i, s := range slots {
		p.slots[i] = C.int(s)
	}
	p.x, p.n, p.loss, p.grad, p.pictures = x, len(slots), loss, grad, 0
	err := p.run(ctx, p.evaluate)
	p.x, p.loss, p.grad = nil, nil, nil
	if err == nil {
		p.pictures = len(slots)
	}
	return err
}

func (p *program) Features(ctx context.Context, x []float32, n int, out [][]float32) error {
	if p.p == nil {
		return compute.ErrClosed
	}
	if err := compute.CheckFeatures(p.spec, p.units, x, n, out); err != nil {
		return err
	}
	p.x, p.n, p.out, p.pictures = x, n, out, 0
	err := p.run(ctx, p.extract)
	p.x, p.out = nil, nil
	return err
}

// run makes a call that ctx can end. The flag belongs to this call alone: one
// that is set late reaches neither the next call nor a program that is closed.
func (p *program) run(ctx context.Context, f func()) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if ctx.Done() != nil {
		stop := new(C.int)
		p.stop = stop
		defer context.AfterFunc(ctx, func() { atomic.StoreInt32((*int32)(stop), 1) })()
	}
	err := p.b.call(ctx, f)
	p.stop = nil
	switch {
	case err != nil:
		return err
	case p.msg == C.rv_cancelled:
		return context.Cause(ctx)
	}
	return failure(p.msg)
}

func (p *program) Close() error {
	if p.p == nil {
		return errors.New("cpu: program closed twice")
	}
	err := p.b.call(context.Background(), func() { C.rv_program_free(p.p) })
	p.p = nil
	p.pinned.Unpin()
	return err
}

// Picture gives what the crop behind the generator made in the latest evaluation.
func (p *program) Picture(i int, dst []float32) error {
	if p.p == nil {
		return compute.ErrClosed
	}
	if err := compute.CheckPicture(p.spec, p.pictures, i, dst); err != nil {
		return err
	}
	return p.b.call(context.Background(), func() {
		C.rv_op_output(p.p, C.int(p.spec.Net.Head-1), C.int(i), (*C.float)(&dst[0]))
	})
}
