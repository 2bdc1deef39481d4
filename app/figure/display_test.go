package figure

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"image"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"reverie/compute/format/mat"
)

const specimens = "../../../shared/data" // beside the repository, on machines that have it

// drawn repeats the hash of testdata/display/make.py.
func drawn[T float32 | float64](seed uint64, n int, kind string) []T {
	v := make([]T, n)
	for i := range v {
		x := (uint64(i) + seed*0x9E3779B97F4A7C15) * 0xBF58476D1CE4E5B9
		x ^= x >> 31
		x *= 0x94D049BB133111EB
		x ^= x >> 29
		v[i] = T(float64(x>>44)*(390.0/(1<<20)) - 60)
		switch {
		case kind == "constant":
			v[i] = 37.25
		case kind == "two values" && v[i] > 100:
			v[i] = 255
		case kind == "two values":
			v[i] = -3
		}
	}
	return v
}

func bytesRGB(img *image.NRGBA) []byte {
	out := make([]byte, 0, len(img.Pix)/4*3)
	for i := 0; i < len(img.Pix); i += 4 {
		out = append(out, img.Pix[i:i+3]...)
	}
	return out
}

func TestShowIsNumPys(t *testing.T) {
	raw, err := os.ReadFile("../../testdata/display/display.json")
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		Cases []struct {
			Type, Kind, Mode, SHA256 string
			Seed                     uint64
			H, W                     int
			Percent                  float64
		}
	}
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	if len(want.Cases) < 200 {
		t.Fatalf("%d cases", len(want.Cases))
	}
	for _, c := range want.Cases {
		d := Display{Mode(c.Mode), c.Percent}
		var img *image.NRGBA
		var err error
		if c.Type == "float32" {
			img, err = Show(d, drawn[float32](c.Seed, 3*c.H*c.W, c.Kind), c.H, c.W)
		} else {
			img, err = Show(d, drawn[float64](c.Seed, 3*c.H*c.W, c.Kind), c.H, c.W)
		}
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(bytesRGB(img))
		if hex.EncodeToString(sum[:]) != c.SHA256 {
			t.Errorf("%s %d × %d %s %v: other bytes than NumPy's", c.Type, c.W, c.H, c.Kind, d)
		}
	}
}

func TestShowOfReleasedRun(t *testing.T) {
	f, err := mat.Open(filepath.Join(specimens, "icnn/test/icnn_gd/recon_img.mat"))
	if err != nil {
		t.Skip("shared/data is absent: ", err)
	}
	defer f.Close()
	a, err := f.Read("recon_img")
	if err != nil {
		t.Fatal(err)
	}
	v, err := a.Float32()
	if err != nil {
		t.Fatal(err)
	}
	rgb := mat.RowMajor(a.Dims, v)
	kept := slices.Clone(rgb)
	for file, d := range map[string]Display{"icnn_gd_display_pct4.png": {Stretch, 4}, "icnn_gd_display_noclip.png": {Stretch, 0}} {
		raw, err := os.ReadFile(filepath.Join(specimens, "reference_runs", file))
		if err != nil {
			t.Fatal(err)
		}
		want, err := png.Decode(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		got, err := Show(d, rgb, 224, 224)
		if err != nil {
			t.Fatal(err)
		}
		differ := 0
		for i := range 224 * 224 {
			r, g, b, _ := want.At(i%224, i/224).RGBA()
			if !slices.Equal(got.Pix[4*i:4*i+3], []byte{byte(r >> 8), byte(g >> 8), byte(b >> 8)}) {
				differ++
			}
		}
		if differ > 0 {
			t.Errorf("%s: %d pixels differ from NumPy's picture", file, differ)
		}
	}
	if !slices.Equal(kept, rgb) {
		t.Error("showing changed the data")
	}
}

func TestPictureOfInput(t *testing.T) {
	x := []float32{10, 20, -30, 40, 100, 300} // two pixels: B, G, R
	img, err := Display{}.Picture(x, 1, 2, [3]float64{100, 110, 120})
	if err != nil {
		t.Fatal(err)
	}
	if want := []byte{220, 80, 110, 255, 255, 150, 120, 255}; !slices.Equal(img.Pix, want) {
		t.Errorf("pixels %v, want %v", img.Pix, want)
	}
}

func TestDisplayRefuses(t *testing.T) {
	for _, v := range []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))} {
		for _, d := range []Display{{}, {Stretch, 4}, {Channels, 4}} {
			if _, err := Show(d, []float32{1, 2, 3, 4, v, 6}, 1, 2); err == nil || !strings.Contains(err.Error(), "(1, 0), channel 1") {
				t.Errorf("%v of %v: %v", d, v, err)
			}
		}
	}
	for _, s := range [][3]int{{6, 1, 1}, {6, 0, 2}, {6, -1, -2}, {5, 1, 2}, {6, 1 << 62, 4}} {
		if _, err := Show(Display{}, make([]float32, s[0]), s[1], s[2]); err == nil {
			t.Errorf("%v was taken", s)
		}
	}
	if _, err := Show(Display{"sepia", 4}, make([]float32, 3), 1, 1); err == nil {
		t.Error("an unknown mode was taken")
	}
}

func TestParseDisplay(t *testing.T) {
	for in, want := range map[string]Display{"stretch": {Stretch, 4}, "stretch:0": {Stretch, 0}, "stretch:0.04": {Stretch, 0.04}, "raw": {Plain, 0}, "channel": {Channels, 4}, "channel:10": {Channels, 10}} {
		d, err := ParseDisplay(in)
		if err != nil || d != want {
			t.Errorf("%s: %v, %v", in, d, err)
		}
		if again, err := ParseDisplay(d.String()); err != nil || again != d {
			t.Errorf("%s writes itself as %s", in, d)
		}
	}
	for _, in := range []string{"", "raw:4", "stretch:", "stretch:x", "stretch:101", "stretch:-1", "stretch:NaN", "sepia", "channel:4:5"} {
		if d, err := ParseDisplay(in); err == nil {
			t.Errorf("%q was read as %v", in, d)
		}
	}
}

func FuzzShow(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, 4.0)
	f.Add([]byte{0, 0, 0, 0, 0, 0}, 100.0)
	f.Add(bytes.Repeat([]byte{7, 255, 9}, 40), 0.04)
	f.Fuzz(func(t *testing.T, raw []byte, percent float64) {
		n := len(raw) / 3
		if n == 0 {
			return
		}
		v := make([]float64, 3*n)
		for i := range v {
			v[i] = (float64(raw[i]) - 80) * float64(1+i%5)
		}
		for _, q := range []float64{percent / 2, 100 - percent/2} {
			if q >= 0 && q <= 100 {
				s := slices.Sorted(slices.Values(v))
				at := q / 100 * float64(len(s)-1)
				i := min(int(at), len(s)-1)
				j := min(i+1, len(s)-1)
				want := s[i] + (s[j]-s[i])*(at-float64(i))
				if got := percentile(slices.Clone(v), q); math.Abs(got-want) > 1e-9 {
					t.Fatalf("percentile %v is %v, want %v", q, got, want)
				}
			}
		}
		for _, m := range []Mode{Stretch, Channels} {
			if _, err := Show(Display{m, percent}, v, 1, n); err != nil && percent >= 0 && percent <= 100 {
				t.Fatal(err)
			}
		}
	})
}

func BenchmarkShow(b *testing.B) {
	v := drawn[float32](5, 3*224*224, "")
	for b.Loop() {
		if _, err := Show(Display{Stretch, 4}, v, 224, 224); err != nil {
			b.Fatal(err)
		}
	}
}
