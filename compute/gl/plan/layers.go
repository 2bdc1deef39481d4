package plan

import (
	"reverie/compute/nn"
	"reverie/shaders"
)

// one wraps a single step.
func one(s Step) Group { return Group{Steps: []Step{s}} }

func (b *builder) pack(image int) Group {
	l := b.Tensors[image].Layout
	p := shaders.Params{
		WX: 64, WY: 1, Cols: l.H * l.W, OutW: l.W, OutH: l.H, Channels: l.C, Out: l.View,
		Plain: int(b.Tensors[b.Input].Image / 4), Scalar: b.profile.Scalar,
	}
	return one(Step{
		Label: "images in", Kernel: b.kernel("pack", p), Binds: []Bind{b.perImage(0, b.Input), b.perImage(2, image)},
		Cols: p.Cols, Tile: p.WX, Rows: l.C4(), Depth: 1, Cost: 256 * float64(l.C4()),
	})
}

// unpack gives a state as [C][H][W] in a tensor of results.
func (b *builder) unpack(name string, state, to int) Group {
	l := b.Tensors[state].Layout
	p := shaders.Params{
		WX: 64, WY: 1, Cols: l.H * l.W, InW: l.W, InH: l.H, Channels: l.C, In: l.View,
		Plain: int(b.Tensors[to].Image / 4), Texel: b.textures(b.profile.Texel, state),
	}
	return one(Step{
		Label: name + " out", Kernel: b.kernel("unpack", p), Binds: b.bound(p, []Bind{b.perImage(0, state), b.perImage(2, to)}),
		Cols: p.Cols, Tile: p.WX, Rows: l.C4(), Depth: 1, Cost: 256 * float64(l.C4()),
	})
}

func (b *builder) pool(op nn.Op, src source, dst int) Group {
	in, out := b.Tensors[src.tensor].Layout, b.Tensors[dst].Layout
	p := shaders.Params{
		WX: 64, WY: 1, Rectify: src.act, Slope: src.slope, Average: op.Pool == nn.AveragePool,
		In: in.View, InW: in.W, InH: in.H, Out: out.View, OutW: out.W, OutH: out.H, Cols: out.W * out.H,
		Texel: b.textures(b.profile.Texel, src.tensor), Scalar: b.profile.Scalar,
	}
	return one(Step{
		Label: op.Name, Kernel: b.kernel("pool", p), Binds: b.bound(p, []Bind{b.perImage(0, src.tensor), b.perImage(2, dst)}),
		Cols: p.Cols, Tile: p.WX, Rows: in.C4(), Depth: 1, Cost: 5 * 128 * float64(in.C4()),
	})
}

func (b *builder) poolBack(op nn.Op, src int, e epilogue) Group {
	in, out := b.Tensors[src].Layout, b.Tensors[e.dst].Layout
	average := op.Pool == nn.AveragePool
	p := shaders.Params{
		WX: 64, WY: 1, Rectify: e.act && !average, Slope: e.slope, Average: average,
		In: in.View, InW: in.W, InH: in.H, OutW: out.W, OutH: out.H, TilesX: (out.W + 1) / 2, Cols: (out.W + 1) / 2 * ((out.H + 1) / 2),
	}
	binds := []Bind{b.perImage(0, src)}
	b.epilogue(&p, &binds, e, b.profile.Texel, src)
	if !average && !p.Epi.Own() { // the maximum is looked for all the same
		binds = append(binds, b.perImage(3, e.dst))
		p.Texel = b.textures(p.Texel, e.dst)
	}
	return one(Step{
		Label: op.Name + " backward", Kernel: b.kernel("pool_back", p), Binds: b.bound(p, binds),
		Cols: p.Cols, Tile: p.WX, Rows: out.C4(), Depth: 1, Cost: 12 * 128 * float64(out.C4()),
	})
}

// fcImages is how many images at most share one reading of the weights.
const fcImages = 8

func (b *builder) dense(op nn.Op, src int) (shaders.Params, Bind) {
	in := b.Tensors[src].Layout
	p := shaders.Params{
		WX: 64, WY: 1, In: in.View, InW: in.W, InH: in.H, In4: in.C4() * in.W * in.H, Out4: quads(op.Out.C),
		Images: min(b.batch, fcImages), Batch: b.batch, Flat: !in.Border,
	}
	w := b.constant(Pack{Layer: op.Name, Form: Dense, In: op.In, Out: op.Out.C})
	return p, Bind{Index: 1, Tensor: w, Per: PerCol, Stride: 64 * int64(p.In4)}
}

func (b *builder) fc(op nn.Op, src source, dst int) []Group {
	p, weights := b.dense(op, src.tensor)
	p.Rectify, p.Slope = src.act, src.slope
	e := b.bias(op)
	e.dst = dst
	binds := []Bind{{Index: 0, Tensor: src.tensor}, weights}
	b.epilogue(&p, &binds, e, b.profile.Texel, src.tensor, weights.Tensor)
	whole(binds, dst)
	return []Group{one(Step{
		Label: op.Name, Kernel: b.kernel("fc", p), Binds: b.bound(p, binds),
		Cols: p.Out4, PerBatch: true, Tile: 1, Rows: 1, Depth: 1, Images: p.Images, Cost: 32*float64(p.In4*p.Images) + 256*float64(p.In4),
	})}
}

func (b *builder) fcBack(op nn.Op, src int, e epilogue) []Group {
	p, weights := b.dense(op, e.dst)
	groups := (p.In4 + p.WX - 1) / p.WX
	slices := min(p.Out4, max(1, 2048/groups))
	// a slice's weights are bound by themselves, its sums with all others
	if room := int(b.lim.bindable() / int64(16*p.In4*b.batch)); slices > room {
		slices = max(1, room)
	}
	p.Rows = (p.Out4 + slices - 1) / slices
	if most := int(b.lim.bindable() / weights.Stride); p.Rows > most {
		p.Rows = max(1, most)
	}
	p.Slices = (p.Out4 + p.Rows - 1) / p.Rows
	sum := shaders.Params{WX: 64, WY: 1, In: p.In, InW: p.InW, InH: p.InH, In4: p.In4, Batch: b.batch, Slices: p.Slices, Flat: p.Flat}
	ws := b.workspace(1, int64(16*p.Slices*b.batch*p.In4))
	p.In = b.Tensors[src].Layout.View
	p.Texel, p.Scalar = b.textures(b.profile.Texel, src, weights.Tensor), b.profile.Scalar
	weights.Stride *= int64(p.Rows)
	first := Step{
		Label: op.Name + " backward", Kernel: b.kernel("fc_back", p),
		Binds: b.bound(p, []Bind{{Index: 0, Tensor: src}, weights, {Index: 2, Tensor: ws}}),
		Cols:  p.Slices, PerBatch: true, Tile: 1, Rows: groups, Depth: 1, Images: p.Images,
		Cost: float64(p.Rows) * (32*float64(p.In4*p.Images) + 256*float64(p.In4)),
	}
	binds := []Bind{{Index: 0, Tensor: ws}}
	b.epilogue(&sum, &binds, e, b.profile.Texel, ws)
	return []Group{one(first), one(Step{
		Label: op.Name + " backward, sum", Kernel: b.kernel("fc_sum", sum), Binds: b.bound(sum, binds),
		Cols: p.In4, Tile: sum.WX, Rows: 1, Depth: 1, Cost: 128 * float64(p.Slices),
	})}
}

// whole binds all images of a tensor: a step over the batch has no image group.
func whole(binds []Bind, tensor int) {
	for i := range binds {
		if binds[i].Tensor == tensor {
			binds[i].Per, binds[i].Stride = Whole, 0
		}
	}
}
