package plan

import "fmt"

// Args is the number of integer arguments of a dispatch, see shaders/include/head.glsl.
const Args = 16

const baseArg, partsArg, imagesArg = 6, 14, 15

// Binding is a tensor bound for one dispatch.
type Binding struct {
	Index, Tensor int
	Texel         bool
	Offset, Size  int64 // bytes; of a storage buffer
}

// Command is one dispatch.
type Command struct {
	Label   string
	Kernel  int
	Groups  [3]int
	Args    [Args]int32
	Binds   []Binding
	Barrier bool // what went before must be seen
	Cost    float64
}

// Batch is what a list of commands is made for.
type Batch struct {
	Slots []int // of the images, in order; only their number counts without targets
	// Budget is the most a dispatch may cost, in the units of Step.Cost; 0 is no limit.
	Budget float64
}

// Commands lists the dispatches of groups for a batch.
func (p *Plan) Commands(groups []Group, b Batch, lim Limits) ([]Command, error) {
	if len(b.Slots) == 0 || len(b.Slots) > p.Slots {
		return nil, fmt.Errorf("plan: %d images, want 1 to %d", len(b.Slots), p.Slots)
	}
	var out []Command
	for _, g := range groups {
		n, err := p.images(g, b, lim)
		if err != nil {
			return nil, err
		}
		for i := 0; i < len(b.Slots); i += n {
			if out, err = p.group(out, g, b, lim, i, min(i+n, len(b.Slots))); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// images is how many images a group's dispatches take at a time, by what may be bound.
func (p *Plan) images(g Group, b Batch, lim Limits) (int, error) {
	n := len(b.Slots)
	for _, s := range g.Steps {
		if s.PerBatch {
			continue
		}
		for _, k := range s.Binds {
			if k.Texel {
				continue
			}
			switch k.Per {
			case Whole:
				if size := p.Tensors[k.Tensor].Bytes - k.Offset; size > lim.bindable() {
					return 0, fmt.Errorf("plan: %s takes %d bytes and the device binds at most %d", p.Tensors[k.Tensor].Name, size, lim.StorageBlock)
				}
			case PerImage:
				if k.Stride > lim.bindable() {
					return 0, fmt.Errorf("plan: one image of %s takes %d bytes and the device binds at most %d: use smaller images or the CPU", p.Tensors[k.Tensor].Name, k.Stride, lim.StorageBlock)
				}
				n = min(n, int(lim.bindable()/k.Stride))
			case PerSlot:
				if p.bySlot(k.Tensor, lim) {
					n = 1
				}
			}
		}
	}
	return n, nil
}

// group appends the dispatches for images [i0,i1).
func (p *Plan) group(out []Command, g Group, b Batch, lim Limits, i0, i1 int) ([]Command, error) {
	first := g.Steps[0]
	cols := first.Cols
	if !first.PerBatch {
		cols *= i1 - i0
	}
	chunk, tile := cols, 1
	if g.Chunk > 0 {
		chunk = min(chunk, g.Chunk)
	}
	for _, s := range g.Steps {
		tile = max(tile, s.Tile)
		if b.Budget > 0 && s.Cost*float64(chunk) > b.Budget {
			chunk = max(1, int(b.Budget/s.Cost))
		}
		chunk = min(chunk, lim.Groups*s.Tile)
		for _, k := range s.Binds {
			if k.Per == PerCol && !k.Texel {
				if k.Stride > lim.bindable() {
					return nil, fmt.Errorf("plan: a row of %s takes %d bytes and the device binds at most %d", p.Tensors[k.Tensor].Name, k.Stride, lim.StorageBlock)
				}
				chunk = min(chunk, int(lim.bindable()/k.Stride))
			}
		}
		if s.Rows > lim.Groups || s.Depth > lim.Groups {
			return nil, fmt.Errorf("plan: %s wants %d×%d workgroups, the device has %d", s.Label, s.Rows, s.Depth, lim.Groups)
		}
	}
	if chunk < cols && chunk > tile {
		chunk = chunk / tile * tile
	}
	for c := 0; c < cols; c += chunk {
		end := min(c+chunk, cols)
		for k, s := range g.Steps {
			out = append(out, p.command(s, b, lim, i0, i1, c, end, len(g.Steps) > 1 || c == 0 && k == 0))
		}
	}
	return out, nil
}

// alignment is the most that a driver may ask of where a bound range begins, in bytes.
const alignment = 256

// bindable is the longest part of a buffer that can be bound wherever it begins.
func (l Limits) bindable() int64 { return l.StorageBlock - alignment }

// bySlot reports whether the slots of a tensor are bound one by one.
func (p *Plan) bySlot(tensor int, lim Limits) bool { return p.Tensors[tensor].Bytes > lim.bindable() }

// SlotBound reports whether the commands depend on which slots the images have.
func (p *Plan) SlotBound(lim Limits) bool {
	for _, list := range [][]int{p.Targets, p.Masks} {
		for _, t := range list {
			if p.bySlot(t, lim) {
				return true
			}
		}
	}
	return false
}

func (p *Plan) command(s Step, b Batch, lim Limits, i0, i1, c0, c1 int, barrier bool) Command {
	cmd := Command{
		Label: s.Label, Kernel: s.Kernel, Barrier: barrier, Cost: s.Cost * float64(c1-c0),
		Groups: [3]int{(c1 - c0 + s.Tile - 1) / s.Tile, s.Rows, s.Depth},
	}
	if s.Images > 0 {
		cmd.Groups[2] = (len(b.Slots) + s.Images - 1) / s.Images
	}
	slot := 0
	for _, k := range s.Binds {
		t := p.Tensors[k.Tensor]
		bind := Binding{Index: k.Index, Tensor: k.Tensor, Texel: k.Texel, Offset: k.Offset, Size: t.Bytes - k.Offset}
		switch k.Per {
		case PerImage:
			bind.Offset += int64(i0) * k.Stride
			bind.Size = int64(i1-i0) * k.Stride
		case PerSlot:
			if !k.Texel && p.bySlot(k.Tensor, lim) {
				slot = b.Slots[i0]
				bind.Offset, bind.Size = bind.Offset+int64(slot)*k.Stride, k.Stride
			}
		case PerCol:
			bind.Offset += int64(c0) * k.Stride
			bind.Size = min(int64(c1-c0)*k.Stride, bind.Size-int64(c0)*k.Stride)
		}
		// a range begins at a multiple of the strictest alignment, the rest is counted by the kernel
		start := bind.Offset / alignment * alignment
		if k.Texel {
			start = 0
		}
		cmd.Args[baseArg+k.Index] = int32((bind.Offset - start) / 16)
		bind.Size += bind.Offset - start
		bind.Offset = start
		cmd.Binds = append(cmd.Binds, bind)
	}
	cmd.Args[0], cmd.Args[1], cmd.Args[2] = int32(c0), int32(c1), int32(c0)
	cmd.Args[4], cmd.Args[5] = int32(i0), int32(slot)
	cmd.Args[partsArg] = int32(s.Parts)
	cmd.Args[imagesArg] = int32(len(b.Slots))
	return cmd
}
