package weights

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const published = "../../../shared/data/"

type realFacts struct {
	Bounds  map[string][5]float64
	MeanNpy [3]float64 `json:"mean_npy"`
	MeanMat [3]float64 `json:"mean_mat"`
	Std     map[string][]float64
}

// realExpect is what NumPy and SciPy read from the published files, which the test is skipped without.
func realExpect(t *testing.T) (v realFacts) {
	t.Helper()
	if _, err := os.Stat(published); err != nil {
		t.Skip("shared/data is absent")
	}
	b, err := os.ReadFile(modelFiles + "/real.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// The published bounds hold the numbers that NumPy reads, and are those of the layers that they are named after.
func TestPublishedBounds(t *testing.T) {
	facts := realExpect(t)
	if len(facts.Bounds) != 20 {
		t.Errorf("%d files", len(facts.Bounds))
	}
	want := map[string]string{"fc7": "relu7", "fc6": "relu6", "conv5": "pool5"}
	for name, f := range facts.Bounds {
		b, err := ReadBounds(published + name)
		if err != nil {
			t.Error(err)
			continue
		}
		sum, weighted := 0.0, 0.0
		for i, v := range b.Values {
			sum += v
			weighted += float64(i) * v
		}
		if got := [5]float64{float64(len(b.Values)), sum, slices.Min(b.Values), slices.Max(b.Values), weighted}; got != f {
			t.Errorf("%s: %v, NumPy reads %v", name, got, f)
		}
		layer := strings.TrimSuffix(filepath.Base(name), ".txt")
		if w, ok := want[layer]; ok {
			layer = w
		}
		if !slices.Equal(b.Layers, []string{layer}) || len(b.Notes) > 0 {
			t.Errorf("%s: %v %v", name, b.Layers, b.Notes)
		}
	}
}

func TestReadBounds(t *testing.T) {
	dir := t.TempDir()
	read := func(name, text string) (*Bounds, error) {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return ReadBounds(path)
	}
	b, err := read("b.txt", "\xef\xbb\xbf1 2.5\t3e0\r\n\n 0\v.5 ")
	if err != nil || !slices.Equal(b.Values, []float64{1, 2.5, 3, 0, .5}) || len(b.Layers) != 0 || len(b.Notes) != 1 {
		t.Errorf("%v %v", b, err)
	}
	many := strings.Repeat("2 ", 4096)
	for name, want := range map[string][]string{"act_range_3x.txt": {"relu7", "relu6"}, "relu7_act_range_3x.txt": {"relu7"}, "relu6.txt": {"relu6"}, "fc6_relu7.txt": {"relu7", "relu6"}} {
		b, err := read(name, many)
		if err != nil || !slices.Equal(b.Layers, want) || (len(b.Notes) == 0) != (len(want) == 1) {
			t.Errorf("%s: %v %v %v", name, b.Layers, b.Notes, err)
		}
	}
	if b, err := read("fc7.txt", strings.Repeat("2 ", 9216)); err != nil || !slices.Equal(b.Layers, []string{"pool5"}) || len(b.Notes) != 1 {
		t.Errorf("%v %v", b, err)
	}
	if b, err := read("pool5.txt", strings.Repeat("2 ", 1000)); err != nil || !slices.Equal(b.Layers, []string{"fc8"}) || len(b.Notes) != 1 {
		t.Errorf("%v %v", b, err)
	}
	for text, want := range map[string]string{
		"": "no numbers", "1 2\n3 x": "line 2, number 4: \"x\" is no number", "1,2": "no number", "1 -2": "below 0", "nan": "finite", "1 inf": "finite", "1e999": "no number",
		"0x10": "no number", "1_0": "no number", strings.Repeat("1 ", maxBounds+1): "more than",
	} {
		if _, err := read("bad.txt", text); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "bad.txt") {
			t.Errorf("%.20q: %v, want %q", text, err, want)
		}
	}
	if _, err := read("large.txt", strings.Repeat(" ", maxBoundsSize+1)); err == nil || !strings.Contains(err.Error(), "16 MiB") {
		t.Error(err)
	}
	for _, path := range []string{filepath.Join(dir, "missing"), dir} {
		if _, err := ReadBounds(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// FuzzBounds: no text panics, and what is accepted is finite and not negative.
func FuzzBounds(f *testing.F) {
	for _, s := range []string{"1 2 3", "4\t5\r\n6.5e-3 ", "nan", "-1", "0x1p4", "\xef\xbb\xbf7", strings.Repeat("2 ", 300)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		b, err := parseBounds(s)
		if err != nil {
			return
		}
		b.name("relu7.txt")
		for _, v := range b.Values {
			if !(v >= 0) || math.IsInf(v, 0) {
				t.Errorf("%g", v)
			}
		}
	})
}
