package inspect

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFolders(t *testing.T) {
	results := t.TempDir()
	record := `{"program": "reverie 0123456789", "network": "VGG19", "source": "decoded features of S1", "roi": "VC", "layers": ["conv1_1", "fc8"],
		"images": [{"label": "a", "pixel_correlation": 0.25}, {"label": "b", "pixel_correlation": 0.75}, {"label": "c", "error": "no features"}]}`
	if err := os.WriteFile(filepath.Join(results, "record.json"), []byte(record), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path, kind string
		facts      map[string]string
	}{
		{results, "results folder", map[string]string{"made by": "reverie 0123456789", "ROI": "VC", "layers": "conv1_1 fc8",
			"images": "3, 1 of them failed", "pixel correlation": "mean 0.500 of 2 images"}},
		{filepath.Join(testdata, "stimuli"), "folder of pictures", nil},
		{filepath.Join(testdata, "features/trees/pickle5"), "statistics of features (bdpy)", nil},
		{filepath.Join(testdata, "features/trees/v5"), "true features", map[string]string{"collection": "VGG19", "labels": "3"}},
		{filepath.Join(testdata, "features/trees/release"), "decoded features, layout of the 2019 release", map[string]string{"ROIs": "2: V1 VC"}},
		{filepath.Join(testdata, "features/store"), "features, chunked layout", nil},
		{filepath.Join(specimens, "bdpy/tests/data/test_models/fastl2lir-nochunk-bd"), "decoder model folder",
			map[string]string{"_status.computation_id": "fastl2lir-nochunk-bd", "_status.computation_status": "done"}},
	} {
		if _, err := os.Stat(c.path); err != nil && strings.HasPrefix(c.path, specimens) {
			t.Log("shared/data is absent: ", err)
			continue
		}
		d := open(t, c.path)
		if !strings.HasPrefix(d.Kind, c.kind) {
			t.Errorf("%s is %q, want %q", c.path, d.Kind, c.kind)
		}
		for name, want := range c.facts {
			if fact(d, name) != want {
				t.Errorf("%s: %s is %q, want %q", c.path, name, fact(d, name), want)
			}
		}
		if len(d.Roots) == 0 {
			t.Errorf("%s shows nothing", c.path)
		}
	}
}

func TestFormat(t *testing.T) {
	for _, c := range []struct {
		v      float64
		double bool
		want   string
	}{
		{0, true, "0"}, {1518878.005958, true, "1518878.005958"}, {1.0 / 3, true, "0.33333333"}, {1e-20, true, "1e-20"}, {-2.5, false, "-2.5"},
		{float64(float32(0.1)), false, "0.1"}, {1e15, true, "1e+15"}, {123456789012, true, "123456789012"}, {2.0 / 3 * 1e9, true, "666666670"},
	} {
		if got := number(c.v, c.double); got != c.want {
			t.Errorf("%g: %s, want %s", c.v, got, c.want)
		}
	}
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", -1234567: "-1,234,567", -100: "-100"} {
		if got := Count(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
	for n, want := range map[int64]string{1: "1 byte", 1023: "1,023 bytes", 1536: "1.5 KiB", 574669909: "548.0 MiB"} {
		if got := Bytes(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
	if got := clean("a\tb\x1b[31m\nc\xff", 100); got != "a b·[31m c·" {
		t.Errorf("%q", got)
	}
	if got := Shape([]int{1, 4096}) + Shape([]int{}) + Shape(nil); got != "1 × 4,096scalar" {
		t.Error(got)
	}
}

// TestCancelled: a context that has ended is an error of what is asked for afterwards.
func TestCancelled(t *testing.T) {
	d := open(t, filepath.Join(testdata, "formats/arrays/version1.npy"))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := d.Roots[0].Values(ctx, 1); err == nil {
		t.Error("values after the end")
	}
}
