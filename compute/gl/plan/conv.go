package plan

import (
	"fmt"

	"reverie/compute"
	"reverie/compute/nn"
	"reverie/shaders"
)

// conv adds a convolution in one direction: from src, over the grid of the
// layer's input, into e.dst.
func (b *builder) conv(op nn.Op, c Conv, src source, dst int, e epilogue) ([]Group, error) {
	e.dst = dst
	ch := b.profile.Choose(c, b.lim)
	if ch.Winograd && !c.winogradFits(b.lim) {
		return nil, fmt.Errorf("plan: %s: its Winograd weights do not fit the device's buffers", op.Name)
	}
	b.Choices = append(b.Choices, Chosen{Layer: op.Name, Shape: c, Choice: ch})
	if ch.Winograd {
		return []Group{b.winograd(op, c, ch, src, e)}, nil
	}
	return []Group{b.direct(op, c, ch, src, e)}, nil
}

// product fills in what a matrix product has in every use.
func (b *builder) product(c Conv, ch Choice, src source) shaders.Params {
	p := ch.Tile.params()
	p.Rectify, p.Slope = src.act, src.slope
	p.Careful = b.profile.Exact
	p.C4, p.M4 = quads(c.sums()), quads(c.rows())
	p.KH, p.KW, p.Stride = 1, 1, 1
	p.K = p.C4
	// Weights [out][in] run along the inputs, those of transposed convolutions
	// along the outputs: one way sums along them, the other across.
	p.Dot = (c.Kind == Conv3) != c.Back
	return p
}

func (b *builder) direct(op nn.Op, c Conv, ch Choice, src source, e epilogue) Group {
	p := b.product(c, ch, src)
	p.Pixels = true
	p.KH, p.KW, p.TapY, p.TapX = 3, 3, 3, 1
	depth := 1
	switch {
	case c.Kind == Deconv4 && c.Back:
		p.KH, p.KW, p.TapY, p.Stride = 4, 4, 4, 2
	case c.Kind == Deconv4:
		// of the four taps along an axis, those of the output's parity, backwards
		p.KH, p.KW, p.Parity, depth = 2, 2, true, 4
		p.Tap0, p.TapY, p.TapX, p.TapsPerRow = 15, -8, -2, 4
	case !p.Dot: // the transpose of a 3×3 convolution: the same taps, backwards
		p.Tap0, p.TapY, p.TapX = 8, -3, -1
	}
	p.K = p.KH * p.KW * p.C4
	p.In = b.Tensors[src.tensor].Layout.View
	p.OutW, p.OutH, p.Cols = c.In.W, c.In.H, c.columns()
	w := b.constant(weightsOf(op, c))
	binds := []Bind{b.perImage(0, src.tensor), {Index: 1, Tensor: w}}
	step := Step{
		Label: op.Name + direction(c), Cols: p.Cols, Tile: p.BN(), Rows: (p.M4 + p.BM4() - 1) / p.BM4(), Depth: depth,
		Cost: 32 * float64(p.K) * float64(p.M4) * float64(depth),
	}
	if ch.Split <= 1 {
		b.epilogue(&p, &binds, e, ch.Texel, src.tensor, w)
		step.Kernel, step.Binds = b.kernel(gemm(ch.Tile), p), b.bound(p, binds)
		return Group{Steps: []Step{step}}
	}
	cols := b.columnsOf(p.Cols, int64(16*ch.Split*p.M4))
	p.Workspace = cols
	ws := b.workspace(1, int64(16*ch.Split*p.M4)*int64(cols))
	sum := shaders.Params{WX: 64, WY: 1, M4: p.M4, Workspace: cols, Cols: p.Cols, OutW: p.OutW, OutH: p.OutH}
	p.Epi = shaders.Epilogue{Kind: "raw"}
	p.Texel, p.Scalar = b.textures(ch.Texel, src.tensor, w), b.profile.Scalar
	p.Parts = true
	step.Depth, step.Parts = ch.Split, ch.Split
	step.Kernel, step.Binds = b.kernel(gemm(ch.Tile), p), b.bound(p, append(binds, Bind{Index: 2, Tensor: ws}))

	sumBinds := []Bind{{Index: 0, Tensor: ws}}
	b.epilogue(&sum, &sumBinds, e, b.profile.Texel, ws)
	return Group{Chunk: cols, Steps: []Step{step, {
		Label: op.Name + direction(c) + ", sum", Kernel: b.kernel("sum", sum), Binds: b.bound(sum, sumBinds),
		Cols: p.Cols, Tile: sum.WX, Rows: sum.M4, Depth: 1, Parts: ch.Split, Cost: 128 * float64(ch.Split*p.M4),
	}}}
}

func (b *builder) winograd(op nn.Op, c Conv, ch Choice, src source, e epilogue) Group {
	p := b.product(c, ch, src)
	tiles := c.tiles4()
	cols := b.columnsOf(tiles, int64(36*16*max(p.C4, p.M4)))
	in := b.workspace(0, 36*16*int64(p.C4)*int64(cols))
	out := b.workspace(1, 36*16*int64(p.M4)*int64(cols))
	w := b.constant(Pack{Layer: op.Name, Form: Winograd, In: c.In, Out: c.Out.C, KH: 3, KW: 3})
	tilesX := (c.In.W + 3) / 4

	first := shaders.Params{
		WX: 64, WY: 1, Rectify: src.act, Slope: src.slope, Back: c.Back, In: b.Tensors[src.tensor].Layout.View,
		Cols: tiles, TilesX: tilesX, C4: p.C4, Workspace: cols,
		Texel: b.textures(b.profile.Texel, src.tensor), Scalar: b.profile.Scalar,
	}
	p.Positions, p.Back, p.Workspace, p.Cols = true, c.Back, cols, tiles
	p.Rectify = false
	p.In = shaders.View{Plane: cols}
	p.Epi = shaders.Epilogue{Kind: "raw"}
	p.Texel, p.Scalar = b.textures(ch.Texel, in, w), b.profile.Scalar
	last := shaders.Params{
		WX: 64, WY: 1, Cols: tiles, TilesX: tilesX, M4: p.M4, Workspace: cols, OutW: c.In.W, OutH: c.In.H,
	}
	binds := []Bind{{Index: 0, Tensor: out}}
	b.epilogue(&last, &binds, e, b.profile.Texel, out)
	return Group{Chunk: cols, Steps: []Step{
		{
			Label: op.Name + direction(c) + ", transform", Kernel: b.kernel("wino_in", first),
			Binds: b.bound(first, []Bind{b.perImage(0, src.tensor), {Index: 2, Tensor: in}}),
			Cols:  tiles, Tile: first.WX, Rows: p.C4, Depth: 1, Cost: 36 * 16 * 16 * float64(p.C4),
		},
		{
			Label: op.Name + direction(c) + ", products", Kernel: b.kernel(gemm(ch.Tile), p),
			Binds: b.bound(p, []Bind{{Index: 0, Tensor: in}, {Index: 1, Tensor: w}, {Index: 2, Tensor: out}}),
			Cols:  tiles, Tile: p.BN(), Rows: (p.M4 + p.BM4() - 1) / p.BM4(), Depth: 36, Cost: 36 * 32 * float64(p.K) * float64(p.M4),
		},
		{
			Label: op.Name + direction(c) + ", back", Kernel: b.kernel("wino_out", last), Binds: b.bound(last, binds),
			Cols: tiles, Tile: last.WX, Rows: p.M4, Depth: 1, Cost: 36 * 16 * 16 * float64(p.M4),
		},
	}}
}

// weightsOf is the packed weights of a direct convolution.
func weightsOf(op nn.Op, c Conv) Pack {
	p := Pack{Layer: op.Name, Form: Taps, In: c.In, Out: c.Out.C, KH: 3, KW: 3}
	if c.Kind == Deconv4 {
		p.KH, p.KW = 4, 4
	}
	if c.Kind != Conv3 { // [in][out]
		p.In.C, p.Out = c.Out.C, c.In.C
	}
	return p
}

// columnsOf is how many columns a workspace of so many bytes per column holds:
// all, or as many as the limits allow, whole tiles.
func (b *builder) columnsOf(perImage int, bytes int64) int {
	room := min(b.profile.Workspace, b.lim.bindable()) / bytes
	if room >= int64(perImage*b.batch) {
		return perImage * b.batch
	}
	return max(1, int(room)/64*64, min(int(room), 64))
}

func gemm(t Tile) string {
	if t.KT > 0 {
		return "gemm_shared"
	}
	return "gemm"
}

func direction(c Conv) string {
	if c.Back {
		return " backward"
	}
	return ""
}

// perImage binds the part of a tensor that belongs to the images at work.
func (b *builder) perImage(index, tensor int) Bind {
	return Bind{Index: index, Tensor: tensor, Per: PerImage, Stride: b.Tensors[tensor].Image}
}

// epilogue fills in where a result goes and binds it, and decides on buffer
// textures for the whole kernel, reads being the tensors it reads besides.
func (b *builder) epilogue(p *shaders.Params, binds *[]Bind, e epilogue, texel bool, reads ...int) {
	l := b.Tensors[e.dst].Layout
	p.Out = l.View
	p.Epi = shaders.Epilogue{Kind: "back", Act: e.act, Slope: e.slope, Inject: e.layer >= 0, Image: l.View.Image}
	*binds = append(*binds, b.perImage(2, e.dst))
	if !e.act {
		p.Epi.Slope = 0
	}
	if e.fwd {
		p.Epi = shaders.Epilogue{Kind: "bias", Image: l.View.Image}
		*binds = append(*binds, Bind{Index: 3, Tensor: e.bias})
		reads = append(reads, e.bias)
	}
	if e.layer >= 0 {
		p.Epi.Loss = b.loss.String()
	}
	if p.Epi.Own() {
		*binds = append(*binds, b.perImage(3, e.dst))
		reads = append(reads, e.dst)
	}
	switch {
	case e.layer >= 0 && b.loss == compute.Gram:
		*binds = append(*binds, Bind{Index: 4, Tensor: b.gram, Per: PerImage, Stride: l.Bytes()})
		reads = append(reads, b.gram)
	case e.layer >= 0:
		t := b.Targets[e.layer]
		*binds = append(*binds, b.perSlot(4, t, l.Bytes()), b.table(5, e.layer))
		reads = append(reads, t)
		b.masked(p, binds, 6, e.layer)
	}
	p.Texel, p.Scalar = b.textures(texel, reads...), b.profile.Scalar
}

// perSlot binds the part of a tensor that belongs to the images' slots.
func (b *builder) perSlot(index, tensor int, stride int64) Bind {
	return Bind{Index: index, Tensor: tensor, Per: PerSlot, Stride: stride}
}

// masked binds a layer's mask, if the plan has masks.
func (b *builder) masked(p *shaders.Params, binds *[]Bind, index, layer int) {
	if b.mask < 0 {
		return
	}
	p.Epi.Masked = true
	*binds = append(*binds, b.perSlot(index, b.mask+layer, b.Tensors[b.States[layer]].Image))
}

// table binds a layer's row of (slot, factor) per image.
func (b *builder) table(index, layer int) Bind {
	return Bind{Index: index, Tensor: b.Table, Offset: int64(layer) * tableRow(b.batch)}
}

// bound marks the bindings that a kernel reads through textures.
func (b *builder) bound(p shaders.Params, binds []Bind) []Bind {
	for i := range binds {
		binds[i].Texel = p.Texel && binds[i].Index != 2
	}
	return binds
}
