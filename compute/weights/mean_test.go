package weights

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reverie/compute/format/mat"
	"reverie/compute/format/npy"
)

func near(a, b [3]float64, by float64) bool {
	for i := range a {
		if !(math.Abs(a[i]-b[i]) <= by) {
			return false
		}
	}
	return true
}

// The published means are what NumPy and SciPy say, and the lab's BGR.
func TestPublishedMeans(t *testing.T) {
	facts := realExpect(t)
	for path, want := range map[string][3]float64{"caffe/python/caffe/imagenet/ilsvrc_2012_mean.npy": facts.MeanNpy, "synthesizing/ilsvrc_2012_mean.mat": facts.MeanMat} {
		m, err := ReadMean(published + path)
		if err != nil {
			t.Error(err)
			continue
		}
		bgr, err := m.BGR255()
		if err != nil || !near(bgr, want, 1e-9) || m.Order != "BGR" || m.Unit || len(m.Notes) > 0 {
			t.Errorf("%s: %v %+v, want %v (%v)", path, bgr, m, want, err)
		}
	}
	if !near(facts.MeanNpy, [3]float64{104.0069879317889, 116.66876761696767, 122.6789143406786}, 1e-9) {
		t.Error("not the lab's mean")
	}
}

func TestReadMean(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, shape []int, v ...float64) string {
		path := filepath.Join(dir, name+".npy")
		if err := npy.Write(path, shape, v); err != nil {
			t.Fatal(err)
		}
		return path
	}
	matFile := func(name string, dims []int, v ...float64) string {
		path := filepath.Join(dir, name+".mat")
		a, err := mat.Numeric(dims, v)
		if err != nil {
			t.Fatal(err)
		}
		if err := mat.Write(path, true, mat.Variable{Name: "m", Value: a}, mat.Variable{Name: "note", Value: mat.Text("abc")}); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, c := range []struct {
		path  string
		order string
		unit  bool
		want  [3]float64
	}{
		{write("colour", []int{3}, 104, 117, 123), "BGR", false, [3]float64{104, 117, 123}},
		{write("rgb", []int{1, 3, 1, 1}, 123.68, 116.779, 103.939), "RGB", false, [3]float64{103.939, 116.779, 123.68}},
		{write("torchvision", []int{3, 1, 1}, .485, .456, .406), "RGB", true, [3]float64{103.53, 116.28, 123.675}},
		{write("chw", []int{3, 2, 2}, 100, 102, 100, 102, 110, 110, 110, 114, 120, 120, 124, 124), "BGR", false, [3]float64{101, 111, 122}},
		{write("hwc", []int{2, 2, 3}, 100, 110, 120, 102, 110, 120, 100, 110, 124, 102, 114, 124), "BGR", false, [3]float64{101, 111, 122}},
		{matFile("mhwc", []int{2, 2, 3}, 100, 100, 102, 102, 110, 110, 110, 114, 120, 124, 120, 124), "BGR", false, [3]float64{101, 111, 122}},
		{matFile("mrow", []int{1, 3}, 104, 117, 124), "BGR", false, [3]float64{104, 117, 124}},
	} {
		m, err := ReadMean(c.path)
		if err != nil {
			t.Error(err)
			continue
		}
		v, err := m.BGR255()
		if err != nil || m.Order != c.order || m.Unit != c.unit || !near(v, c.want, 1e-9) || (len(m.Notes) > 0) != (c.unit || c.order == "RGB") {
			t.Errorf("%s: %+v, %v, %v", c.path, m, v, err)
		}
	}
	for _, v := range [][]float64{{117, 104, 123}, {-20, 1, 20}, {300, 400, 500}, {0, 0, 0}} {
		m, err := ReadMean(write("odd", []int{3}, v...))
		if err != nil || len(m.Notes) == 0 {
			t.Errorf("%v: %+v %v", v, m, err)
			continue
		}
		if _, err := m.BGR255(); err == nil {
			t.Errorf("%v: an order", v)
		}
	}
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte("no mean at all"), 0o644); err != nil {
		t.Fatal(err)
	}
	h5 := filepath.Join(dir, "h5")
	if err := os.WriteFile(h5, []byte("\x89HDF\r\n\x1a\n12345"), 0o644); err != nil {
		t.Fatal(err)
	}
	short := filepath.Join(dir, "short")
	if err := os.WriteFile(short, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		write("grey", []int{4, 4}, make([]float64, 16)...): "want (3)", write("nan", []int{3}, 1, math.NaN(), 2): "value 1 is NaN", write("none", []int{3, 0, 4}): "want (3)",
		matFile("none", []int{2, 2}, 1, 2, 3, 4): "0 arrays with three channels", text: "text", h5: "HDF5", short: "too short", filepath.Join(dir, "missing"): "missing",
	} {
		if _, err := ReadMean(path); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
}

// A Caffe blob of noise between 0 and 1, as google.protobuf wrote it, is read and its scale is seen.
func TestBinaryprotoMean(t *testing.T) {
	m, err := ReadMean(caffeFiles + "/mean.binaryproto")
	if err != nil || m.Format != "Caffe blob" || len(m.Shape) != 4 || !m.Unit {
		t.Errorf("%+v %v", m, err)
	}
}

// The published statistics compare with themselves and show the scale of the input.
func TestCompareStd(t *testing.T) {
	facts := realExpect(t)
	raw := scaled(facts.Std, 1)
	f, err := mat.Open(published + "InterIndividualDeepImageReconstruction/image_reconstruction/data/estimated_vgg19_cnn_feat_std.mat")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for name := range raw {
		a, err := f.Read(name)
		if err != nil {
			t.Fatal(err)
		}
		v, err := a.Float64()
		if err != nil || len(v) != 1 || v[0] != facts.Std[name][0] {
			t.Errorf("%s: %v %v", name, v, err)
		}
	}
	if v := facts.Std["conv1_1"][0]; math.Abs(v-publishedStd) > 1e-5 || len(raw) != 45 {
		t.Errorf("conv1_1 %v, %d variables", v, len(raw))
	}
	for _, c := range []struct {
		by            float64
		verdict, text string
	}{{1, "ok", "as the published"}, {1.3, "ok", "as the published"}, {1 / 1.3, "ok", ""}, {2, "near", "somewhat"}, {1.0 / 57, "far", "input is probably scaled 0–1"}, {57, "far", "expect an input of 0–1"}, {4, "far", "not the published network"}} {
		r := CompareStd(scaled(facts.Std, c.by), raw)
		if r.Verdict != c.verdict || !strings.Contains(r.Why, c.text) || len(r.Layers) != 45 || math.Abs(r.Layers[0].Ratio/c.by-1) > 1e-12 {
			t.Errorf("× %g: %s, %s", c.by, r.Verdict, r.Why)
		}
	}
	if _, err := json.Marshal(CompareStd(scaled(facts.Std, math.NaN()), raw)); err != nil {
		t.Errorf("a report with numbers missing is no JSON: %v", err)
	}
}

func scaled(in map[string][]float64, by float64) map[string][]float64 {
	out := map[string][]float64{}
	for k, v := range in {
		for _, x := range v {
			out[k] = append(out[k], x*by)
		}
	}
	return out
}

// Channels are averaged; layers of one side only are left out; what is no number is said.
func TestCompareStdParts(t *testing.T) {
	r := CompareStd(map[string][]float64{"a": {1, 3}, "b": {1}, "c": {math.NaN(), 1}, "d": {}, "e": {5}, "conv1_1": {2}},
		map[string][]float64{"a": {2}, "b": {0.1}, "c": {1}, "d": {1}, "conv1_1": {2.5}, "x": {1}})
	want := map[string]string{"a": "ok", "b": "far", "c": "unusable", "d": "unusable", "conv1_1": "ok"}
	if len(r.Layers) != len(want) || r.Verdict != "far" || !strings.Contains(r.Why, "conv1_1 is as published") || !strings.Contains(r.Why, "b 10×") || !strings.Contains(r.Why, "not comparable: c, d") {
		t.Errorf("%+v", r)
	}
	for _, l := range r.Layers {
		if l.Verdict != want[l.Layer] {
			t.Errorf("%+v", l)
		}
	}
	if r := CompareStd(nil, nil); r.Verdict != "unusable" || r.Why == "" {
		t.Errorf("%+v", r)
	}
}
