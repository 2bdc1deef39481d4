package plan

import (
	"reverie/compute"
	"reverie/compute/nn"
	"reverie/shaders"
)

// aims makes the tensors of the losses and the phase that sums them up.
func (b *builder) aims(ops []nn.Op, layers []int) {
	b.Table = b.add(Tensor{Name: "table", Kind: Table, Bytes: int64(len(layers)) * tableRow(b.batch)}, false)
	b.Partial = b.add(Tensor{Name: "losses", Kind: Partial}, false)
	if b.loss == compute.Gram {
		t := Tensor{Name: "gradient of products", Kind: Gram}
		for _, s := range b.States {
			t.Image = max(t.Image, b.Tensors[s].Image)
		}
		b.gram = b.add(t, true)
	}
	b.Aim = make([][]Group, len(layers))
	for l, i := range layers {
		image := b.Tensors[b.States[l]].Image
		matrix := -1
		if b.loss == compute.Gram {
			size := int64(256)
			if !b.point(l) {
				size = 16 * int64(matrixView(ops[i].Out.C).Image)
				image = size
			}
			matrix = b.add(Tensor{Name: "products of " + ops[i].Name, Kind: Matrix, Image: size}, true)
		}
		b.Matrices = append(b.Matrices, matrix)
		b.Targets = append(b.Targets, b.add(Tensor{Name: "target " + ops[i].Name, Kind: Target, Image: image}, true))
		if b.mask >= 0 {
			b.Masks = append(b.Masks, b.mask+l)
		}
		switch {
		case b.loss != compute.Gram:
			b.Losses = append(b.Losses, b.lossOf(ops[i].Name, l, b.States[l], b.Tensors[b.States[l]].Layout.View))
		case b.point(l):
			b.Losses = append(b.Losses, b.dots(ops[i].Name, l))
		default:
			b.Losses = append(b.Losses, b.products(ops[i].Name+" loss", l, false),
				b.lossOf(ops[i].Name, l, matrix, matrixView(ops[i].Out.C)))
			b.Aim[l] = []Group{b.products(ops[i].Name+" target", l, true)}
		}
	}
}

// losing notes where a layer's loss will lie, n stretches per image.
func (b *builder) losing(layer, n int) (offset int64) {
	part, out := &b.Tensors[b.Partial], Losing{Stretches: n, Scale: 1}
	switch b.loss {
	case compute.L2:
		out.Slope = 2
	case compute.L1:
		out.Slope = 1
	case compute.Inner:
		out.Scale, out.Slope = -1, -1
	case compute.Gram:
		u := float64(b.Tensors[b.States[layer]].Layout.Units())
		out.Scale, out.Slope = 1/(4*u*u), 1/(u*u)
	}
	offset = part.Bytes
	out.Offset = offset
	b.Losing = append(b.Losing, out)
	part.Bytes += roundUp(4*int64(n*b.batch), 256)
	return offset
}

// lossStretch is what one workgroup of the loss adds up, in vec4.
const lossStretch = 4096

// lossOf sums a loss up over a tensor: a state, or a matrix of differences.
func (b *builder) lossOf(name string, layer, tensor int, v shaders.View) Group {
	n := (v.Image + lossStretch - 1) / lossStretch
	offset := b.losing(layer, n)
	p := shaders.Params{WX: 64, WY: 1, In: v, Cols: n, Stretch: lossStretch, Epi: shaders.Epilogue{Loss: b.loss.String()}}
	binds, reads := []Bind{b.perImage(0, tensor), {Index: 2, Tensor: b.Partial, Offset: offset}}, []int{tensor, b.Table}
	if b.loss != compute.Gram {
		binds = append(binds, b.perSlot(1, b.Targets[layer], b.Tensors[tensor].Image), b.table(3, layer))
		reads = append(reads, b.Targets[layer])
		b.masked(&p, &binds, 4, layer)
	}
	p.Texel = b.textures(b.profile.Texel, reads...)
	return one(Step{
		Label: name + " loss", Kernel: b.kernel("loss", p), Binds: b.bound(p, binds),
		Cols: n, Tile: 1, Rows: 1, Depth: 1, Cost: 8 * 32 * lossStretch,
	})
}

func (b *builder) top(name string, e epilogue) Group {
	p := shaders.Params{WX: 64, WY: 1}
	var binds []Bind
	b.epilogue(&p, &binds, e, b.profile.Texel)
	return one(Step{
		Label: name + " backward, top", Kernel: b.kernel("top", p), Binds: b.bound(p, binds),
		Cols: p.Epi.Image, Tile: p.WX, Rows: 1, Depth: 1, Cost: 512,
	})
}

// The loss of products. Its matrices are [channel][channel/4] vec4.

// matrixView is how the products of c channels lie.
func matrixView(c int) shaders.View {
	return shaders.View{Image: roundUp(4*quads(c)*quads(c), imageQuantum)}
}

// point says that a layer has one pixel: its matrix, as large as the units squared, is never made.
func (b *builder) point(layer int) bool {
	l := b.Tensors[b.States[layer]].Layout
	return l.H*l.W == 1
}

const (
	gramStretch = 1024 // pixels that one sum runs over
	gramCols    = 2    // column quads of a thread
	gramPlaces  = 4    // places of a thread, backward
)

// products makes the matrix of a layer's channels, less the target's unless bare.
func (b *builder) products(name string, layer int, bare bool) Group {
	state, matrix := b.States[layer], b.Matrices[layer]
	l := b.Tensors[state].Layout
	parts, tiles := (l.View.Plane+gramStretch-1)/gramStretch, (l.C4()+gramCols-1)/gramCols
	p := shaders.Params{WX: 64, WY: 1, TN: gramCols, TilesX: tiles, Cols: tiles * l.C4(), C4: l.C4(), In: l.View, Stretch: gramStretch}
	p.Workspace = b.columnsOf(p.Cols, int64(16*4*gramCols*parts))
	ws := b.workspace(1, int64(16*4*gramCols*parts)*int64(p.Workspace))
	binds := []Bind{b.perImage(0, state), {Index: 2, Tensor: ws}}
	if !bare && b.mask >= 0 { // a bare state is masked already
		binds = append(binds, b.table(3, layer))
		b.masked(&p, &binds, 4, layer)
	}
	p.Texel, p.Scalar = b.textures(b.profile.Texel, state), b.profile.Scalar
	sum := shaders.Params{
		WX: 64, WY: 1, TN: gramCols, TilesX: tiles, Cols: p.Cols, C4: p.C4, Workspace: p.Workspace,
		Out: matrixView(l.C), Bare: bare, Texel: b.textures(b.profile.Texel, ws, b.Targets[layer]), Scalar: b.profile.Scalar,
	}
	sumBinds := []Bind{{Index: 0, Tensor: ws}, b.perImage(2, matrix)}
	if !bare {
		sumBinds = append(sumBinds, b.perSlot(1, b.Targets[layer], b.Tensors[matrix].Image), b.table(3, layer))
	}
	return Group{Chunk: p.Workspace, Steps: []Step{
		{
			Label: name + ", products", Kernel: b.kernel("gram", p), Binds: b.bound(p, binds),
			Cols: p.Cols, Tile: p.WX, Rows: 1, Depth: parts, Cost: 32 * gramCols * float64(l.View.Plane),
		},
		{
			Label: name + ", sum", Kernel: b.kernel("gram_sum", sum), Binds: b.bound(sum, sumBinds),
			Cols: p.Cols, Tile: p.WX, Rows: 1, Depth: 1, Parts: parts, Cost: 128 * 4 * gramCols * float64(parts),
		},
	}}
}

// dots is the same for a layer of one pixel, whole.
func (b *builder) dots(name string, layer int) Group {
	state, matrix := b.States[layer], b.Matrices[layer]
	v := b.Tensors[state].Layout.View
	p := shaders.Params{WX: 64, WY: 1, In: v, Out: shaders.View{Image: imageQuantum}, Scalar: b.profile.Scalar}
	offset := b.losing(layer, 1)
	binds := []Bind{
		b.perImage(0, state), b.perSlot(1, b.Targets[layer], b.Tensors[state].Image), b.perImage(2, matrix), b.table(3, layer),
		{Index: 5, Tensor: b.Partial, Offset: offset},
	}
	b.masked(&p, &binds, 4, layer)
	return one(Step{
		Label: name + " loss", Kernel: b.kernel("gram_dots", p), Binds: binds,
		Cols: 1, Tile: 1, Rows: 1, Depth: 1, Cost: 128 * float64(v.Image),
	})
}

// pull makes the gradient of a layer's own loss where the epilogue cannot: of the loss of products.
func (b *builder) pull(name string, layer int) []Group {
	if layer < 0 || b.loss != compute.Gram {
		return nil
	}
	state, matrix := b.States[layer], b.Matrices[layer]
	l := b.Tensors[state].Layout
	p := shaders.Params{WX: 64, WY: 1, In: l.View, C4: l.C4(), Careful: b.profile.Exact, Scalar: b.profile.Scalar}
	binds := []Bind{b.perImage(0, state), {Index: 2, Tensor: b.gram, Per: PerImage, Stride: l.Bytes()}, b.table(3, layer)}
	b.masked(&p, &binds, 4, layer)
	step := Step{Label: name + " loss backward", Tile: p.WX, Rows: 1, Depth: 1}
	if b.point(layer) {
		p.Out, p.Cols = shaders.View{Image: imageQuantum}, l.View.Image
		p.Texel = b.textures(b.profile.Texel, state, b.Targets[layer])
		binds = append(binds, b.perSlot(1, b.Targets[layer], b.Tensors[state].Image), b.perImage(5, matrix))
		step.Kernel, step.Cost = b.kernel("gram_point", p), 512
	} else {
		p.Out, p.TN, p.Cols = matrixView(l.C), gramPlaces, (l.View.Plane+gramPlaces-1)/gramPlaces
		p.Texel = b.textures(b.profile.Texel, state, matrix)
		binds = append(binds, b.perImage(1, matrix))
		step.Kernel, step.Rows = b.kernel("gram_back", p), p.C4
		step.Cost = 32 * gramPlaces * float64(p.C4*p.C4)
	}
	step.Cols, step.Binds = p.Cols, b.bound(p, binds)
	return []Group{one(step)}
}
