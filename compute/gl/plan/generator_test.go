package plan

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"reverie/compute"
	"reverie/compute/nn"
)

// generator is as large as the lab's for fc7: three fully connected layers, then upwards to 256×256.
func generator(t testing.TB) *nn.Network {
	t.Helper()
	g := &nn.Network{Name: "generator", Input: nn.Shape{C: 4096, H: 1, W: 1}}
	at := g.Input
	add := func(kind nn.Kind, name string, out nn.Shape) {
		g.Ops, at = append(g.Ops, nn.Op{Kind: kind, Name: name, In: at, Out: out, Act: true, Slope: 0.3}), out
	}
	for _, name := range []string{"defc7", "defc6", "defc5"} {
		add(nn.FC, name, nn.Shape{C: 4096, H: 1, W: 1})
	}
	at = nn.Shape{C: 256, H: 4, W: 4}
	for i, c := range []int{256, 512, 256, 128, 64, 3} {
		name, size := fmt.Sprint(5-i), 8<<i
		add(nn.Deconv, "deconv"+name, nn.Shape{C: c, H: size, W: size})
		if i == 1 || i == 2 {
			add(nn.Conv, "conv"+name, nn.Shape{C: c, H: size, W: size})
		}
	}
	return g
}

// behind is VGG19 at full size behind it.
func behind(t testing.TB, batch int, loss compute.Loss, layers ...string) (compute.Spec, []int) {
	t.Helper()
	s, _ := vgg(t, nn.VGG19Config{}, batch, true, layers...)
	joined, err := nn.Join(generator(t), s.Net)
	if err != nil {
		t.Fatal(err)
	}
	s.Net, s.Loss = joined, loss
	s.Layers = append(s.Layers, nn.Image)
	var ops []int
	for _, l := range s.Layers {
		_, i, _ := joined.Op(l)
		ops = append(ops, i)
	}
	return s, ops
}

// Whatever the loss, with masks and without, every column of every step is
// computed once within the limits.
func TestGeneratorCommandsCoverTheWork(t *testing.T) {
	for _, c := range []struct {
		p      Profile
		lim    Limits
		batch  int
		loss   compute.Loss
		budget float64
	}{
		{NVIDIA, wide, 2, compute.L2, 2.5e10},
		{Intel, Minimal, 1, compute.Gram, 2.5e9},
		{Software, wide, 1, compute.Gram, 1e8},
		{AMD, Minimal, 1, compute.L1, 1e10},
	} {
		t.Run(fmt.Sprint(c.p.Name, c.batch, c.loss), func(t *testing.T) {
			s, ops := behind(t, c.batch, c.loss, "conv1_1", "conv3_1", "conv4_4", "fc6")
			for _, f := range []func(compute.Spec, []int, Profile, Limits) (*Plan, error){Build, Masked} {
				pl, err := f(s, ops, c.p, c.lim)
				if err != nil {
					t.Fatal(err)
				}
				checkCommands(t, pl, c.batch, c.budget, c.lim)
			}
		})
	}
}

// Masks come after everything else, so that a program can go over to them, and
// without them there is nothing of them.
func TestMasksComeLast(t *testing.T) {
	for _, p := range profiles {
		for l := range compute.Losses {
			s, ops := behind(t, 2, compute.Loss(l), "conv1_1", "conv5_1", "fc8")
			plain, err := Build(s, ops, p, wide)
			if err != nil {
				t.Fatal(err)
			}
			masked, err := Masked(s, ops, p, wide)
			if err != nil {
				t.Fatal(err)
			}
			n := len(plain.Tensors)
			if !reflect.DeepEqual(plain.Tensors, masked.Tensors[:n]) {
				t.Fatalf("%s, %s: masks change the other tensors", p.Name, compute.Losses[l])
			}
			if len(masked.Tensors) != n+len(ops) || plain.Hash() == masked.Hash() || plain.Masks != nil {
				t.Errorf("%s, %s: %d tensors, %d with masks, hashes %s and %s", p.Name, compute.Losses[l], n, len(masked.Tensors), plain.Hash(), masked.Hash())
			}
			for _, k := range plain.Kernels {
				if k.Params.Epi.Masked {
					t.Errorf("%s, %s: %s reads a mask", p.Name, compute.Losses[l], k.Shader)
				}
			}
			t.Logf("%-9s %-5s %d MB, masks %d MB", p.Name, compute.Losses[l], plain.Memory()>>20, (masked.Memory()-plain.Memory())>>20)
		}
	}
}

// The picture is kept where it can be asked for and only there.
func TestPictureIsKept(t *testing.T) {
	s, ops := behind(t, 1, compute.L2, "conv1_1")
	for _, gradient := range []bool{true, false} {
		s.Gradient = gradient
		pl, err := Build(s, ops, NVIDIA, wide)
		if err != nil {
			t.Fatal(err)
		}
		if got := pl.Picture >= 0 && len(pl.Keep) == 1; got != gradient {
			t.Errorf("gradient %t: picture in tensor %d, %d groups", gradient, pl.Picture, len(pl.Keep))
		}
	}
	if pl := build(t, nn.VGG19Config{}, 1, NVIDIA, wide, "conv1_1"); pl.Picture >= 0 {
		t.Error("a picture without a generator")
	}
	s, ops = behind(t, 1, compute.L2)
	pl, err := Build(s, ops, NVIDIA, wide)
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, len(pl.Tensors))
	for i, tn := range pl.Tensors {
		names[i] = tn.Name
	}
	for _, want := range []string{nn.GeneratorPrefix + "deconv5 input", nn.Image, nn.GeneratorPrefix + "defc7 weights"} {
		if !slices.Contains(names, want) {
			t.Errorf("no tensor %q", want)
		}
	}
}
