package plan

import (
	"reverie/compute/nn"
	"reverie/shaders"
)

// move copies a state into another place or shape.
func (b *builder) move(label string, src source, e epilogue, p shaders.Params) Group {
	in, out := b.Tensors[src.tensor].Layout, b.Tensors[e.dst].Layout
	p.WX, p.WY = 64, 1
	p.Rectify, p.Slope = src.act, src.slope
	p.In, p.InW, p.InH = in.View, in.W, in.H
	p.OutW, p.OutH, p.Cols, p.Channels = out.W, out.H, out.W*out.H, out.C
	binds := []Bind{b.perImage(0, src.tensor)}
	b.epilogue(&p, &binds, e, b.profile.Texel, src.tensor)
	return one(Step{
		Label: label, Kernel: b.kernel("move", p), Binds: b.bound(p, binds),
		Cols: p.Cols, Tile: p.WX, Rows: out.C4(), Depth: 1, Cost: 512 * float64(out.C4()),
	})
}

// crop takes the middle of the source.
func (b *builder) crop(op nn.Op, src source, dst int) Group {
	y, x := margins(op)
	return b.move(op.Name, src, epilogue{dst: dst, layer: -1}, shaders.Params{OffY: y, OffX: x})
}

// cropBack puts the gradient back into the middle, zeros around.
func (b *builder) cropBack(op nn.Op, src int, e epilogue) Group {
	y, x := margins(op)
	return b.move(op.Name+" backward", source{tensor: src}, e, shaders.Params{OffY: -y, OffX: -x})
}

// margins are what a crop leaves out above and on the left.
func margins(op nn.Op) (y, x int) { return (op.In.H - op.Out.H) / 2, (op.In.W - op.Out.W) / 2 }

// reshape gives the same values in C,H,W order in the shape of e.dst.
func (b *builder) reshape(label string, src int, e epilogue) Group {
	return b.move(label, source{tensor: src}, e, shaders.Params{Reshape: true})
}
