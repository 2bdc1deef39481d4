package gl

/*
#include "list.h"
*/
import "C"

import (
	"fmt"
	"unsafe"

	"github.com/go-gl/gl/v4.3-core/gl"

	"reverie/compute"
	"reverie/compute/gl/plan"
	"reverie/compute/nn"
)

// exec is a plan on the device: its buffers, its programs and the staging buffer
// that results come back through. All methods run on the backend's thread.
type exec struct {
	b    *Backend
	plan *plan.Plan
	*buffers
	programs []*shared
	staging  uint32
	mapped   unsafe.Pointer // nil where the driver maps nothing for good
}

// newExec makes all of it. room is how many bytes come back at a time.
func (b *Backend) newExec(p *plan.Plan, w nn.Weights, room int64) (*exec, error) {
	e := &exec{b: b, plan: p}
	if err := b.room(p, room); err != nil {
		return nil, err
	}
	var err error
	if e.programs, err = b.programs(p.Kernels); err != nil {
		return nil, err
	}
	if e.buffers, err = b.allocate(p, w); err != nil {
		b.release(e.programs)
		return nil, err
	}
	if room > 0 {
		gl.GenBuffers(1, &e.staging)
		e.mapped = C.rvgl_staging(b.table, C.uint(e.staging), C.int64_t(room))
		if err := b.check(); err != nil {
			e.close()
			return nil, fmt.Errorf("results of %d MB: %w", room>>20, err)
		}
	}
	return e, nil
}

// room reports a plan that the device's memory cannot hold with its results.
func (b *Backend) room(p *plan.Plan, results int64) error {
	if need := uint64(p.Memory() + results); b.info.Memory > 0 && need > b.info.Memory {
		return fmt.Errorf("%w: %d MB are needed and %s has %d MB: %s",
			compute.ErrDeviceMemory, need>>20, b.info.Name, b.info.Memory>>20, lessMemory)
	}
	return nil
}

func (e *exec) close() {
	if e.staging != 0 {
		gl.DeleteBuffers(1, &e.staging) // unmaps
	}
	e.free()
	e.b.release(e.programs)
}

// list is a command list in the form that C reads. It holds no Go pointer.
type list struct {
	commands []C.rvgl_command
	binds    []C.rvgl_bind
	labels   []string
	ends     []int   // of the segments
	cost     float64 // of all
	longest  float64 // of one dispatch
	rate     float64 // that it was cut for
}

const (
	dispatchSeconds = 0.025 // longest dispatch, by estimate
	segmentSeconds  = 0.050 // longest stretch between two looks at the context
)

// list makes the commands of some phases for images in slots. Every dispatch and
// every segment is cut to what the rate says can be done in its time.
func (e *exec) list(slots []int, rate float64, phases ...[]plan.Group) (*list, error) {
	l := &list{rate: rate}
	segment := 0.0
	for _, groups := range phases {
		commands, err := e.plan.Commands(groups, plan.Batch{Slots: slots, Budget: dispatchSeconds * rate}, e.b.lim)
		if err != nil {
			return nil, err
		}
		for _, c := range commands {
			if segment += c.Cost; segment > segmentSeconds*rate && len(l.commands) > 0 {
				l.ends = append(l.ends, len(l.commands))
				segment = c.Cost
			}
			l.cost += c.Cost
			l.longest = max(l.longest, c.Cost)
			l.add(e, c)
		}
	}
	l.ends = append(l.ends, len(l.commands))
	return l, nil
}

func (l *list) add(e *exec, c plan.Command) {
	r := C.rvgl_command{program: C.uint32_t(e.programs[c.Kernel].name), bind: C.uint32_t(len(l.binds)), binds: C.uint32_t(len(c.Binds))}
	for i, g := range c.Groups {
		r.groups[i] = C.uint32_t(g)
	}
	for i, a := range c.Args {
		r.args[i] = C.int32_t(a)
	}
	switch {
	case e.b.opt.barriers:
		r.barrier = gl.ALL_BARRIER_BITS
	case c.Barrier:
		r.barrier = gl.SHADER_STORAGE_BARRIER_BIT | gl.TEXTURE_FETCH_BARRIER_BIT
	}
	for _, k := range c.Binds {
		bind := C.rvgl_bind{index: C.uint32_t(k.Index)}
		if k.Texel {
			bind.name = C.uint32_t(e.textures[k.Tensor])
		} else {
			bind.name, bind.offset, bind.size = C.uint32_t(e.names[k.Tensor]), C.int64_t(k.Offset), C.int64_t(k.Size)
		}
		l.binds = append(l.binds, bind)
	}
	l.commands, l.labels = append(l.commands, r), append(l.labels, c.Label)
}

// upload sends values to a tensor.
func (e *exec) upload(tensor int, offset int64, values []float32) {
	if len(values) > 0 {
		C.rvgl_upload(e.b.table, C.uint(e.names[tensor]), C.int64_t(offset), C.int64_t(4*len(values)), unsafe.Pointer(&values[0]))
	}
}

// extend goes over to a plan that has more tensors after the same ones, all of them
// 1, and other kernels. room is what the results take. After an error the old plan stands.
func (e *exec) extend(p *plan.Plan, room int64) error {
	if err := e.b.room(p, room); err != nil {
		return err
	}
	programs, err := e.b.programs(p.Kernels)
	if err != nil {
		return err
	}
	if err := e.buffers.extend(e.b, p); err != nil {
		e.b.release(programs)
		return err
	}
	e.b.release(e.programs)
	e.plan, e.programs = p, programs
	return nil
}

// move copies the beginning of a tensor into another, in the device's own time.
func (e *exec) move(from, to int, at, size int64) {
	C.rvgl_stage(e.b.table, C.uint(e.names[from]), 0, C.uint(e.names[to]), C.int64_t(at), C.int64_t(size))
}

// stage has a part of a tensor copied to the staging buffer in the device's own time.
func (e *exec) stage(tensor int, offset, at, size int64) {
	if e.mapped != nil {
		C.rvgl_stage(e.b.table, C.uint(e.names[tensor]), C.int64_t(offset), C.uint(e.staging), C.int64_t(at), C.int64_t(size))
	}
}

// fetch reads what was staged at "at", once the device has settled.
func (e *exec) fetch(tensor int, offset, at int64, dst []float32) {
	if len(dst) == 0 {
		return
	}
	if e.mapped != nil {
		copy(dst, unsafe.Slice((*float32)(unsafe.Add(e.mapped, at)), len(dst)))
		return
	}
	C.rvgl_download(e.b.table, C.uint(e.names[tensor]), C.int64_t(offset), C.int64_t(4*len(dst)), unsafe.Pointer(&dst[0]))
}
