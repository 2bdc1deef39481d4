package weights

import (
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"reverie/compute/format/caffe"
	"reverie/compute/nn"
)

const caffeFiles = "../../testdata/caffe"

// Names and shapes of a small model of both generations are the same.
func TestCaffeSources(t *testing.T) {
	for _, name := range []string{"v1_packed_float.caffemodel", "new_packed_float.caffemodel"} {
		f, err := caffe.Open(caffeFiles + "/" + name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		want := map[string][]int{"conv1.weight": {4, 3, 3, 3}, "conv1.bias": {4}, "fc2.weight": {5, 64}, "fc2.bias": {5}}
		list := CaffeSources(f)
		if len(list) != len(want) {
			t.Errorf("%s: %d tensors", name, len(list))
		}
		for _, s := range list {
			if !slices.Equal(s.Shape, want[s.Name]) {
				t.Errorf("%s: %s has shape %v, want %v", name, s.Name, s.Shape, want[s.Name])
			}
		}
		if _, err := VGG19FromCaffe(f); err == nil || !strings.Contains(err.Error(), "another network") {
			t.Errorf("%s as VGG19: %v", name, err)
		}
	}
}

// TestCaffeFullSize reads a V1 model of VGG19's size, which testdata/caffe/make.py
// --full writes, and sets time and memory against a plain read of the file.
func TestCaffeFullSize(t *testing.T) {
	path := os.Getenv("REVERIE_FULL_CAFFEMODEL")
	if path == "" {
		t.Skip("set REVERIE_FULL_CAFFEMODEL to a model that testdata/caffe/make.py --full wrote")
	}
	begun := time.Now()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	plain, size := time.Since(begun), len(raw)
	raw = nil
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	begun = time.Now()
	f, err := caffe.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	v, err := VGG19FromCaffe(f)
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(begun)
	runtime.ReadMemStats(&after)
	net, err := nn.VGG19(nn.VGG19Config{})
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Weights.Check(net); err != nil || len(v.Missing) > 0 {
		t.Errorf("%v, missing %v", err, v.Missing)
	}
	allocated := after.TotalAlloc - before.TotalAlloc
	t.Logf("%s: %d MB, a plain read %v, ours %v, %.3f times the file allocated", v.Keys, size>>20, plain, took, float64(allocated)/float64(size))
	if float64(allocated) > 1.2*float64(size) {
		t.Errorf("%d MB were allocated for a file of %d MB", allocated>>20, size>>20)
	}
}
