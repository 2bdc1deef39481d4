package gl

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"reverie/compute"
	"reverie/compute/gl/plan"
	"reverie/compute/nn"
)

// backend opens one for a test; without OpenGL the test fails, it is not skipped.
func backend(t testing.TB, opt Options) *Backend {
	t.Helper()
	b, err := Open(opt)
	if err != nil {
		t.Fatalf("%v\nthe tests need OpenGL 4.3, Mesa's software renderer is enough (Debian, Ubuntu: libegl1 libegl-mesa0)", err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// naive is a layer in float64, straight from its definition: output, and gradient of its input.
type naive struct {
	s    plan.Single
	w, b []float32
}

// each calls f for every product of a convolution: output, input and weight index.
func (n naive) each(f func(out, in, weight int)) {
	a, z := n.s.Op.In, n.s.Op.Out
	k := 3
	if n.s.Conv == plan.Deconv4 {
		k = 4
	}
	for o := range z.C {
		for c := range a.C {
			for ky := range k {
				for kx := range k {
					for y := range a.H {
						for x := range a.W {
							// of a convolution (y,x) is the output, of its transpose the input
							sy, sx := y+ky-1, x+kx-1
							switch n.s.Conv {
							case plan.Conv3:
								if sy >= 0 && sy < a.H && sx >= 0 && sx < a.W {
									f((o*z.H+y)*z.W+x, (c*a.H+sy)*a.W+sx, ((o*a.C+c)*k+ky)*k+kx)
								}
							case plan.Deconv4:
								sy, sx = 2*y+ky-1, 2*x+kx-1
								fallthrough
							case plan.Deconv3:
								if sy >= 0 && sy < z.H && sx >= 0 && sx < z.W {
									f((o*z.H+sy)*z.W+sx, (c*a.H+y)*a.W+x, ((c*z.C+o)*k+ky)*k+kx)
								}
							}
						}
					}
				}
			}
		}
	}
}

func (n naive) forward(x []float32) []float64 {
	a, z := n.s.Op.In, n.s.Op.Out
	y := make([]float64, z.Len())
	switch n.s.Op.Kind {
	case nn.Conv:
		for i := range y {
			y[i] = float64(n.b[i/(z.H*z.W)])
		}
		n.each(func(o, i, w int) { y[o] += float64(n.w[w]) * float64(x[i]) })
	case nn.FC:
		for o := range y {
			y[o] = float64(n.b[o])
			for i, v := range x {
				y[o] += float64(n.w[o*a.Len()+i]) * float64(v)
			}
		}
	case nn.Pool:
		n.windows(func(o int, in []int) {
			best, sum := math.Inf(-1), 0.0
			for _, i := range in {
				best, sum = max(best, float64(x[i])), sum+float64(x[i])
			}
			if y[o] = best; n.s.Op.Pool == nn.AveragePool {
				y[o] = sum / float64(len(in))
			}
		})
	}
	return y
}

func (n naive) windows(f func(out int, in []int)) {
	a, z := n.s.Op.In, n.s.Op.Out
	for o := range z.Len() {
		c, y, x := o/(z.H*z.W), o/z.W%z.H, o%z.W
		var in []int
		for dy := range 2 {
			for dx := range 2 {
				if 2*y+dy < a.H && 2*x+dx < a.W {
					in = append(in, (c*a.H+2*y+dy)*a.W+2*x+dx)
				}
			}
		}
		f(o, in)
	}
}

func (n naive) backward(x, g []float32) []float64 {
	a := n.s.Op.In
	d := make([]float64, a.Len())
	switch n.s.Op.Kind {
	case nn.Conv:
		n.each(func(o, i, w int) { d[i] += float64(n.w[w]) * float64(g[o]) })
	case nn.FC:
		for o, v := range g {
			for i := range d {
				d[i] += float64(n.w[o*a.Len()+i]) * float64(v)
			}
		}
	case nn.Pool:
		n.windows(func(o int, in []int) {
			best := in[0]
			for _, i := range in {
				if x[i] > x[best] {
					best = i
				}
				if n.s.Op.Pool == nn.AveragePool {
					d[i] += float64(g[o]) / float64(len(in))
				}
			}
			if n.s.Op.Pool == nn.MaxPool {
				d[best] += float64(g[o])
			}
		})
	}
	return d
}

// normal fills a slice from a stream.
func normal(r *rand.Rand, n int, scale float64) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(scale * r.NormFloat64())
	}
	return v
}

// checkSingle runs a layer both ways for a batch and compares every value, and
// the adjoint identity ⟨Jx,g⟩ = ⟨x,Jᵀg⟩ of the two results.
func checkSingle(t *testing.T, b *Backend, s plan.Single, profile plan.Profile, gate float64, r *rand.Rand) {
	t.Helper()
	s.Forward, s.Backward = true, true
	p, err := s.Plan(profile, b.lim)
	if err != nil {
		t.Fatal(err)
	}
	a, z := s.Op.In.Len(), s.Op.Out.Len()
	n := naive{s: s}
	if shape := s.Op.WeightShape(); shape != nil {
		size := s.Op.In.C * s.Op.Out.C * 9
		switch {
		case s.Op.Kind == nn.FC:
			size = a * z
		case s.Conv == plan.Deconv4:
			size = s.Op.In.C * s.Op.Out.C * 16
		}
		n.w = normal(r, size, 1/math.Sqrt(float64(max(a, 9*s.Op.In.C))))
		n.b = normal(r, s.Op.Out.C, 0.1)
	}
	x, g := normal(r, s.Images*a, 1), normal(r, s.Images*z, 1)
	y, d := make([]float32, s.Images*z), make([]float32, s.Images*a)
	if err := b.single(context.Background(), p, s, nn.Weights{s.Op.Name: {W: n.w, B: n.b}}, x, g, y, d); err != nil {
		t.Fatal(err)
	}
	for i := range s.Images {
		xi, gi, yi, di := x[i*a:(i+1)*a], g[i*z:(i+1)*z], y[i*z:(i+1)*z], d[i*a:(i+1)*a]
		want, back := n.forward(xi), n.backward(xi, gi)
		if e := relative(yi, want); !(e < gate) {
			t.Errorf("image %d of %d: forward error %.2e, at most %.0e allowed", i, s.Images, e, gate)
		}
		if e := relative(di, back); !(e < gate) {
			t.Errorf("image %d of %d: backward error %.2e, at most %.0e allowed", i, s.Images, e, gate)
		}
		if s.Op.Kind == nn.Pool && s.Op.Pool == nn.MaxPool {
			continue // not linear
		}
		var left, right, size float64
		for k, v := range yi {
			v := float64(v)
			if n.b != nil {
				v -= float64(n.b[k/(s.Op.Out.H*s.Op.Out.W)])
			}
			left, size = left+v*float64(gi[k]), size+v*v
		}
		for k, v := range di {
			right += float64(v) * float64(xi[k])
		}
		if e := math.Abs(left-right) / math.Sqrt(size*float64(z)); !(e < gate) {
			t.Errorf("image %d: ⟨Jx,g⟩ = %g but ⟨x,Jᵀg⟩ = %g", i, left, right)
		}
	}
}

func relative(got []float32, want []float64) float64 {
	var d, n float64
	for i, w := range want {
		e := float64(got[i]) - w
		d, n = d+e*e, n+w*w
	}
	if n == 0 {
		return math.Sqrt(d)
	}
	return math.Sqrt(d / n)
}

func conv(kind plan.ConvKind, in, out, h, w, images int) plan.Single {
	a, z := nn.Shape{C: in, H: h, W: w}, nn.Shape{C: out, H: h, W: w}
	if kind == plan.Deconv4 {
		z.H, z.W = 2*h, 2*w
	}
	return plan.Single{Op: nn.Op{Kind: nn.Conv, Name: "layer", In: a, Out: z}, Conv: kind, Images: images}
}

// TestConvolutions tries every candidate that a tuner may choose, on shapes of
// its own, with operands through buffers and through textures. Ways that share
// their kernels share a shape, as drivers take long to compile.
func TestConvolutions(t *testing.T) {
	// shaders compile on one thread per context
	pool := make(chan *Backend, 2)
	for range cap(pool) {
		pool <- backend(t, Options{})
	}
	first := <-pool
	lim := first.lim
	pool <- first
	type way struct {
		kind  plan.ConvKind
		tile  plan.Tile
		texel bool
	}
	var order []way
	choices := map[way][]plan.Choice{}
	for _, kind := range []plan.ConvKind{plan.Conv3, plan.Deconv3, plan.Deconv4} {
		c := plan.Conv{Kind: kind, In: nn.Shape{C: 256, H: 16, W: 16}, Out: nn.Shape{C: 256, H: 16, W: 16}, Images: 1}
		for _, ch := range c.Candidates(lim, false, false, true) {
			w := way{kind, ch.Tile, ch.Texel}
			if choices[w] == nil {
				order = append(order, w)
			}
			choices[w] = append(choices[w], ch)
		}
	}
	for i, w := range order {
		t.Run(fmt.Sprint(w.kind, " ", w.tile, " ", w.texel), func(t *testing.T) {
			t.Parallel()
			b := <-pool
			defer func() { pool <- b }()
			r := rand.New(rand.NewPCG(uint64(i), 2))
			s := conv(w.kind, 1+r.IntN(40), 1+r.IntN(70), 1+r.IntN(14), 1+r.IntN(14), 1+r.IntN(3))
			workspace := int64(1) << (15 + r.IntN(8)) // now and then in chunks
			for _, ch := range choices[w] {
				profile := b.Profile()
				profile.Workspace = workspace
				profile.Exact = i%2 == 0 && !ch.Winograd
				profile.Tuned = map[string]plan.Choice{}
				for _, back := range []bool{false, true} {
					c := plan.Conv{Kind: w.kind, Back: back, In: s.Op.In, Out: s.Op.Out, Images: s.Images}
					profile.Tuned[c.String()] = ch
				}
				gate := 2e-6
				if ch.Winograd {
					gate = 5e-6
				}
				t.Log(ch)
				checkSingle(t, b, s, profile, gate, r)
			}
		})
	}
}

func TestPoolings(t *testing.T) {
	b := backend(t, Options{})
	r := rand.New(rand.NewPCG(3, 4))
	for _, mode := range []nn.PoolMode{nn.MaxPool, nn.AveragePool} {
		for _, size := range [][4]int{{3, 8, 8, 1}, {5, 7, 9, 2}, {64, 1, 5, 3}, {8, 6, 6, 1}} {
			for _, floor := range []bool{false, true} {
				for _, border := range []bool{false, true} {
					for _, texel := range []bool{false, true} {
						in := nn.Shape{C: size[0], H: size[1], W: size[2]}
						out := nn.Shape{C: in.C, H: (in.H + 1) / 2, W: (in.W + 1) / 2}
						if floor {
							out.H, out.W = in.H/2, in.W/2
							if out.H == 0 {
								continue
							}
						}
						t.Run(fmt.Sprint(mode, in, out, border, texel), func(t *testing.T) {
							s := plan.Single{Op: nn.Op{Kind: nn.Pool, Name: "pool", In: in, Out: out, Pool: mode}, Images: size[3], Border: border}
							profile := b.profile
							profile.Texel, profile.Scalar = texel, texel
							checkSingle(t, b, s, profile, 1e-6, r)
						})
					}
				}
			}
		}
	}
}

func TestFullyConnected(t *testing.T) {
	b := backend(t, Options{})
	r := rand.New(rand.NewPCG(5, 6))
	for _, size := range [][5]int{{3, 4, 5, 7, 1}, {512, 2, 2, 33, 2}, {30, 1, 1, 10, 11}, {4, 7, 7, 64, 9}} {
		for _, border := range []bool{false, true} {
			for _, texel := range []bool{false, true} {
				t.Run(fmt.Sprint(size, border, texel), func(t *testing.T) {
					s := plan.Single{
						Op:     nn.Op{Kind: nn.FC, Name: "fc", In: nn.Shape{C: size[0], H: size[1], W: size[2]}, Out: nn.Shape{C: size[3], H: 1, W: 1}},
						Images: size[4], Border: border,
					}
					profile := b.profile
					profile.Texel, profile.Scalar = texel, texel
					checkSingle(t, b, s, profile, 2e-6, r)
				})
			}
		}
	}
}

// A shader that the driver refuses is an error that names it; the backend lives on.
func TestCompileFailure(t *testing.T) {
	b := backend(t, Options{})
	if err := b.call(context.Background(), func() {
		bad := []plan.Kernel{{Shader: "sum"}} // no workgroup
		if _, err := b.programs(bad); err == nil {
			t.Error("a workgroup of 0 threads was compiled")
		}
	}); err != nil {
		t.Fatal(err)
	}
	checkSingle(t, b, conv(plan.Conv3, 4, 4, 4, 4, 1), b.profile, 2e-6, rand.New(rand.NewPCG(1, 1)))
	if _, err := b.Compile(compute.Spec{}); err == nil {
		t.Error("an empty spec was compiled")
	}
}
