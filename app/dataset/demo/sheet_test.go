package demo

import (
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"reverie/app/dataset/stimuli"
)

// TestContactSheet writes pictures to look at into the folder that
// REVERIE_SHEETS names: scenes.png and figures.png, scene.png for testdata/pair,
// and pair.png: twenty test scenes, shapes and letters, and below each what the generator makes of its relu7.
func TestContactSheet(t *testing.T) {
	dir := os.Getenv("REVERIE_SHEETS")
	if dir == "" {
		t.Skip("set REVERIE_SHEETS to a folder to have contact sheets written")
	}
	var scenes, figures []*image.NRGBA
	for i := range 50 {
		scenes = append(scenes, scene(1, i))
	}
	for _, s := range shapeNames {
		for _, c := range colourNames {
			figures = append(figures, shapePicture(s, c))
		}
	}
	for _, l := range letters {
		img, err := letterPicture(l)
		if err != nil {
			t.Fatal(err)
		}
		figures = append(figures, img)
	}
	for name, imgs := range map[string][]*image.NRGBA{"scenes.png": scenes, "figures.png": figures} {
		columns := 10
		if name == "figures.png" {
			columns = 8
		}
		writeSheet(t, filepath.Join(dir, name), columns, imgs)
	}
	seen := []*image.NRGBA{figures[1], figures[12], figures[23], figures[33], figures[37], figures[40], figures[42], figures[44], figures[46], figures[48]}
	for i := range 20 {
		seen = append(seen, scene(1, 600+i))
	}
	be := backend(t)
	made := make([]*image.NRGBA, len(seen))
	for i, f := range features(t, be, seen, "fc7") {
		made[i] = stimuli.FromInput(generated(t, be, [][]float32{rectified(f[0])})[0], Size, Size, stimuli.LabMean)
	}
	var pairs []*image.NRGBA
	for i := 0; i < len(seen); i += 10 {
		pairs = append(append(pairs, seen[i:i+10]...), made[i:i+10]...)
	}
	writeSheet(t, filepath.Join(dir, "pair.png"), 10, pairs)
	writeSheet(t, filepath.Join(dir, "scene.png"), 1, []*image.NRGBA{scene(1, 600)})
	if one := os.Getenv("REVERIE_SCENES"); one != "" {
		for i := range 120 {
			writeSheet(t, filepath.Join(one, fmt.Sprintf("s%03d.png", i)), 1, []*image.NRGBA{scene(1, i)})
		}
	}
}

func writeSheet(t *testing.T, path string, columns int, imgs []*image.NRGBA) {
	t.Helper()
	rows := (len(imgs) + columns - 1) / columns
	out := image.NewNRGBA(image.Rect(0, 0, columns*Size, rows*Size))
	for i, img := range imgs {
		at := image.Pt(i%columns*Size, i/columns*Size)
		draw.Draw(out, image.Rectangle{Min: at, Max: at.Add(image.Pt(Size, Size))}, img, image.Point{}, draw.Src)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, out); err != nil {
		t.Fatal(err)
	}
}
