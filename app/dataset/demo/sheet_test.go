package demo

import (
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

// TestContactSheet writes pictures to look at into the folder that
// REVERIE_SHEETS names: scenes.png and figures.png.
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
