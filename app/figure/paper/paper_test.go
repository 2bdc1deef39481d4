package paper

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"path/filepath"
	"strings"
	"testing"
)

func dots(groups, series, n int, name string) Dots {
	d := Dots{Title: "3d  " + name, Y: "Correct (%)", Chance: 0.5, Low: 0, High: 1, Percent: true, Lines: true, Text: "A caption."}
	for g := range groups {
		group := Group{Name: fmt.Sprintf("%s %d", name, g)}
		for k := range series {
			var v []float64
			for i := range n {
				v = append(v, 0.5+0.4*math.Sin(float64(7*i+3*k+g)))
			}
			s := Plain(fmt.Sprintf("series %d", k), v, 0.5, 0.4, 0.6)
			s.Ceiling, s.Floor, s.Published = 0.9, 0.1, 0.7
			group.Series = append(group.Series, s)
		}
		d.Groups = append(d.Groups, group)
	}
	return d
}

func gallery(rows, columns int) Gallery {
	g := Gallery{Title: "2a", Text: "Pictures."}
	for r := range rows {
		s := Strip{Name: "a name that is far too long for its place", Gap: r > 0}
		for c := range columns {
			m := image.NewNRGBA(image.Rect(0, 0, 8, 8))
			for i := range 64 {
				m.SetNRGBA(i%8, i/8, color.NRGBA{uint8(30 * r), uint8(20 * c), uint8(i), 255})
			}
			s.Pictures = append(s.Pictures, Picture{Image: m, Presented: r == 0, Below: "r = 0.5"})
		}
		g.Strips = append(g.Strips, s)
		g.Columns = append(g.Columns, "V1")
	}
	return g
}

// elements counts the elements of an SVG and collects its texts.
func elements(t *testing.T, raw []byte) (n map[string]int, texts []string) {
	t.Helper()
	n = map[string]int{}
	d := xml.NewDecoder(bytes.NewReader(raw))
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return n, texts
		}
		if err != nil {
			t.Fatalf("the SVG is no XML: %v", err)
		}
		switch e := tok.(type) {
		case xml.StartElement:
			n[e.Name.Local]++
		case xml.CharData:
			if s := strings.TrimSpace(string(e)); s != "" {
				texts = append(texts, s)
			}
		}
	}
}

func TestSVGShowsEverything(t *testing.T) {
	raw, err := SVG(dots(3, 2, 20, "V"), 174)
	if err != nil {
		t.Fatal(err)
	}
	n, texts := elements(t, raw)
	if n["path"] < 3*2*20 { // each dot is a path
		t.Errorf("%d paths for %d values", n["path"], 3*2*20)
	}
	all := strings.Join(texts, "|")
	for _, want := range []string{"3d  V", "V 0", "V 2", "series 1", "chance", "n = 20", "100", "Correct (%)", "true features (ceiling)", "Shen et al. 2019"} {
		if !strings.Contains(all, want) {
			t.Errorf("no %q among %q", want, texts)
		}
	}
	raw, err = SVG(gallery(2, 7), 174)
	if err != nil {
		t.Fatal(err)
	}
	if n, _ := elements(t, raw); n["image"] != 14 {
		t.Errorf("%d pictures, want 14", n["image"])
	}
}

func TestFormats(t *testing.T) {
	for _, s := range []Sheet{dots(9, 3, 40, "LOC"), dots(1, 1, 1, "x"), dots(2, 2, 200, strings.Repeat("long ", 20)), gallery(1, 1), gallery(4, 60)} {
		for _, mm := range Widths {
			for _, format := range Formats {
				var a, b bytes.Buffer
				if err := Encode(&a, s, format, mm, 300); err != nil {
					t.Fatal(err)
				}
				if format == "pdf" && (!bytes.HasPrefix(a.Bytes(), []byte("%PDF")) || !bytes.Contains(a.Bytes(), []byte("FontFile"))) {
					t.Error("the PDF has no font in it")
				}
				if format == "png" {
					m, err := png.Decode(&a)
					if err != nil || m.Bounds().Dx() != int(math.Round(mm/25.4*300)) && m.Bounds().Dx() != int(mm/25.4*300) {
						t.Errorf("%g mm at 300 dpi is %v: %v", mm, m.Bounds(), err)
					}
					continue
				}
				if format == "svg" {
					if err := Encode(&b, s, format, mm, 300); err != nil || !bytes.Equal(a.Bytes(), b.Bytes()) {
						t.Errorf("twice drawn, two files: %v", err)
					}
				}
			}
		}
	}
}

func TestUndefinedIntervalsAreLeftOut(t *testing.T) {
	d := dots(1, 1, 3, "x")
	nan := math.NaN()
	d.Groups[0].Series[0] = Plain("s", []float64{0.2, nan, 0.4}, 0.3, nan, nan)
	d.Low, d.High = 0, 0
	raw, err := SVG(d, 85)
	if err != nil || bytes.Contains(raw, []byte("NaN")) {
		t.Errorf("NaN in the drawing: %v", err)
	}
}

func TestRefuses(t *testing.T) {
	for _, s := range []Sheet{Dots{}, Dots{Groups: []Group{{Name: "x"}}}, Gallery{}, Gallery{Strips: []Strip{{Name: "x"}}}} {
		if err := Encode(io.Discard, s, "svg", 174, 300); err == nil {
			t.Errorf("%T without content was drawn", s)
		}
	}
	for _, x := range []struct {
		format string
		mm     float64
		dpi    int
	}{{"gif", 174, 300}, {"svg", 0, 300}, {"svg", 1e9, 300}, {"png", 174, 1e9}} {
		if err := Encode(io.Discard, gallery(1, 1), x.format, x.mm, x.dpi); err == nil {
			t.Errorf("%+v was taken", x)
		}
	}
	if err := Save(filepath.Join(t.TempDir(), "x.doc"), gallery(1, 1), 174, 300); err == nil {
		t.Error("a .doc was written")
	}
}
