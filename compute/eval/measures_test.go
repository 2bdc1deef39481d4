package eval

import (
	"encoding/json"
	"image"
	"image/draw"
	"image/png"
	"math"
	"os"
	"slices"
	"testing"
)

// measured is what scikit-image, torchmetrics in float64 and float32, and NumPy give for two pictures.
type measured struct {
	Grey, Columns, RGB float64
	Torch64, Torch32   float64
	Cropped64          float64 `json:"torch64_cropped"`
	Cropped32          float64 `json:"torch32_cropped"`
	RMSE, PixCorr      float64
}

// measures is testdata/eval/measures.json.
type measures struct {
	Drawn []struct {
		A, B [4]int
		measured
	}
	Features struct {
		Truth, Made [][]float64
		TwoWay      []float64 `json:"two_way"`
		Euclidean   []float64
	}
	Tasks struct {
		Names       [][2]string // shape, colour
		Truth, Made [][]float64
		Scores      map[Task][]number // null where the task leaves a picture out
	}
	Real []struct {
		A, B string
		measured
	}
}

func loadMeasures(t *testing.T) (m measures) {
	t.Helper()
	raw, err := os.ReadFile("../../testdata/eval/measures.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// drawPicture is picture() of testdata/eval/measures.py: seed, width, height, smoothness.
func drawPicture(of [4]int) *image.NRGBA {
	w, h, smooth := of[1], of[2], of[3]
	wide := w + smooth
	v := make([]int, wide*(h+smooth)*3)
	s := uint32(of[0])
	for i := range v {
		s = s*1664525 + 1013904223
		v[i] = int(s >> 24)
	}
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			for c := range 3 {
				sum := 0
				for dy := range smooth {
					for dx := range smooth {
						sum += v[((y+dy)*wide+x+dx)*3+c]
					}
				}
				img.Pix[img.PixOffset(x, y)+c] = uint8(sum / (smooth * smooth))
			}
			img.Pix[img.PixOffset(x, y)+3] = 255
		}
	}
	return img
}

// compare holds every measure of two pictures against the expected numbers: to 1e-10 where they are float64, to
// 1e-6 against float32 where its own error to float64 is not larger.
func (want measured) compare(t *testing.T, name string, a, b *image.NRGBA) {
	t.Helper()
	near := func(what string, got, want, tolerance float64) {
		t.Helper()
		if !(math.Abs(got-want) <= tolerance) {
			t.Errorf("%s: %s %.12g, want %.12g", name, what, got, want)
		}
	}
	for kind, w := range map[SSIM][]float64{SSIMGrey: {want.Grey}, SSIMColumns: {want.Columns},
		SSIMColour: {want.RGB, want.Cropped64}, SSIMColourBorder: {want.Torch64}} {
		got, err := StructuralSimilarity(kind, a, b)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range w {
			near(string(kind), got, x, 1e-10)
		}
		switch kind {
		case SSIMColour:
			near("float32 rgb", got, want.Cropped32, 1e-6+math.Abs(want.Cropped32-want.Cropped64))
		case SSIMColourBorder:
			near("float32 rgb-border", got, want.Torch32, 1e-6+math.Abs(want.Torch32-want.Torch64))
		}
		back, err := StructuralSimilarity(kind, b, a)
		if err != nil || math.Abs(back-got) > 1e-14 {
			t.Errorf("%s: %s is %g one way and %g the other: %v", name, kind, got, back, err)
		}
	}
	e, err := RMSE(a, b)
	if err != nil {
		t.Fatal(err)
	}
	near("rmse", e, want.RMSE, 1e-10)
	r, err := PixelCorrelation(a, b)
	if err != nil {
		t.Fatal(err)
	}
	near("pixcorr", r, want.PixCorr, 1e-10)
}

func TestPicturesAgainstPeers(t *testing.T) {
	m := loadMeasures(t)
	for _, d := range m.Drawn {
		a, b := drawPicture(d.A), drawPicture(d.B)
		d.compare(t, "drawn", a, b)
		if d.A == d.B {
			if s, _ := StructuralSimilarity(SSIMGrey, a, b); s != 1 {
				t.Errorf("a picture is like itself by %g", s)
			}
		}
	}
}

// TestRealPictures compares photographs and reconstructions by the lab's own code.
func TestRealPictures(t *testing.T) {
	const folder = "../../../shared/data/reference_runs/"
	if _, err := os.Stat(folder); err != nil {
		t.Skip("shared/data is absent: ", err)
	}
	for _, d := range loadMeasures(t).Real {
		d.compare(t, d.A+" "+d.B, openPicture(t, folder+d.A), openPicture(t, folder+d.B))
	}
}

func openPicture(t *testing.T, path string) *image.NRGBA {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	out := image.NewNRGBA(img.Bounds())
	draw.Draw(out, out.Bounds(), img, img.Bounds().Min, draw.Src)
	return out
}

// TestSubPicture: pictures that do not start at (0,0) or have a wider stride are read where they are.
func TestSubPicture(t *testing.T) {
	of := [4]int{3, 40, 36, 3}
	whole, other := drawPicture(of), drawPicture([4]int{4, 30, 20, 2})
	r := image.Rect(7, 9, 37, 29)
	part := whole.SubImage(r).(*image.NRGBA)
	own := image.NewNRGBA(image.Rect(0, 0, 30, 20))
	draw.Draw(own, own.Bounds(), whole, r.Min, draw.Src)
	for _, kind := range []SSIM{SSIMGrey, SSIMColumns, SSIMColour, SSIMColourBorder} {
		x, err1 := StructuralSimilarity(kind, part, other)
		y, err2 := StructuralSimilarity(kind, own, other)
		if err1 != nil || err2 != nil || x != y {
			t.Errorf("%s: %g and %g, %v, %v", kind, x, y, err1, err2)
		}
	}
}

// TestConstantPictures: structural similarity is defined where correlation is not.
func TestConstantPictures(t *testing.T) {
	flat := func(v uint8) *image.NRGBA {
		img := image.NewNRGBA(image.Rect(0, 0, 20, 20))
		draw.Draw(img, img.Bounds(), image.White, image.Point{}, draw.Src)
		for i := range img.Pix {
			if i%4 != 3 {
				img.Pix[i] = v
			}
		}
		return img
	}
	for _, kind := range []SSIM{SSIMGrey, SSIMColumns, SSIMColour, SSIMColourBorder} {
		got, err := StructuralSimilarity(kind, flat(51), flat(204))
		// Without variance only the luminance term is left.
		want := (2*0.2*0.8 + ssimC1) / (0.2*0.2 + 0.8*0.8 + ssimC1)
		if err != nil || math.Abs(got-want) > 1e-10 {
			t.Errorf("%s of two constant pictures %g, want %g: %v", kind, got, want, err)
		}
	}
	if _, err := PixelCorrelation(flat(51), drawPicture([4]int{1, 20, 20, 1})); err == nil {
		t.Error("a constant picture has a pixel correlation")
	}
}

func TestPictureRefusals(t *testing.T) {
	small, other, big := drawPicture([4]int{1, 10, 40, 1}), drawPicture([4]int{1, 12, 40, 1}), drawPicture([4]int{2, 40, 12, 1})
	if _, err := StructuralSimilarity(SSIMGrey, small, small); err == nil {
		t.Error("a picture narrower than the window was taken")
	}
	if _, err := StructuralSimilarity(SSIMGrey, other, big); err == nil {
		t.Error("pictures of two sizes were taken")
	}
	if _, err := StructuralSimilarity("", other, other); err == nil {
		t.Error("no kind was taken")
	}
	if _, err := RMSE(other, big); err == nil {
		t.Error("the error of pictures of two sizes was taken")
	}
	if _, err := RMSE(image.NewNRGBA(image.Rectangle{}), image.NewNRGBA(image.Rectangle{})); err == nil {
		t.Error("empty pictures have an error")
	}
}

// TestFeatureIdentificationAgainstPeers: two-way identification of brain-diffuser, which is bdpy's, and the cookbook's by distance.
func TestFeatureIdentificationAgainstPeers(t *testing.T) {
	f := loadMeasures(t).Features
	d, err := Identify(f.Made, f.Truth, diagonal(len(f.Truth)))
	if err != nil || !slices.Equal(d.Pairwise, f.TwoWay) {
		t.Errorf("two-way identification %v, want %v: %v", d.Pairwise, f.TwoWay, err)
	}
	s, left, err := Distances(f.Made, f.Truth)
	if err != nil || left != 0 {
		t.Fatal(left, err)
	}
	if d, _, err = s.Judge(Rule{}, diagonal(len(f.Truth))); err != nil || !slices.Equal(d.Pairwise, f.Euclidean) {
		t.Errorf("identification by distance %v, want %v: %v", d.Pairwise, f.Euclidean, err)
	}
	f.Made[2][5] = math.NaN()
	if s, left, err = Distances(f.Made, f.Truth); err != nil || left != 1 || s[2][3] != s[2][3] {
		t.Errorf("with a NaN %v, %d left out: %v", s[2], left, err)
	}
	if _, _, err := Distances(f.Made[:0], f.Truth); err == nil {
		t.Error("distances of nothing were taken")
	}
	if _, _, err := Distances(f.Made, [][]float64{{1, 2}}); err == nil {
		t.Error("ragged vectors were taken")
	}
}

// TestTasksAgainstBdpy: the paper's tasks are bdpy's identification within each group of pictures.
func TestTasksAgainstBdpy(t *testing.T) {
	m := loadMeasures(t).Tasks
	s, _, err := Correlations(m.Made, m.Truth)
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range Tasks() {
		picture := func(i int) Picture { return Picture{"shape", m.Names[i][0], m.Names[i][1]} }
		own := diagonal(len(s))
		for i := range own {
			if !task.Takes(picture(i)) {
				own[i] = -1
			}
		}
		d, which, err := s.Judge(Rule{Against: func(i, c int) bool { return task.Against(picture(i), picture(c)) }}, own)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]float64, len(s))
		for i := range got {
			got[i] = math.NaN()
		}
		for k, i := range which {
			got[i] = d.Pairwise[k]
		}
		same(t, string(task), got, m.Scores[task])
	}
}

func BenchmarkSSIM(b *testing.B) {
	x, y := drawPicture([4]int{1, FieldSize, FieldSize, 3}), drawPicture([4]int{2, FieldSize, FieldSize, 3})
	for b.Loop() {
		if _, err := StructuralSimilarity(SSIMGrey, x, y); err != nil {
			b.Fatal(err)
		}
	}
}
