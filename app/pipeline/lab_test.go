package pipeline

import (
	"bytes"
	"encoding/json"
	"errors"
	"image/jpeg"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/image/tiff"

	"reverie/app/figure"
	"reverie/app/session"
)

const (
	labResults   = "../../testdata/labresults"
	labSpecimens = "../../../shared/data/icnn/test" // beside the repository, on machines that have it
)

type labExpected struct {
	Results []struct {
		Path, Label    string
		Double         bool
		Values, Losses []float64
		Pixels         []int
	}
	Released map[string]map[string]any
	All      map[string]any
}

func readExpected(t *testing.T) (e labExpected) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(labResults, "expected.json"))
	if err == nil {
		err = json.Unmarshal(raw, &e)
	}
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// What SciPy and Pillow wrote is found and read, number by number.
func TestFindLab(t *testing.T) {
	found := map[string]LabResult{}
	for _, tree := range []string{"paper", "cookbook"} {
		list, err := FindLab(t.Context(), filepath.Join(labResults, tree))
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range list {
			found[tree+"/"+filepath.ToSlash(filepath.Join(r.Layers, r.Subject, r.ROI))+" "+r.Label] = r
		}
	}
	want := readExpected(t).Results
	if len(found) != len(want) {
		t.Errorf("found %d, want %d: %v", len(found), len(want), found)
	}
	for _, w := range want {
		r, ok := found[w.Path+" "+w.Label]
		if !ok {
			t.Errorf("%s %s is not found", w.Path, w.Label)
			continue
		}
		im, err := r.Open()
		if err != nil {
			t.Fatal(err)
		}
		if im.Double != w.Double || !slices.Equal(im.Losses, w.Losses) || im.Raw.H != 3 || im.Raw.W != 4 || im.Label != w.Label {
			t.Errorf("%s: double %v, losses %v, %d × %d", r.Values, im.Double, im.Losses, im.Raw.W, im.Raw.H)
		}
		for i, v := range im.Raw.RGB {
			if float64(v) != w.Values[i] {
				t.Fatalf("%s: value %d is %v, want %v", r.Values, i, v, w.Values[i])
			}
		}
		img, err := r.Show()
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(r.Picture, ".tiff") {
			for i, v := range w.Pixels {
				if got := int(img.Pix[i/3*4+i%3]); got != v {
					t.Fatalf("%s: byte %d is %d, want %d", r.Picture, i, got, v)
				}
			}
		} else if !isDir(r.Snapshots) {
			t.Errorf("%s: snapshots %q", r.Values, r.Snapshots)
		}
	}
}

func TestFindLabOfNothing(t *testing.T) {
	if list, err := FindLab(t.Context(), t.TempDir()); err != nil || len(list) != 0 {
		t.Errorf("an empty folder: %v, %v", list, err)
	}
	if _, err := FindLab(t.Context(), filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
	if _, err := (LabResult{Label: "a"}).Open(); err == nil {
		t.Error("values were read from nowhere")
	}
	if _, err := (LabResult{Label: "a"}).Show(); err == nil {
		t.Error("a picture was read from nowhere")
	}
}

// rampPicture is the one that testdata/labresults/check.py expects.
func rampPicture() *session.Raw {
	r := &session.Raw{H: 48, W: 64, RGB: make([]float32, 48*64*3)}
	for i := range r.RGB {
		r.RGB[i] = float32(i/3%64*4) + float32(i/3/64)*2.5 - 40*float32(i%3) + 0.125
	}
	return r
}

func TestLabWritesAndReads(t *testing.T) {
	root := os.Getenv("REVERIE_LAB_OUT") // kept for check.py
	if root == "" {
		root = t.TempDir()
	}
	raw := rampPicture()
	stretch := figure.Display{Mode: figure.Stretch, Percent: figure.LabPercent}
	old := LabWriter{Dir: LabDir(root, "layers-1to3", "S1", "VC"), Display: stretch, Overwrite: os.Getenv("REVERIE_LAB_OUT") != ""}
	again := LabWriter{Dir: LabDir(root, "", "S1", "VC"), Layout: LabCookbook, Display: stretch, Overwrite: old.Overwrite}
	for _, err := range []error{
		old.Write(LabImage{Label: "a", Raw: raw}),
		old.Write(LabImage{Label: "b", Raw: raw, Double: true}),
		old.Snapshot("a", 10, raw),
		again.Write(LabImage{Label: "a", Raw: raw, Losses: []float64{3, 2, 1}}),
		again.Snapshot("a", 10, raw),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	list, err := FindLab(t.Context(), root)
	if err != nil || len(list) != 3 {
		t.Fatalf("%v, %v", list, err)
	}
	for _, r := range list {
		im, err := r.Open()
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(im.Raw.RGB, raw.RGB) || im.Double != (r.Label == "b") || r.Subject != "S1" || r.ROI != "VC" || (len(im.Losses) == 3) != (r.Layers == "") {
			t.Errorf("%+v reads differently", r)
		}
		if r.Layers == "" || r.Label == "a" {
			if !isDir(r.Snapshots) {
				t.Errorf("%+v has no snapshots", r)
			}
		}
	}
	want, err := figure.Show(stretch, raw.RGB, raw.H, raw.W)
	if err != nil {
		t.Fatal(err)
	}
	got, err := LabResult{Picture: filepath.Join(again.Dir, "recon_image-a.tiff")}.Show()
	if err != nil || !bytes.Equal(got.Pix, want.Pix) {
		t.Errorf("the TIFF holds another picture: %v", err)
	}
}

func TestLabNeverOverwrites(t *testing.T) {
	w := LabWriter{Dir: t.TempDir()}
	im := LabImage{Label: "a", Raw: rampPicture()}
	picture := filepath.Join(w.Dir, "recon_img_normalized-a.jpg")
	if err := os.WriteFile(picture, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := w.Write(im); !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), "overwrite") {
		t.Errorf("wrote over a file: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(w.Dir, "*")); len(left) != 1 {
		t.Errorf("something was written: %v", left)
	}
	if err := w.Snapshot("a", 1, im.Raw); err != nil {
		t.Fatal(err)
	}
	if err := w.Snapshot("a", 1, im.Raw); !errors.Is(err, fs.ErrExist) {
		t.Errorf("wrote over a snapshot: %v", err)
	}
	w.Overwrite = true
	if err := w.Write(im); err != nil {
		t.Errorf("told to overwrite: %v", err)
	}
	if err := w.Snapshot("a", 1, im.Raw); err != nil {
		t.Errorf("told to overwrite: %v", err)
	}
	bad := rampPicture()
	bad.RGB[5] = float32(math.NaN())
	if err := w.Write(LabImage{Label: "bad", Raw: bad}); err == nil {
		t.Error("NaN was written")
	}
	if err := w.Write(LabImage{Label: "a"}); err == nil {
		t.Error("no picture was written")
	}
	if err := w.Write(LabImage{Label: "../../x", Raw: rampPicture()}); err != nil || !exists(filepath.Join(w.Dir, "recon_img-.._.._x.mat")) {
		t.Errorf("a label left the folder: %v", err)
	}
}

func exists(path string) bool { _, err := os.Stat(path); return err == nil }

// The released pictures are the released values, stretched without clipping, and JPEG's loss (kamitani.md §4.6).
func TestReleasedPictures(t *testing.T) {
	for run, noisy := range map[string]bool{"icnn_gd": false, "icnn_gd_quick": false, "icnn_dgn_gd_quick": false, "icnn_dgn_lbfgs_quick": false, "icnn_lbfgs_quick": true} {
		im, err := ReadLabValues(filepath.Join(labSpecimens, run, "recon_img.mat"))
		if errors.Is(err, fs.ErrNotExist) {
			t.Skip("shared/data is absent: ", err)
		}
		if err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(filepath.Join(labSpecimens, run, "recon_img.jpg"))
		if err != nil {
			t.Fatal(err)
		}
		released, err := jpeg.Decode(f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		img, err := figure.Show(figure.Display{Mode: figure.Stretch}, im.Raw.RGB, im.Raw.H, im.Raw.W)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for i := range 224 * 224 {
			r, g, b, _ := released.At(i%224, i/224).RGBA()
			for c, v := range []uint32{r, g, b} {
				sum += math.Abs(float64(v>>8) - float64(img.Pix[4*i+c]))
			}
		}
		mean := sum / (3 * 224 * 224)
		t.Logf("%s: mean difference %.2f levels, double %v", run, mean, im.Double)
		if !noisy && (mean < 1 || mean > 4.6) || noisy && (mean < 20 || mean > 42) || im.Double != noisy {
			t.Errorf("%s: mean difference %.2f levels, double %v", run, mean, im.Double)
		}
	}
}

func FuzzTIFF(f *testing.F) {
	f.Add(uint8(3), uint8(2), []byte{1, 2, 3, 4, 5, 6})
	f.Add(uint8(1), uint8(1), []byte{})
	f.Fuzz(func(t *testing.T, w, h uint8, pix []byte) {
		raw := &session.Raw{W: int(w) + 1, H: int(h) + 1}
		raw.RGB = make([]float32, 3*raw.W*raw.H)
		for i := range raw.RGB {
			if len(pix) > 0 {
				raw.RGB[i] = float32(pix[i%len(pix)])
			}
		}
		img := raw.Clipped()
		var b bytes.Buffer
		if err := asTIFF(&b, img); err != nil {
			t.Fatal(err)
		}
		back, err := tiff.Decode(&b)
		if err != nil {
			t.Fatal(err)
		}
		for y := range raw.H {
			for x := range raw.W {
				r, g, bl, _ := back.At(x, y).RGBA()
				if c := img.NRGBAAt(x, y); uint8(r>>8) != c.R || uint8(g>>8) != c.G || uint8(bl>>8) != c.B {
					t.Fatalf("pixel %d, %d differs", x, y)
				}
			}
		}
	})
}
