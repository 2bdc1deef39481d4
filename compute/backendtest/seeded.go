package backendtest

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"reverie/compute/nn"
)

// What testdata/vgg/seeded.py makes, restated here, and the files beside it.

// meanBGR is subtracted from every image.
var meanBGR = [3]float64{104.00699, 116.66877, 122.67892}

// noise is white noise: channel c is 255·uniform of stream c, less the mean.
func noise(seed uint64, in nn.Shape) []float32 {
	x := make([]float32, 0, in.Len())
	for c := range in.C {
		s := nn.NewStream(seed, uint64(c))
		for i := range in.H * in.W {
			x = append(x, float32(255*s.Uniform(uint64(i))-meanBGR[c]))
		}
	}
	return x
}

// field is seeded.py's field of soft colours. The conversions forbid fused
// multiply-adds, so that every processor rounds as NumPy does.
func field(seed uint64, in nn.Shape) []float32 {
	axis := func(i, n int) (k int, f float64) {
		u := float64(i) * 6 / float64(n-1)
		k = min(int(u), 5)
		return k, u - float64(k)
	}
	mix := func(f, a, b float64) float64 { return float64((1-f)*a) + float64(f*b) }
	x := make([]float32, 0, in.Len())
	for c := range in.C {
		grid, fine := nn.NewStream(seed, uint64(c)), nn.NewStream(seed, uint64(3+c))
		at := func(ky, kx int) float64 { return grid.Uniform(uint64(7*ky + kx)) }
		for i := range in.H * in.W {
			ky, fy := axis(i/in.W, in.H)
			kx, fx := axis(i%in.W, in.W)
			v := mix(fy, mix(fx, at(ky, kx), at(ky, kx+1)), mix(fx, at(ky+1, kx), at(ky+1, kx+1)))
			x = append(x, float32(32+float64(191*v)+float64(32*fine.Uniform(uint64(i)))-meanBGR[c]))
		}
	}
	return x
}

// seededWeights are the script's; digest tells that they are.
func seededWeights(t *testing.T, net *nn.Network, digest string) nn.Weights {
	t.Helper()
	w := nn.Seeded(net, 7, 0.1)
	if got := w.SHA256(net); got != digest {
		t.Fatalf("%s: weights have digest %s, the script's %s", net.Name, got, digest)
	}
	return w
}

// vggFile reads a file of testdata/vgg, which stands beside go.mod: a test runs
// in its package's folder, whichever that is.
func vggFile(t *testing.T, name string) []byte {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("no go.mod above the test's folder: run the tests inside the module, testdata/vgg is needed")
		}
		dir = up
	}
	b, err := os.ReadFile(filepath.Join(dir, "testdata", "vgg", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func readJSON(t *testing.T, name string, v any) {
	t.Helper()
	if err := json.Unmarshal(vggFile(t, name), v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// floats reads n little-endian float32.
func floats(t *testing.T, name string, n int) []float32 {
	t.Helper()
	b := vggFile(t, name)
	if len(b) != 4*n {
		t.Fatalf("%s has %d bytes, want %d", name, len(b), 4*n)
	}
	v := make([]float32, n)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return v
}
