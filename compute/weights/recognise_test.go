package weights

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"reverie/compute/format/npy"
)

const modelFiles = "../../testdata/models"

type wantGenerator struct {
	Tensors map[string]struct {
		Shape  []int
		SHA256 string
	}
	Output []int
	Z, Y   []float64
	Step   int
}

type modelFacts struct {
	Generators map[string]wantGenerator
	VGGHalf    map[string][2]string `json:"vgg_half"`
}

func modelExpect(t *testing.T) (v modelFacts) {
	t.Helper()
	b, err := os.ReadFile(modelFiles + "/expect.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func digestOf(v []float32) string {
	h := sha256.New()
	for _, x := range v {
		h.Write(binary.LittleEndian.AppendUint32(nil, math.Float32bits(x)))
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

func open(t *testing.T, path string) *File {
	t.Helper()
	f, err := Open(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Generators in every container are recognised, hold torch's values, and compute what torch computes.
func TestGenerators(t *testing.T) {
	facts := modelExpect(t)
	for name, want := range map[string]struct {
		key   string
		role  Role
		input string
	}{
		"generator_relu7.pt":        {"relu", GeneratorRelu7, "relu7"}, // zip, every tensor twice by shared storage
		"generator_relu6_legacy.pt": {"relu", GeneratorRelu6, "relu6"},
		"relu7.safetensors":         {"relu", GeneratorRelu7, "relu7"}, // one name of each tensor, now this now that
		"generator.caffemodel":      {"relu", GeneratorRelu, ""},
		"generator.npz":             {"relu", GeneratorRelu, ""}, // every tensor twice, as copies
		"generator_pool5.pt":        {"pool5", GeneratorPool5, "pool5"},
		"pool5.caffemodel":          {"pool5", GeneratorPool5, "pool5"},
	} {
		f := open(t, filepath.Join(modelFiles, name))
		if f.Role != want.role || f.Generator == nil || f.Generator.Input != want.input || f.Model != nil || len(f.SHA256) != 64 {
			t.Errorf("%s: %s %q: %+v", name, f.Role, f.About, f.Notes)
			continue
		}
		expect := facts.Generators[want.key]
		g := f.Generator
		if len(expect.Tensors) != 2*len(g.Layers) || !slices.Equal(expect.Output[1:], g.OutputShape) {
			t.Errorf("%s: %d layers, output %v", name, len(g.Layers), g.OutputShape)
		}
		for _, l := range g.Layers {
			w, b := expect.Tensors[l.Name+".weight"], expect.Tensors[l.Name+".bias"]
			if digestOf(l.Weight) != w.SHA256 || digestOf(l.Bias) != b.SHA256 {
				t.Errorf("%s: %s has other values than torch's", name, l.Name)
			}
		}
		y, worst, size := forward(g, expect.Z), 0.0, 0.0
		for i, v := range expect.Y {
			size = max(size, math.Abs(v))
			worst = max(worst, math.Abs(y[i*expect.Step]-v))
		}
		if !(worst < 1e-6*size) || (len(y)+expect.Step-1)/expect.Step != len(expect.Y) {
			t.Errorf("%s: %d values, differs from torch by %g", name, len(y), worst)
		}
		t.Logf("%s: %s; largest difference of its output from torch %.2g of values up to %.2g; %v", name, f.About, worst, size, f.Notes)
	}
}

// forward computes a generator as its layers say, in float64.
func forward(g *Generator, x []float64) []float64 {
	for _, l := range g.Layers {
		var y []float64
		if l.Kind == "InnerProduct" {
			y = make([]float64, l.Out[0])
			for o := range y {
				for i, v := range x {
					y[o] += float64(l.Weight[o*len(x)+i]) * v
				}
			}
		} else {
			y = make([]float64, l.Out[0]*l.Out[1]*l.Out[2])
			ih, iw, oh, ow, k := l.In[1], l.In[2], l.Out[1], l.Out[2], l.Kernel
			for i := range l.In[0] {
				for o := range l.Out[0] {
					for ky := range k {
						for kx := range k {
							var w float64
							if l.Kind == "Convolution" {
								w = float64(l.Weight[((o*l.In[0]+i)*k+ky)*k+kx])
							} else {
								w = float64(l.Weight[((i*l.Out[0]+o)*k+ky)*k+kx])
							}
							for a := range ih * iw { // of a convolution, over the output instead
								from, to := a, 0
								py, px := a/iw*l.Stride+ky-l.Pad, a%iw*l.Stride+kx-l.Pad
								if l.Kind == "Convolution" {
									py, px = a/iw-ky+l.Pad, a%iw-kx+l.Pad
								}
								if py < 0 || py >= oh || px < 0 || px >= ow {
									continue
								}
								to = py*ow + px
								y[o*oh*ow+to] += w * x[i*ih*iw+from]
							}
						}
					}
				}
			}
		}
		per := len(y) / l.Out[0]
		for i := range y {
			y[i] += float64(l.Bias[i/per])
			if y[i] < 0 {
				y[i] *= float64(l.Slope)
			}
		}
		x = y
	}
	return x
}

// VGG19 as V1 Caffe model and as half-precision safetensors.
func TestVGG19Files(t *testing.T) {
	want := modelExpect(t).VGGHalf
	for _, name := range []string{"vgg_v1.caffemodel", "vgg_half.safetensors"} {
		f := open(t, filepath.Join(modelFiles, name))
		if f.Role != RoleVGG19 || f.Model == nil || len(f.Model.Weights) != 19 || len(f.Tensors) != 38 {
			t.Fatalf("%s: %s, %d tensors", name, f.Role, len(f.Tensors))
		}
		for layer, sums := range want {
			p := f.Model.Weights[layer]
			if digestOf(p.W) != sums[0] || digestOf(p.B) != sums[1] {
				t.Errorf("%s: %s has other values than torch's", name, layer)
			}
		}
		raw, err := os.ReadFile(filepath.Join(modelFiles, name))
		if err != nil {
			t.Fatal(err)
		}
		if f.SHA256 != fmt.Sprintf("%x", sha256.Sum256(raw)) {
			t.Errorf("%s: SHA-256 %s", name, f.SHA256)
		}
	}
}

// CaffeNet and AlexNet are told apart; other tensors are listed.
func TestOtherFiles(t *testing.T) {
	for name, want := range map[string]string{"caffenet_v1.caffemodel": "CaffeNet", "alexnet.caffemodel": "AlexNet", "reference_net.pt": "CaffeNet"} {
		f := open(t, filepath.Join(modelFiles, name))
		if f.Role != RoleAlexNet || f.About != want || len(f.Tensors) != 16 || !slices.Contains(f.Notes, "not used by Reverie yet") {
			t.Errorf("%s: %s %q %v", name, f.Role, f.About, f.Notes)
		}
	}
	f := open(t, caffeFiles+"/v1_packed_float.caffemodel")
	if f.Role != RoleUnknown || len(f.Tensors) != 4 || f.Tensors[0].Name != "conv1.weight" || f.Tensors[0].DType != "float32" || len(f.SHA256) != 64 {
		t.Errorf("%+v", f)
	}
}

// Published files open, and are what they are.
func TestRealFiles(t *testing.T) {
	const folder = "../../../shared/data/"
	if _, err := os.Stat(folder); err != nil {
		t.Skip("shared/data is absent")
	}
	for name, tensors := range map[string]int{
		"MTCNN_face_detection_alignment/det1.caffemodel": 13, "MTCNN_face_detection_alignment/det2.caffemodel": 18,
		"PerceptualSimilarity/lpips/weights/v0.1/alex.pth": 5, "aesthetic-predictor/sa_0_4_vit_b_32_linear.pth": 2, "PyFastL2LiR/tests/testdata.npz": -1,
	} {
		f := open(t, folder+name)
		if f.Role != RoleUnknown || len(f.Tensors) != tensors && tensors > 0 || len(f.Notes) == 0 {
			t.Errorf("%s: %s, %d tensors, %v", name, f.Role, len(f.Tensors), f.Notes)
		}
	}
}

// A folder of .npy files is a model too, in flat names or in folders.
func TestFolder(t *testing.T) {
	z, err := npy.OpenArchive(modelFiles + "/generator.npz")
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	dir := filepath.Join(t.TempDir(), "relu6")
	flat, lines := filepath.Join(dir, "flat"), []string{}
	nested := filepath.Join(dir, "nested")
	for _, name := range z.Names() {
		a, err := z.Array(name)
		if err != nil {
			t.Fatal(err)
		}
		v, err := npy.ReadAll[float32](a)
		if err != nil {
			t.Fatal(err)
		}
		layer, kind := name[:strings.LastIndex(name, ".")], name[strings.LastIndex(name, ".")+1:]
		for _, path := range []string{filepath.Join(flat, name+".npy"), filepath.Join(nested, layer, kind+".npy")} {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := npy.Write(path, a.Shape, v); err != nil {
				t.Fatal(err)
			}
		}
		raw, err := os.ReadFile(filepath.Join(flat, name+".npy"))
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, fmt.Sprintf("%x  %s.npy\n", sha256.Sum256(raw), name))
	}
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(a[66:], b[66:]) })
	told := int64(0)
	f, err := Open(t.Context(), flat, func(done, _ int64) { told = done })
	if err != nil {
		t.Fatal(err)
	}
	if f.Role != GeneratorRelu6 || f.Format != npyFormat || f.SHA256 != fmt.Sprintf("%x", sha256.Sum256([]byte(strings.Join(lines, "")))) || told == 0 {
		t.Errorf("%s, SHA-256 %s, told %d", f.Role, f.SHA256, told)
	}
	n := open(t, nested)
	for i, l := range n.Generator.Layers {
		if !slices.Equal(l.Weight, f.Generator.Layers[i].Weight) {
			t.Errorf("%s differs", l.Name)
		}
	}
	if err := npy.Write(filepath.Join(nested, "defc7.weight.npy"), []int{1}, []float32{1}); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), nested, nil); err == nil || !strings.Contains(err.Error(), "two arrays are called") {
		t.Errorf("%v", err)
	}
	if _, err := Open(t.Context(), t.TempDir(), nil); !errors.Is(err, ErrUnknown) {
		t.Errorf("an empty folder: %v", err)
	}
	if _, err := Open(t.Context(), filepath.Join(flat, "defc7.bias.npy"), nil); !errors.Is(err, ErrUnknown) || !strings.Contains(err.Error(), "a folder of them") {
		t.Errorf("one array: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(ctx, flat, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
