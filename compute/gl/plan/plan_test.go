package plan

import (
	"fmt"
	"testing"

	"reverie/compute"
	"reverie/compute/nn"
)

func vgg(t testing.TB, cfg nn.VGG19Config, batch int, gradient bool, layers ...string) (compute.Spec, []int) {
	t.Helper()
	net, err := nn.VGG19(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if layers == nil {
		layers = net.Layers()
	}
	s := compute.Spec{Net: net, Batch: batch, Layers: layers, Gradient: gradient}
	var ops []int
	for _, l := range layers {
		_, i, ok := net.Op(l)
		if !ok {
			t.Fatal(l)
		}
		ops = append(ops, i)
	}
	return s, ops
}

func build(t testing.TB, cfg nn.VGG19Config, batch int, p Profile, lim Limits, layers ...string) *Plan {
	t.Helper()
	s, ops := vgg(t, cfg, batch, true, layers...)
	pl, err := Build(s, ops, p, lim)
	if err != nil {
		t.Fatal(err)
	}
	return pl
}

// wide are limits as hardware drivers have them.
var wide = Limits{StorageBlock: 1<<31 - 256, Texels: 1 << 27, Shared: 48 << 10, Invocations: 1024, Groups: 65535}

var profiles = []Profile{NVIDIA, AMD, Intel, Software, Unknown}

// The same question has the same plan, another batch or way of reading another.
func TestPlanIsReproducible(t *testing.T) {
	for _, p := range profiles {
		var hashes []string
		for _, batch := range []int{1, 8} {
			a := build(t, nn.VGG19Config{}, batch, p, wide)
			if b := build(t, nn.VGG19Config{}, batch, p, wide); a.Hash() != b.Hash() {
				t.Errorf("%s, %d images: two plans, two hashes", p.Name, batch)
			}
			hashes = append(hashes, a.Hash())
			t.Logf("%-9s %d images: %s; %d MB", p.Name, batch, a.Summary(), a.Memory()>>20)
		}
		p.Texel = !p.Texel
		hashes = append(hashes, build(t, nn.VGG19Config{}, 1, p, wide).Hash())
		if hashes[0] == hashes[1] || hashes[0] == hashes[2] {
			t.Errorf("%s: different plans have the same hash: %v", p.Name, hashes)
		}
	}
}

// Nothing above the highest layer is planned, and no gradient where none is asked for.
func TestPlanStopsAtTheHighestLayer(t *testing.T) {
	pl := build(t, nn.VGG19Config{}, 1, NVIDIA, wide, "conv1_2", "conv3_1")
	for _, tn := range pl.Tensors {
		for _, above := range []string{"conv3_2", "pool3", "fc6"} {
			if tn.Name == above || tn.Pack != nil && tn.Pack.Layer == above {
				t.Errorf("tensor %s of %d bytes is above conv3_1", tn.Name, tn.Bytes)
			}
		}
	}
	s, ops := vgg(t, nn.VGG19Config{}, 1, false)
	pl, err := Build(s, ops, NVIDIA, wide)
	if err != nil {
		t.Fatal(err)
	}
	if len(pl.Backward)+len(pl.Losses)+len(pl.Targets) > 0 || pl.Table >= 0 || pl.Partial >= 0 {
		t.Error("features alone have a backward pass")
	}
}

// Whatever the limits and the budget, every step of every group covers each
// column of each image once, and no dispatch exceeds what the device allows.
func TestCommandsCoverTheWork(t *testing.T) {
	cfg := nn.VGG19Config{Height: 64, Divisor: 4}
	full := nn.VGG19Config{}
	for _, c := range []struct {
		cfg    nn.VGG19Config
		batch  int
		p      Profile
		lim    Limits
		budget float64
	}{
		{cfg, 1, NVIDIA, wide, 0},
		{cfg, 5, NVIDIA, wide, 1e6},
		{cfg, 5, Software, wide, 1e7},
		{full, 1, NVIDIA, Minimal, 2.5e10},
		{full, 3, Intel, Minimal, 2.5e9},
		{full, 2, Software, wide, 1e8},
		{full, 8, AMD, wide, 1e10},
	} {
		t.Run(fmt.Sprint(c.p.Name, c.batch, c.lim.StorageBlock, c.budget), func(t *testing.T) {
			pl := build(t, c.cfg, c.batch, c.p, c.lim)
			for n := 1; n <= c.batch; n++ {
				checkCommands(t, pl, n, c.budget, c.lim)
			}
		})
	}
}

func checkCommands(t *testing.T, pl *Plan, images int, budget float64, lim Limits) {
	t.Helper()
	slots := make([]int, images)
	for i := range slots {
		slots[i] = pl.Slots - 1 - i
	}
	for _, groups := range pl.All() {
		for _, g := range groups {
			cmds, err := pl.Commands([]Group{g}, Batch{Slots: slots, Budget: budget}, lim)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range g.Steps {
				covered := map[[2]int]int{}
				for _, c := range cmds {
					if c.Label != s.Label {
						continue
					}
					checkCommand(t, pl, g, s, c, budget, lim)
					for col := int(c.Args[0]); col < int(c.Args[1]); col++ {
						key := [2]int{0, col}
						if !s.PerBatch {
							key = [2]int{int(c.Args[4]) + col/s.Cols, col % s.Cols}
						}
						covered[key]++
					}
				}
				want := s.Cols
				if !s.PerBatch {
					want *= images
				}
				if len(covered) != want {
					t.Fatalf("%s: %d columns of %d are computed", s.Label, len(covered), want)
				}
				for k, n := range covered {
					if n != 1 {
						t.Fatalf("%s: column %v is computed %d times", s.Label, k, n)
					}
				}
			}
		}
	}
}

func checkCommand(t *testing.T, pl *Plan, g Group, s Step, c Command, budget float64, lim Limits) {
	t.Helper()
	cols := int(c.Args[1] - c.Args[0])
	if g.Chunk > 0 && cols > g.Chunk {
		t.Fatalf("%s: %d columns, the workspace has room for %d", c.Label, cols, g.Chunk)
	}
	if budget > 0 && c.Cost > budget && cols > s.Tile {
		t.Fatalf("%s: cost %g, %g allowed", c.Label, c.Cost, budget)
	}
	for axis, n := range c.Groups {
		if n < 1 || n > lim.Groups {
			t.Fatalf("%s: %d workgroups along axis %d", c.Label, n, axis)
		}
	}
	for _, k := range c.Binds {
		if k.Texel {
			if texels := pl.Tensors[k.Tensor].Bytes / 16; texels > lim.Texels {
				t.Fatalf("%s: %s has %d texels", c.Label, pl.Tensors[k.Tensor].Name, texels)
			}
			continue
		}
		if k.Offset%alignment != 0 || k.Size <= 0 || k.Size > lim.StorageBlock || k.Offset+k.Size > pl.Tensors[k.Tensor].Bytes {
			t.Fatalf("%s: %s of %d bytes is bound from %d, %d bytes", c.Label, pl.Tensors[k.Tensor].Name, pl.Tensors[k.Tensor].Bytes, k.Offset, k.Size)
		}
	}
}

// What a device cannot bind is an error that says so.
func TestTooSmallDevice(t *testing.T) {
	tiny := Minimal
	tiny.StorageBlock = 1 << 20
	pl := build(t, nn.VGG19Config{}, 1, Unknown, tiny)
	if _, err := pl.Commands(pl.Forward, Batch{Slots: []int{0}}, tiny); err == nil {
		t.Error("an image of 13 MB was bound in 1 MB")
	} else {
		t.Log(err)
	}
	if _, err := pl.Commands(pl.Forward, Batch{}, wide); err == nil {
		t.Error("no images, no error")
	}
}

// A large layer is packed in parts, which must make the whole.
func TestPackKeepsEveryWeight(t *testing.T) {
	in, out := nn.Shape{C: 5, H: 2, W: 3}, 6
	w := nn.Param{W: make([]float32, out*in.Len()), B: []float32{1, 2, 3, 4, 5, 6}}
	for i := range w.W {
		w.W[i] = float32(i + 1)
	}
	p := Pack{Layer: "fc", Form: Dense, In: in, Out: out}
	all := make([]float32, p.Floats())
	p.Rows(w, 0, out, all)
	parts := make([]float32, p.Floats())
	row := p.Floats() / 8
	p.Rows(w, 0, 2, parts)
	p.Rows(w, 2, 6, parts[2*row:])
	count := 0
	for i, v := range all {
		if parts[i] != v {
			t.Fatalf("packed in parts, value %d is %g instead of %g", i, parts[i], v)
		}
		if v != 0 {
			count++
		}
	}
	if count != len(w.W) {
		t.Errorf("%d of %d weights are there", count, len(w.W))
	}
	for o := range out {
		for c := range in.C {
			for i := range 6 {
				if got, want := all[o*row+4*(c/4*6+i)+c%4], w.W[(o*in.C+c)*6+i]; got != want {
					t.Fatalf("output %d channel %d place %d: %g, want %g", o, c, i, got, want)
				}
			}
		}
	}
}

func TestChoices(t *testing.T) {
	big := Conv{In: nn.Shape{C: 256, H: 56, W: 56}, Out: nn.Shape{C: 256, H: 56, W: 56}, Images: 8}
	if ch := NVIDIA.Choose(big, wide); !ch.Winograd || ch.Tile.KT == 0 {
		t.Errorf("a large convolution on a discrete GPU: %s", ch)
	}
	exact := NVIDIA
	exact.Exact = true
	exact.Tuned = map[string]Choice{big.String(): {Winograd: true, Tile: registerTiles[0], Split: 1}}
	if ch := exact.Choose(big, wide); ch.Winograd {
		t.Errorf("exact, tuned before without: %s", ch)
	}
	if ch := Intel.Choose(big, wide); ch.Tile.KT != 0 {
		t.Errorf("shared memory on Intel: %s", ch)
	}
	small := Conv{In: nn.Shape{C: 512, H: 7, W: 7}, Out: nn.Shape{C: 512, H: 7, W: 7}, Images: 1}
	if ch := exact.Choose(small, wide); ch.Split < 2 {
		t.Errorf("a grid of few workgroups is not split: %s", ch)
	}
	for _, ch := range big.Candidates(wide, true, false) {
		if ch.Winograd {
			t.Fatalf("exact, and %s is a candidate", ch)
		}
	}
}
