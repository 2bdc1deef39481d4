package stimuli

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"image"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	small = "../../../testdata/stimuli"
	runs  = "../../../../shared/data/reference_runs" // beside the repository, on machines that have it
)

func load(t *testing.T, path string) *image.NRGBA {
	t.Helper()
	img, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// worst is the greatest difference of two images in grey levels.
func worst(t *testing.T, a, b *image.NRGBA) int {
	t.Helper()
	if a.Rect != b.Rect {
		t.Fatalf("sizes differ: %v, %v", a.Rect, b.Rect)
	}
	d := 0
	for i := range a.Pix {
		e := int(a.Pix[i]) - int(b.Pix[i])
		d = max(d, e, -e)
	}
	return d
}

func TestResizeIsPillows(t *testing.T) {
	src := load(t, filepath.Join(small, "source.png"))
	for _, s := range [][2]int{{16, 16}, {64, 50}, {37, 11}, {9, 29}, {50, 12}} {
		want := load(t, filepath.Join(small, fmt.Sprintf("source_%dx%d.png", s[0], s[1])))
		if d := worst(t, Resize(src, s[0], s[1]), want); d != 0 {
			t.Errorf("%d×%d differs from Pillow by %d", s[0], s[1], d)
		}
	}
	if worst(t, Resize(src, 37, 29), src) != 0 {
		t.Error("the same size changes the image")
	}
	whole := image.Rect(4, 3, 30, 20) // a part of an image, not at the origin
	if worst(t, Resize(src.SubImage(whole).(*image.NRGBA), 11, 13), Resize(crop(src.SubImage(whole).(*image.NRGBA)), 11, 13)) != 0 {
		t.Error("a sub-image resizes differently")
	}
}

func TestResizePhotographs(t *testing.T) {
	for _, name := range []string{"cat", "orig"} {
		path := filepath.Join(runs, name+"_decoded_rgb.png")
		if _, err := os.Stat(path); err != nil {
			t.Skip("the reference pictures are not here: " + err.Error())
		}
		want := load(t, filepath.Join(runs, name+"_224_bicubic.png"))
		if d := worst(t, Resize(load(t, path), 224, 224), want); d != 0 {
			t.Errorf("%s differs from Pillow by %d", name, d)
		}
	}
}

func TestLoadFormats(t *testing.T) {
	for _, c := range []struct {
		file, want string
		levels     int // JPEG decoders differ in rounding
	}{
		{"smooth.bmp", "smooth.png", 0}, {"smooth.tif", "smooth.png", 0}, {"smooth.webp", "smooth.png", 0},
		{"smooth.gif", "smooth_gif_expected.png", 0}, {"alpha.png", "alpha_expected.png", 1},
		{"smooth.jpg", "smooth.png", 6}, {"smooth_cmyk.JPEG", "smooth_cmyk_expected.png", 3},
	} {
		if d := worst(t, load(t, filepath.Join(small, c.file)), load(t, filepath.Join(small, c.want))); d > c.levels {
			t.Errorf("%s differs from %s by %d", c.file, c.want, d)
		}
	}
	grey := load(t, filepath.Join(small, "smooth_grey.jpg"))
	for i := 0; i < len(grey.Pix); i += 4 {
		if grey.Pix[i] != grey.Pix[i+1] || grey.Pix[i] != grey.Pix[i+2] || grey.Pix[i+3] != 255 {
			t.Fatalf("grey JPEG is coloured: %v", grey.Pix[i:i+4])
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	dir := t.TempDir()
	file := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	whole, err := os.ReadFile(filepath.Join(small, "source.png"))
	if err != nil {
		t.Fatal(err)
	}
	huge := append([]byte(nil), whole...)
	binary.BigEndian.PutUint32(huge[16:], 100000)
	binary.BigEndian.PutUint32(huge[20:], 100000)
	binary.BigEndian.PutUint32(huge[29:], crc32.ChecksumIEEE(huge[12:29]))
	for path, want := range map[string]string{
		file("text.png", []byte("not a picture")): "not an image",
		file("empty.jpg", nil):                    "not an image",
		file("cut.png", whole[:len(whole)/2]):     "damaged or cut short",
		file("header.png", whole[:20]):            "header is damaged",
		file("huge.png", huge):                    "too large",
		filepath.Join(dir, "absent.png"):          "no such file",
		dir:                                       "load image",
	} {
		if _, err := Load(path); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %v, want one with %q and the path", filepath.Base(path), err, want)
		}
	}
}

func TestInputAndBack(t *testing.T) {
	img := load(t, filepath.Join(small, "source.png"))
	x := ToInput(img, LabMean)
	n := 37 * 29
	at := img.PixOffset(5, 7)
	for c, channel := range [3]int{2, 1, 0} { // B, G, R
		if want := float32(float64(img.Pix[at+channel]) - LabMean[c]); x[c*n+7*37+5] != want {
			t.Errorf("channel %d: %g, want %g", c, x[c*n+7*37+5], want)
		}
	}
	if worst(t, FromInput(x, 29, 37, LabMean), img) != 0 {
		t.Error("input and back is not the same image")
	}
	odd := []float32{-1000, float32(math.NaN()), 1000}
	if p := FromInput(odd, 1, 1, LabMean).Pix; p[0] != 255 || p[1] != 0 || p[2] != 0 {
		t.Errorf("out of range: %v, want [255 0 0 255]", p)
	}
	if p := Display(make([]float32, 12), 2, 2, [3]float64{7, 7, 7}, 4).Pix; p[0] != 0 {
		t.Errorf("a flat image shows as %v, want black", p[:4])
	}
}

func TestDisplayIsTheLabs(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(small, "display.json"))
	if err != nil {
		t.Fatal(err)
	}
	var rgb []float64 // [6][7][3]
	if err := json.Unmarshal(raw, &rgb); err != nil {
		t.Fatal(err)
	}
	x := make([]float32, len(rgb))
	for i, v := range rgb {
		x[(2-i%3)*42+i/3] = float32(v - LabMean[2-i%3])
	}
	for _, pct := range []float64{4, 0} {
		want := load(t, filepath.Join(small, fmt.Sprintf("display_%g.png", pct)))
		// The fixture is float64, x is float32: a value within 1e-5 of a level may fall to the other side.
		if d := worst(t, Display(x, 6, 7, LabMean, pct), want); d > 1 {
			t.Errorf("pct %g differs by %d", pct, d)
		}
	}
}

func TestOpenSet(t *testing.T) {
	dir := t.TempDir()
	for _, f := range []string{"a/n01443537_22563.JPEG", "a/red.square.png", "b/n01443537_22563.png", "b/.hidden/x.png", "b/notes.txt"} {
		path := filepath.Join(dir, filepath.FromSlash(f))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s, err := OpenSet(filepath.Join(dir, "a"), filepath.Join(dir, "b"))
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(s.Labels()); got != "[n01443537_22563 red.square]" || s.Len() != 2 {
		t.Errorf("labels %s", got)
	}
	for _, label := range []string{"n01443537_22563", "n01443537_22563.JPEG"} {
		if p, ok := s.Match(label); !ok || p != filepath.Join(dir, "a", "n01443537_22563.JPEG") {
			t.Errorf("%s: %q %v", label, p, ok)
		}
	}
	if _, ok := s.Match("x"); ok {
		t.Error("a hidden folder was looked through")
	}
	if _, err := OpenSet(filepath.Join(dir, "absent")); err == nil {
		t.Error("an absent folder gives no error")
	}
}
