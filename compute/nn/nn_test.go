package nn

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func vgg(t *testing.T, cfg VGG19Config) *Network {
	t.Helper()
	n, err := VGG19(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Parameters of VGG19 as published (torchvision.models.vgg19: 143,667,240); units
// summed by hand from the layer shapes: 607,232 under fc8 of the demo's network.
func TestVGG19Counts(t *testing.T) {
	for _, c := range []struct {
		cfg               VGG19Config
		parameters, units int
	}{
		{VGG19Config{}, 143_667_240, 14_861_288},
		{VGG19Config{Height: 128, Divisor: 8, Classes: 125}, 0, 607_357},
		{VGG19Config{Height: 128, Divisor: 8}, 0, 608_232},
	} {
		n := vgg(t, c.cfg)
		if got := n.Parameters(); c.parameters != 0 && got != c.parameters {
			t.Errorf("%s has %d parameters, want %d", n.Name, got, c.parameters)
		}
		if got := n.Units(); got != c.units {
			t.Errorf("%s has %d units, want %d", n.Name, got, c.units)
		}
	}
}

func TestVGG19Shapes(t *testing.T) {
	n := vgg(t, VGG19Config{})
	want := map[string]Shape{
		"conv1_1": {64, 224, 224}, "pool1": {64, 112, 112}, "conv2_2": {128, 112, 112}, "conv3_4": {256, 56, 56},
		"conv4_1": {512, 28, 28}, "conv5_4": {512, 14, 14}, "pool5": {512, 7, 7}, "fc6": {4096, 1, 1}, "fc8": {1000, 1, 1},
	}
	for name, s := range want {
		op, i, ok := n.Op(name)
		if !ok || op.Out != s || n.Ops[i].Name != name {
			t.Errorf("%s: output %v, found %t, want %v", name, op.Out, ok, s)
		}
	}
	if _, i, ok := n.Op("conv6_1"); ok || i != -1 {
		t.Errorf("Op of a layer that is not there gives %d, %t", i, ok)
	}
	layers := n.Layers()
	if len(layers) != 19 || layers[0] != "conv1_1" || layers[15] != "conv5_4" || layers[18] != "fc8" {
		t.Errorf("layers are %v", layers)
	}
	for i, op := range n.Ops {
		if i > 0 && op.In != n.Ops[i-1].Out {
			t.Errorf("%s takes %v but %s gives %v", op.Name, op.In, n.Ops[i-1].Name, n.Ops[i-1].Out)
		}
		if op.Act != (op.Kind != Pool && op.Name != "fc8") {
			t.Errorf("%s is followed by an activation: %t", op.Name, op.Act)
		}
	}
	for _, c := range []struct {
		name  string
		floor bool
		want  Shape
	}{{"up", false, Shape{32, 2, 2}}, {"down", true, Shape{32, 1, 1}}} {
		op, _, _ := vgg(t, VGG19Config{Height: 45, Width: 33, Divisor: 16, FloorPool: c.floor}).Op("pool5")
		if op.Out != c.want {
			t.Errorf("45×33 rounded %s: pool5 is %v, want %v", c.name, op.Out, c.want)
		}
	}
}

func TestVGG19Errors(t *testing.T) {
	for _, c := range []struct {
		cfg  VGG19Config
		want string
	}{
		{VGG19Config{Height: -1}, "positive"},
		{VGG19Config{Classes: -1}, "positive"},
		{VGG19Config{Divisor: 7}, "divisor 7"},
		{VGG19Config{Divisor: 128}, "divisor 128"},
		{VGG19Config{Height: 31, FloorPool: true}, "pool5 would be empty"},
	} {
		if n, err := VGG19(c.cfg); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v gives %v and error %v, want one saying %q", c.cfg, n, err, c.want)
		}
	}
}

func TestPooledSize(t *testing.T) {
	for _, c := range [][3]int{{1, 1, 0}, {2, 1, 1}, {3, 2, 1}, {14, 7, 7}, {45, 23, 22}} {
		if up, down := PooledSize(c[0], false), PooledSize(c[0], true); up != c[1] || down != c[2] {
			t.Errorf("%d pools to %d and %d, want %d and %d", c[0], up, down, c[1], c[2])
		}
	}
}

func TestGroup(t *testing.T) {
	for name, want := range map[string]int{"conv1_1": 1, "conv3_2": 3, "conv5_4": 5, "fc6": 6, "fc8": 8, "pool1": 0, "conv": 0, "": 0} {
		if got := Group(name); got != want {
			t.Errorf("group of %q is %d, want %d", name, got, want)
		}
	}
}

func TestWeightsCheck(t *testing.T) {
	n := vgg(t, VGG19Config{Height: 32, Divisor: 64, Classes: 3})
	good := func() Weights { return Seeded(n, 1, 0.1) }
	if err := good().Check(n); err != nil {
		t.Fatal(err)
	}
	for want, spoil := range map[string]func(Weights){
		"layer fc7 is missing":               func(w Weights) { delete(w, "fc7") },
		"layer conv1_1 has 26 weights":       func(w Weights) { w["conv1_1"] = Param{w["conv1_1"].W[1:], w["conv1_1"].B} },
		"layer fc8 has 0 biases, want 3":     func(w Weights) { w["fc8"] = Param{W: w["fc8"].W} },
		"weight 4 of layer conv2_1 is NaN":   func(w Weights) { w["conv2_1"].W[4] = float32(math.NaN()) },
		"bias 7 of layer conv5_4 is -Inf":    func(w Weights) { w["conv5_4"].B[7] = float32(math.Inf(-1)) },
		"layer conv1_2 is missing":           func(w Weights) { delete(w, "conv1_2"); delete(w, "fc6") },
		"layer fc6 has 65 weights, want 512": func(w Weights) { w["fc6"] = Param{make([]float32, 65), w["fc6"].B} },
	} {
		w := good()
		spoil(w)
		if err := w.Check(n); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want one saying %q", err, want)
		}
	}
}

func expected(t *testing.T, name string, v any) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "testdata", "vgg", name))
	if err == nil {
		err = json.Unmarshal(b, v)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// The digests are those of the generator's NumPy restatement, testdata/vgg/seeded.py.
func TestSeededIsNumPys(t *testing.T) {
	var narrow struct {
		Sets []struct {
			Name          string
			Height, Width int
			Floor         bool
			Digest        string `json:"weights_sha256"`
		}
	}
	expected(t, "narrow.json", &narrow)
	if len(narrow.Sets) != 5 {
		t.Fatalf("narrow.json has %d sets, want 5", len(narrow.Sets))
	}
	for _, s := range narrow.Sets {
		n := vgg(t, VGG19Config{Height: s.Height, Width: s.Width, Divisor: 16, Classes: 20, FloorPool: s.Floor})
		if got := Seeded(n, 7, 0.1).SHA256(n); got != s.Digest {
			t.Errorf("%s: digest %s, NumPy's %s", s.Name, got, s.Digest)
		}
	}
	if testing.Short() {
		t.Skip("full-size weights left out: -short")
	}
	var full struct {
		Digest string `json:"weights_sha256"`
	}
	expected(t, "full.json", &full)
	n := vgg(t, VGG19Config{})
	if got := Seeded(n, 7, 0.1).SHA256(n); got != full.Digest {
		t.Errorf("full size: digest %s, NumPy's %s", got, full.Digest)
	}
}

// Mean 0, variance 1 and excess kurtosis −0.15 (a sum of eight uniforms: −1.2/8)
// within five standard errors of 10⁶ numbers.
func TestNormalMoments(t *testing.T) {
	const n = 1_000_000
	s := NewStream(3, 9)
	var m1, m2, m4 float64
	for i := range uint64(n) {
		v := s.Normal(i)
		m1, m2, m4 = m1+v/n, m2+v*v/n, m4+v*v*v*v/n
	}
	for _, c := range []struct {
		what           string
		got, want, err float64
	}{{"mean", m1, 0, 1}, {"variance", m2, 1, 1.36}, {"fourth moment", m4, 2.85, 9}} {
		if math.Abs(c.got-c.want) > 5*c.err/math.Sqrt(n) {
			t.Errorf("%s is %g, want %g", c.what, c.got, c.want)
		}
	}
}

func TestImageryIsTheVariantBuiltSo(t *testing.T) {
	plain, err := VGG19(VGG19Config{Height: 64, Divisor: 8})
	if err != nil {
		t.Fatal(err)
	}
	want, err := VGG19(VGG19Config{Height: 64, Divisor: 8, Pool: AveragePool, Slope: ImagerySlope})
	if err != nil {
		t.Fatal(err)
	}
	got := plain.Imagery()
	if got.Name != want.Name || !slices.Equal(got.Ops, want.Ops) {
		t.Errorf("%s, want %s", got.Name, want.Name)
	}
	if slices.Equal(got.Ops, plain.Ops) || plain.Ops[0].Slope != 0 {
		t.Error("the network itself was changed")
	}
}
