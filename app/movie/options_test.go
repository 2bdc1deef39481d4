package movie

import (
	"context"
	"errors"
	"image"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A movie that ends early leaves what was there, and nothing else.
func TestCancelled(t *testing.T) {
	broken := errors.New("a snapshot is damaged")
	for _, name := range []string{"a.gif", "a.apng", "a.mp4"} {
		for _, fail := range []error{nil, broken} {
			if strings.HasSuffix(name, ".mp4") && !HasFFmpeg() {
				t.Log("ffmpeg is absent: MP4 is left out")
				continue
			}
			dir := t.TempDir()
			path := filepath.Join(dir, name)
			if err := os.WriteFile(path, []byte("the one before"), 0o600); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			src := newDrawn(2, 40)
			src.after = func(i int) error {
				if i == 5 && fail == nil {
					cancel()
				}
				if i == 5 {
					return fail
				}
				return nil
			}
			_, err := Write(ctx, path, plain, src)
			cancel()
			if want := map[bool]error{true: context.Canceled, false: broken}[fail == nil]; !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", name, err, want)
			}
			left, _ := os.ReadDir(dir)
			if raw, err := os.ReadFile(path); err != nil || string(raw) != "the one before" || len(left) != 1 {
				t.Errorf("%s: %d files left, %q, %v", name, len(left), raw, err)
			}
		}
	}
}

func TestWriteRefuses(t *testing.T) {
	dir := t.TempDir()
	empty := newDrawn(1, 2)
	empty.images = nil
	for name, c := range map[string]struct {
		path string
		o    Options
		src  Source
		says string
	}{
		"ending":         {"a.avi", Options{}, newDrawn(1, 1), ".mp4"},
		"no ending":      {"a", Options{}, newDrawn(1, 1), ".mp4"},
		"frames":         {"a.gif", Options{}, newDrawn(1, 0), "nothing to show"},
		"images":         {"a.gif", Options{}, empty, "nothing to show"},
		"slow":           {"a.gif", Options{FPS: -1}, newDrawn(1, 1), "frames a second"},
		"no number":      {"a.gif", Options{FPS: math.NaN()}, newDrawn(1, 1), "frames a second"},
		"fast":           {"a.apng", Options{FPS: 61}, newDrawn(1, 1), "frames a second"},
		"fast for a GIF": {"a.gif", Options{FPS: 60}, newDrawn(1, 1), "50"},
		"long":           {"a.apng", Options{Last: time.Hour}, newDrawn(1, 1), "stays"},
		"negative":       {"a.apng", Options{First: -1}, newDrawn(1, 1), "stays"},
		"scale":          {"a.apng", Options{Scale: 65}, newDrawn(1, 1), "scale"},
		"too large":      {"a.apng", Options{Side: 8192}, newDrawn(1, 1), "pixels"},
		"too many":       {"a.apng", Options{Scale: 64, Columns: 1}, newDrawn(9, 1), "smaller scale"},
	} {
		if _, err := Write(t.Context(), filepath.Join(dir, c.path), c.o, c.src); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("files were left: %v", left)
	}
}

func TestSchedule(t *testing.T) {
	for _, c := range []struct {
		fps         float64
		first, last time.Duration
		n           int
		perSecond   float64
		want        []int
	}{
		{10, 0, 0, 3, 100, []int{10, 10, 10}},
		{30, 0, 0, 6, 100, []int{3, 4, 3, 3, 4, 3}}, // 20 hundredths in all
		{10, time.Second, 2 * time.Second, 3, 1000, []int{1000, 100, 2000}},
		{10, time.Second, 2 * time.Second, 1, 100, []int{200}},
		{12, 500 * time.Millisecond, time.Second, 3, 12, []int{6, 1, 12}},
		{60, 0, 0, 2, 60, []int{1, 1}},
	} {
		s := newSchedule(Options{FPS: c.fps, First: c.first, Last: c.last}, c.n)
		for i, want := range c.want {
			if got := s.ticks(i, c.perSecond); got != want {
				t.Errorf("%+v: frame %d stands %d ticks, want %d", c, i, got, want)
			}
		}
	}
}

func TestLayout(t *testing.T) {
	shots := func(n int) (out []Shot) {
		for k := range n {
			out = append(out, Shot{Picture: shade(k, 0)})
		}
		return out
	}
	for _, n := range []int{1, 2, 3, 7, 50, 200} {
		for _, o := range []Options{{}, {NoLabels: true, NoCounter: true, NoOriginals: true}, {Columns: 3, Title: "a title that is far too long for such a small movie, as titles are"}, {Side: 9}, {Scale: 1}} {
			src := newDrawn(n, 1)
			if n == 200 && o.Columns > 0 {
				continue // too tall, as TestWriteRefuses has it
			}
			c, err := newCanvas(o, src.images, shots(n))
			if err != nil {
				t.Fatal(err)
			}
			b := c.base.Rect
			if b.Dx()%2+b.Dy()%2 > 0 || len(c.places) != n {
				t.Errorf("%d images, %+v: %v, %d places", n, o, b, len(c.places))
			}
			for i, p := range c.places {
				if !p.In(b) || p.Empty() {
					t.Errorf("%d images, %+v: place %d is %v in %v", n, o, i, p, b)
				}
				for _, q := range c.places[:i] {
					if p.Overlaps(q) {
						t.Errorf("%d images, %+v: %v lies on %v", n, o, p, q)
					}
				}
			}
			if n > 1 && o.Columns == 0 && n >= 7 && (b.Dx() > 4*b.Dy() || b.Dy() > 2*b.Dx()) {
				t.Errorf("%d images: %v is no shape for a screen", n, b)
			}
			if _, err := c.draw(shots(n)); err != nil {
				t.Error(err)
			}
			if _, err := c.draw(shots(n + 1)); err == nil {
				t.Error("a frame of one picture too many was drawn")
			}
		}
	}
	if _, err := newCanvas(Options{}, newDrawn(1, 1).images, []Shot{{}}); err == nil {
		t.Error("a first frame without a picture was laid out")
	}
}

func TestFitted(t *testing.T) {
	f, err := face(smallText)
	if err != nil {
		t.Fatal(err)
	}
	if s := fitted(f, "n01443537_22563", 40); !strings.HasPrefix(s, "…") || !strings.HasSuffix(s, "563") {
		t.Errorf("shortened to %q", s)
	}
	if s := fitted(f, "a", 100); s != "a" {
		t.Errorf("%q", s)
	}
	if s := fitted(f, "anything", 0); s != "" {
		t.Errorf("%q", s)
	}
}

func TestChanged(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 9, 7))
	if r := changed(img, nil); r != img.Rect {
		t.Errorf("the first frame changes %v", r)
	}
	before := append([]byte(nil), img.Pix...)
	if r := changed(img, before); r != image.Rect(0, 0, 1, 1) {
		t.Errorf("nothing changed: %v", r)
	}
	img.Pix[img.PixOffset(2, 3)+3]++
	img.Pix[img.PixOffset(6, 5)]++
	if r := changed(img, before); r != image.Rect(2, 3, 7, 6) {
		t.Errorf("changed %v", r)
	}
}
