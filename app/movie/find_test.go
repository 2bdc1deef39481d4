package movie

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"reverie/app/figure"
)

func grey(t *testing.T, path string, v uint8) {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, 4, 3))
	for i := range img.Pix {
		img.Pix[i] = v
	}
	for i := 3; i < len(img.Pix); i += 4 {
		img.Pix[i] = 255
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

func labelsOf(found []Sequence) (out []string) {
	for _, s := range found {
		out = append(out, s.Label)
	}
	return out
}

func TestFind(t *testing.T) {
	root := t.TempDir()
	at := func(p ...string) string { return filepath.Join(append([]string{root}, p...)...) }
	for _, n := range []string{"000000", "000010", "000100"} {
		grey(t, at("S1", "VC", "snapshots", "image-Img10", n+".png"), 10)
	}
	grey(t, at("S1", "VC", "snapshots", "image-Img9", "00020.png"), 20)
	grey(t, at("S1", "VC", "snapshots", "image-Img9", "00020.jpg"), 20)
	grey(t, at("S1", "VC", "snapshots", "image-Img9", "3.jpg"), 20)
	grey(t, at("S1", "VC", "snapshots", "image-Img9", "notes.png"), 20)
	grey(t, at("S1", "VC", "snapshots", "image-Img9", "0000000001.png"), 20)
	grey(t, at("S1", "VC", "original_image-Img9.png"), 30)
	grey(t, at("S1", "VC", "recon_image-Img9.png"), 30)
	grey(t, at("S1", ".old", "snapshots", "image-Img9", "1.png"), 30)
	found, err := Find(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(labelsOf(found), []string{"Img9", "Img10"}) {
		t.Fatalf("found %v", labelsOf(found))
	}
	if f := found[0]; len(f.Frames) != 2 || f.Frames[0].Iteration != 3 || filepath.Base(f.Frames[1].Path) != "00020.png" || f.Original != at("S1", "VC", "original_image-Img9.png") {
		t.Errorf("%+v", f)
	}
	if f := found[1]; len(f.Frames) != 3 || f.Frames[2].Iteration != 100 || f.Original != "" {
		t.Errorf("%+v", f)
	}
	// one label in two regions
	grey(t, at("S1", "V1", "snapshots", "image-Img9", "1.png"), 40)
	if found, err = Find(t.Context(), root); err != nil || !slices.Equal(labelsOf(found), []string{"V1 Img9", "VC Img9", "Img10"}) {
		t.Errorf("found %v, %v", labelsOf(found), err)
	}
	// the folder of one image, of several, and a folder given twice over
	for _, c := range []struct {
		dirs []string
		want []string
	}{
		{[]string{at("S1", "VC", "snapshots", "image-Img10")}, []string{"Img10"}},
		{[]string{at("S1", "VC", "snapshots")}, []string{"Img9", "Img10"}},
		{[]string{at("S1", "VC"), at("S1", "V1")}, []string{"VC Img9", "Img10", "V1 Img9"}},
	} {
		if found, err := Find(t.Context(), c.dirs...); err != nil || !slices.Equal(labelsOf(found), c.want) {
			t.Errorf("%v: %v, %v", c.dirs, labelsOf(found), err)
		}
	}
}

func TestFindRefuses(t *testing.T) {
	dir := t.TempDir()
	if _, err := Find(t.Context(), dir); !errors.Is(err, ErrNone) || !strings.Contains(err.Error(), "--snapshots") {
		t.Errorf("an empty folder: %v", err)
	}
	if _, err := Find(t.Context(), filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
	file := filepath.Join(dir, "1.png")
	grey(t, file, 1)
	if _, err := Find(t.Context(), file); err == nil {
		t.Error("a file was taken for a folder")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Find(ctx, dir); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if err := os.WriteFile(file, []byte("damaged"), 0o644); err != nil {
		t.Fatal(err)
	}
	found, err := Find(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	src, err := NewSnapshots(t.Context(), found, figure.Display{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Write(t.Context(), filepath.Join(dir, "a.gif"), Options{}, src); err == nil || !strings.Contains(err.Error(), "1.png") {
		t.Errorf("a damaged snapshot: %v", err)
	}
	if _, err := NewSnapshots(t.Context(), []Sequence{{Folder: "x"}}, figure.Display{}); !errors.Is(err, ErrNone) {
		t.Errorf("an empty sequence: %v", err)
	}
}

// Trees that SciPy's and Pillow's scripts wrote, and the released runs.
func TestFindLabs(t *testing.T) {
	found, err := Find(t.Context(), "../../testdata/labresults/paper")
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"S1 VC Img0001", "Img0002", "S2 V1 Img0001", "n01443537_22563"}; !sameSet(labelsOf(found), want) {
		t.Errorf("found %q, want %q", labelsOf(found), want)
	}
	found, err = Find(t.Context(), "../../../shared/data/icnn/test")
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("shared/data is absent: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if i := slices.IndexFunc(found, func(s Sequence) bool { return s.Label == "icnn_gd" }); i < 0 || len(found[i].Frames) != 2 || found[i].Frames[1].Iteration != 200 || filepath.Base(found[i].Original) != "orig_img.jpg" {
		t.Errorf("found %+v", found)
	}
	src, err := NewSnapshots(t.Context(), found, figure.Display{Mode: figure.Stretch, Percent: 4})
	if err != nil {
		t.Fatal(err)
	}
	if info, err := Write(t.Context(), filepath.Join(t.TempDir(), "a.gif"), Options{}, src); err != nil || info.Images != 3 || info.Frames != 3 {
		t.Errorf("%+v, %v", info, err)
	}
}

func sameSet(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(a, b)
}

// Images whose snapshots are of other iterations stay as they are meanwhile.
func TestSnapshotsTogether(t *testing.T) {
	root := t.TempDir()
	for name, its := range map[string][]string{"image-a": {"0", "10", "20"}, "image-b": {"5", "10"}} {
		for i, n := range its {
			grey(t, filepath.Join(root, name, n+".png"), uint8(50*(i+1)))
		}
	}
	found, err := Find(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSnapshots(t.Context(), found, figure.Display{})
	if err != nil {
		t.Fatal(err)
	}
	if s.Len() != 4 || len(s.Images()) != 2 {
		t.Fatalf("%d frames of %d images", s.Len(), len(s.Images()))
	}
	for i, want := range [][]int{{50, -1, 0, 0}, {50, 50, 0, 5}, {100, 100, 10, 10}, {150, 100, 20, 10}} {
		shots, err := s.Frame(t.Context(), i)
		if err != nil {
			t.Fatal(err)
		}
		for k, shot := range shots {
			v := -1
			if shot.Picture != nil {
				v = int(color.NRGBAModel.Convert(shot.Picture.At(0, 0)).(color.NRGBA).R)
			}
			if v != want[k] || shot.Iteration != want[2+k] {
				t.Errorf("frame %d, image %d: %d at iteration %d, want %v", i, k, v, shot.Iteration, want)
			}
		}
	}
	if s.pixels != 2*12 {
		t.Errorf("%d pixels are held", s.pixels)
	}
}

func TestNaturally(t *testing.T) {
	want := []string{"", "a", "a1", "a01", "a2", "a2b", "a10", "a10b2", "a10b10", "a99999999999999999999", "b"}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, naturally)
	if naturally("a01", "a1") == 0 {
		t.Error("different texts are equal")
	}
	i, j := slices.Index(want, "a1"), slices.Index(want, "a01")
	want[i], want[j] = "a01", "a1" // of equal numbers the order of the bytes
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func FuzzNaturally(f *testing.F) {
	f.Add("a1", "a01", "a2")
	f.Add("Img9", "Img10", "Img09b")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		if x, y := naturally(a, b), naturally(b, a); x != -y || (x == 0) != (a == b) {
			t.Fatalf("%q, %q: %d and %d", a, b, x, y)
		}
		if naturally(a, b) < 0 && naturally(b, c) < 0 && naturally(a, c) >= 0 {
			t.Fatalf("%q < %q < %q, but not the first before the last", a, b, c)
		}
	})
}

// Whatever is drawn, image/gif and the reader of animated PNGs read as many frames, of the size and colours.
func FuzzWrite(f *testing.F) {
	f.Add([]byte{1, 2, 3, 250, 128, 0}, uint8(3), uint8(2), false)
	f.Add([]byte{0x16, 0x18, 0x1b, 0xea, 0xec, 0xee, 7}, uint8(30), uint8(3), true)
	f.Fuzz(func(t *testing.T, values []byte, width, n uint8, still bool) {
		if len(values) == 0 {
			return
		}
		src := &drawnBytes{values, int(width)%40 + 1, int(n)%4 + 1}
		dir := t.TempDir()
		o := Options{Scale: 1, NoLabels: true, NoCounter: true, NoDither: still}
		for _, name := range []string{"a.gif", "a.png"} {
			path := filepath.Join(dir, name)
			info, err := Write(t.Context(), path, o, src)
			if err != nil {
				t.Fatal(err)
			}
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if name == "a.gif" {
				g, err := gif.DecodeAll(bytes.NewReader(raw))
				if err != nil || len(g.Image) != src.n || g.Config.Width != info.Width {
					t.Fatalf("%v", err)
				}
				continue
			}
			got, _ := unpack(t, raw)
			shots, _ := src.Frame(t.Context(), src.n-1)
			c, err := newCanvas(o, src.Images(), shots)
			if err != nil {
				t.Fatal(err)
			}
			if last, err := c.draw(shots); err != nil || !bytes.Equal(last.Pix, got[src.n-1].Pix) {
				t.Fatalf("the last frame differs: %v", err)
			}
		}
	})
}

type drawnBytes struct {
	values []byte
	w, n   int
}

func (d *drawnBytes) Images() []Image { return []Image{{Label: "a"}} }
func (d *drawnBytes) Len() int        { return d.n }
func (d *drawnBytes) Frame(_ context.Context, i int) ([]Shot, error) {
	img := image.NewNRGBA(image.Rect(0, 0, d.w, 5))
	for k := range img.Pix {
		img.Pix[k] = d.values[(k+i*k/7)%len(d.values)]
		if k%4 == 3 {
			img.Pix[k] = 255
		}
	}
	return []Shot{{img, i}}, nil
}
