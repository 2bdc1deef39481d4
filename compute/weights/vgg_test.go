package weights

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"reverie/compute/format/torch"
	"reverie/compute/nn"
)

const torchFiles = "../../testdata/torchfiles"

type vggFacts struct {
	Layers map[string]string
	RGB    []float64
	W, B   []float32
	Out    []float64
}

func facts(t *testing.T) (v vggFacts) {
	b, err := os.ReadFile(torchFiles + "/vgg.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func narrow(t *testing.T) []Source {
	f, err := torch.Open(torchFiles + "/t2_vgg_narrow.pt")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return TorchSources(f)
}

// TestVGG19 compares layer by layer with torch, under torchvision's names, the paper's and prefixes.
func TestVGG19(t *testing.T) {
	want := facts(t).Layers
	list := narrow(t)
	paper := slices.Clone(list)
	for i := range paper {
		layer, kind, _ := strings.Cut(paper[i].Name, ".")
		n, kind, _ := strings.Cut(kind, ".")
		at, err := strconv.Atoi(n)
		if err != nil {
			t.Fatal(err)
		}
		if k := slices.Index(vggConv, at); layer == "features" {
			paper[i].Name = vggNames[k] + "." + kind
		} else {
			paper[i].Name = vggNames[16+at/3] + "." + kind
		}
	}
	convolutional := slices.Clone(list) // fc6 stored as a 7×7 convolution, fc7 as 1×1
	for i, s := range convolutional {
		switch s.Name {
		case "classifier.0.weight":
			convolutional[i].Shape = []int{64, 8, 7, 7}
		case "classifier.3.weight":
			convolutional[i].Shape = []int{64, 64, 1, 1}
		}
	}
	prefixed := slices.Clone(list)
	for i := range prefixed {
		prefixed[i].Name = "encoder.net." + prefixed[i].Name
	}
	for name, list := range map[string][]Source{"torchvision": list, "paper": paper, "convolutional": convolutional, "prefix": prefixed} {
		v, err := VGG19FromTorch(list)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(v.Weights) != 19 || len(v.Missing) > 0 {
			t.Errorf("%s: %d layers, %v missing", name, len(v.Weights), v.Missing)
		}
		for layer, sum := range want {
			h := sha256.New()
			p := v.Weights[layer]
			for _, x := range slices.Concat(p.W, p.B) {
				h.Write(binary.LittleEndian.AppendUint32(nil, math.Float32bits(x)))
			}
			if got := fmt.Sprintf("%x", h.Sum(nil)); got != sum {
				t.Errorf("%s: %s differs from torch's", name, layer)
			}
		}
		net, err := nn.VGG19(nn.VGG19Config{Divisor: 64, Classes: 10})
		if err != nil {
			t.Fatal(err)
		}
		if err := v.Weights.Check(net); err != nil {
			t.Error(err)
		}
	}
	// convolutions only
	v, err := VGG19FromTorch(list[:32])
	if err != nil || !slices.Equal(v.Missing, []string{"fc6", "fc7", "fc8"}) {
		t.Errorf("convolutions only: %v", err)
	}
}

// TestOthers: what is not VGG19 is an error that says what it is.
func TestOthers(t *testing.T) {
	change := func(f func(s *Source) bool) []Source {
		var out []Source
		for _, s := range narrow(t) {
			if f(&s) {
				out = append(out, s)
			}
		}
		return out
	}
	rename := func(at []int) []Source {
		var out []Source
		for i, s := range narrow(t)[:2*len(at)] {
			out = append(out, Source{Name: fmt.Sprintf("features.%d.%s", at[i/2], s.Name[strings.LastIndex(s.Name, ".")+1:]), Shape: s.Shape, Read: s.Read})
		}
		return out
	}
	bn := append(narrow(t), Source{Name: "features.1.running_mean", Shape: []int{1}})
	for want, list := range map[string][]Source{
		"this is VGG16":       rename([]int{0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28}),
		"this is VGG11":       rename([]int{0, 3, 6, 8, 11, 13, 16, 18}),
		"16 convolutions|has": rename([]int{0, 2, 5}),
		"batch normalisation": bn,
		"another network":     {{Name: "layer1.weight"}},
		"another network$":    {{Name: "conv1_1.weight"}, {Name: "conv2_1.weight"}}, // a generator's names
		"13 convolutions, VGG19 has 16: this is VGG16": {{Name: "net.conv1_1.weight"}, {Name: "net.conv1_2.weight"}, {Name: "net.conv5_3.weight"}},
		"features.14.bias": change(func(s *Source) bool { return s.Name != "features.14.bias" }),
		"do not follow": change(func(s *Source) bool {
			if s.Name == "features.5.weight" {
				s.Shape = []int{2, 3, 3, 3}
			}
			return true
		}),
		"fc6: weights of shape [64 391]": change(func(s *Source) bool {
			if s.Name == "classifier.0.weight" {
				s.Shape = []int{64, 391}
			}
			return true
		}),
		"biases of shape": change(func(s *Source) bool {
			if s.Name == "classifier.6.bias" {
				s.Shape = []int{11}
			}
			return true
		}),
		"fc7 is missing and fc8": change(func(s *Source) bool { return !strings.HasPrefix(s.Name, "classifier.3") }),
		"broken": change(func(s *Source) bool {
			s.Read = func() ([]float32, error) { return nil, errors.New("broken") }
			return true
		}),
	} {
		_, err := VGG19FromTorch(list)
		if err == nil || !regexp.MustCompile(strings.NewReplacer("[", `\[`, "]", `\]`, ".", `\.`).Replace(want)).MatchString(err.Error()) {
			t.Errorf("%q: %v", want, err)
		}
	}
}

// TestToBGR255 holds the converted first layer against torch's convolution of torchvision's input.
func TestToBGR255(t *testing.T) {
	f := facts(t)
	w := nn.Weights{"conv1_1": {W: f.W, B: f.B}}
	mean, err := ToBGR255(w)
	if err != nil {
		t.Fatal(err)
	}
	for c, want := range []float64{103.53, 116.28, 123.675} {
		if math.Abs(mean[c]-want) > 1e-9 {
			t.Errorf("mean %v", mean)
		}
	}
	const h, wd = 6, 5
	p := w["conv1_1"]
	worst := 0.0
	for o := range 2 {
		for y := range h {
			for x := range wd {
				sum := float64(p.B[o])
				for c := range 3 {
					for k := range 9 {
						yy, xx := y+k/3-1, x+k%3-1
						if yy < 0 || yy >= h || xx < 0 || xx >= wd {
							continue
						}
						bgr := f.RGB[(2-c)*h*wd+yy*wd+xx] - mean[c]
						sum += float64(p.W[o*27+c*9+k]) * bgr
					}
				}
				worst = max(worst, math.Abs(sum-f.Out[o*h*wd+y*wd+x]))
			}
		}
	}
	if !(worst < 2e-6) { // outputs are some 10; float32 weights are good to 6e-8 of each of 27 terms
		t.Errorf("differs by %g", worst)
	}
	t.Logf("largest difference %.2g", worst)
	if _, err := ToBGR255(nn.Weights{}); err == nil {
		t.Error("no conv1_1: no error")
	}
}

func TestIsTorchvisionVGG19(t *testing.T) {
	if !IsTorchvisionVGG19("DCBB9E9D"+strings.Repeat("0", 56)) || IsTorchvisionVGG19("dcbb9e9d") || IsTorchvisionVGG19(strings.Repeat("0", 64)) {
		t.Error("wrong")
	}
}

func TestFC6Order(t *testing.T) {
	const in, out, side = 12, 40, 5
	chw, hwc, noise := make([]float32, out*in*side*side), make([]float32, out*in*side*side), make([]float32, out*in*side*side)
	s := nn.NewStream(1, 1)
	for r := range out {
		for c := range in {
			a, b, k := s.Normal(uint64(r*100+c)), s.Normal(uint64(r*100+c+50)), s.Normal(uint64(r*100+c+9999))
			for y := range side {
				for x := range side {
					v := float32(a*float64(x-2) + b*float64(y-2) + k) // a smooth picture per channel
					chw[r*in*side*side+c*side*side+y*side+x] = v
					hwc[r*in*side*side+(y*side+x)*in+c] = v
				}
			}
		}
	}
	for i := range noise {
		noise[i] = float32(s.Normal(uint64(1e6 + i)))
	}
	for want, w := range map[string][]float32{"C,H,W": chw, "H,W,C": hwc, "": noise} {
		if got := fc6Order(w, in, out); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if fc6Order(make([]float32, in*out*side*side), in, out) != "" || fc6Order(noise[:in*out*2], in, out) != "" {
		t.Error("an order is seen in nothing")
	}
}
