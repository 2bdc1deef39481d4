package movie

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// drawn is a source whose pictures follow from a formula, the same on every machine.
type drawn struct {
	images []Image
	n      int
	asked  []int
	after  func(i int) error
}

func shade(k, i int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, 20, 16))
	for y := range 16 {
		for x := range 20 {
			img.SetNRGBA(x, y, color.NRGBA{uint8(x*12 + 3*i), uint8(y*15 + 40*k), uint8(128 + 100*((x/4+y/4+i)%2)), 255})
		}
	}
	return img
}

func newDrawn(images, n int) *drawn {
	s := &drawn{n: n}
	for k := range images {
		s.images = append(s.images, Image{Label: "image" + string(rune('A'+k)), Original: shade(k, 50)})
	}
	return s
}

func (s *drawn) Images() []Image { return s.images }
func (s *drawn) Len() int        { return s.n }
func (s *drawn) Frame(_ context.Context, i int) ([]Shot, error) {
	s.asked = append(s.asked, i)
	if s.after != nil {
		if err := s.after(i); err != nil {
			return nil, err
		}
	}
	var out []Shot
	for k := range s.images {
		out = append(out, Shot{shade(k, i), 10 * i})
	}
	return out, nil
}

// plain leaves texts out, whose pixels follow the version of the font's drawing.
var plain = Options{FPS: 12, First: 500 * time.Millisecond, Last: time.Second, Scale: 3, NoLabels: true, NoCounter: true}

// frames are what the canvas draws.
func frames(t *testing.T, o Options, s *drawn) []*image.RGBA {
	t.Helper()
	var out []*image.RGBA
	var c *canvas
	for i := range s.n {
		shots, err := s.Frame(t.Context(), i)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			if c, err = newCanvas(o, s.images, shots); err != nil {
				t.Fatal(err)
			}
		}
		img, err := c.draw(shots)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, &image.RGBA{Pix: slices.Clone(img.Pix), Stride: img.Stride, Rect: img.Rect})
	}
	return out
}

type shown struct {
	Size      []int
	Durations []float64 // milliseconds
	SHA256    []string  // of the RGB bytes of each frame
}

// What Pillow and ffprobe found in the movies that these tests write; see testdata/movie/check.py.
func expected(t *testing.T) (e struct {
	GIF, APNG shown
	MP4       struct {
		Size    []int
		Frames  int
		Seconds float64
	}
}) {
	t.Helper()
	raw, err := os.ReadFile("../../testdata/movie/movie.json")
	if err == nil {
		err = json.Unmarshal(raw, &e)
	}
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// place is where a movie goes: to REVERIE_MOVIE_OUT for check.py, else to a folder that vanishes.
func place(t *testing.T, name string) string {
	if dir := os.Getenv("REVERIE_MOVIE_OUT"); dir != "" {
		return filepath.Join(dir, name)
	}
	return filepath.Join(t.TempDir(), name)
}

func TestGIF(t *testing.T) {
	path := place(t, "mosaic.gif")
	src := newDrawn(5, 7)
	done := 0
	o := plain
	o.Progress = func(i, n int) { done = i }
	info, err := Write(t.Context(), path, o, src)
	if err != nil {
		t.Fatal(err)
	}
	if done != 7 || !slices.Equal(src.asked, []int{0, 1, 2, 3, 4, 5, 6}) {
		t.Errorf("progress %d, frames asked %v", done, src.asked)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	g, err := gif.DecodeAll(f)
	if err != nil {
		t.Fatal(err)
	}
	want := expected(t).GIF
	if g.LoopCount != 0 || len(g.Image) != len(want.Durations) || g.Config.Width != want.Size[0] || g.Config.Height != want.Size[1] || info.Width != want.Size[0] {
		t.Fatalf("%d frames, loop %d, %+v, want %v", len(g.Image), g.LoopCount, g.Config, want)
	}
	sum := 0.0
	screen := image.NewRGBA(image.Rect(0, 0, info.Width, info.Height))
	still := frames(t, plain, newDrawn(5, 7))
	for i, img := range g.Image {
		if ms := float64(10 * g.Delay[i]); ms != want.Durations[i] {
			t.Errorf("frame %d stands %v ms, Pillow reads %v", i, ms, want.Durations[i])
		}
		sum += float64(g.Delay[i]) / 100
		draw.Draw(screen, img.Bounds(), img, img.Bounds().Min, draw.Over)
		worst, mean := 0, 0.0
		for k, v := range screen.Pix {
			d := int(v) - int(still[i].Pix[k])
			worst, mean = max(worst, d, -d), mean+math.Abs(float64(d))/float64(len(screen.Pix))
		}
		if mean > 2.5 || worst > 70 {
			t.Errorf("frame %d differs by %.2f levels on average, %d at most", i, mean, worst)
		}
	}
	if math.Abs(sum-info.Time) > 0.006 {
		t.Errorf("it lasts %v s, said %v", sum, info.Time)
	}
}

// unpack reads an animated PNG: every frame by image/png, laid where its control chunk says.
func unpack(t *testing.T, raw []byte) (out []*image.RGBA, ms []float64) {
	t.Helper()
	be := binary.BigEndian
	var head, still []byte
	var control []byte
	var screen *image.RGBA
	next, announced := uint32(0), 0
	chunk := func(kind string, data []byte) []byte {
		b := be.AppendUint32(nil, uint32(len(data)))
		a := &apng{w: bytes.NewBuffer(nil)}
		if err := a.chunk(kind, data); err != nil {
			t.Fatal(err)
		}
		return append(b[:0], a.w.(*bytes.Buffer).Bytes()...)
	}
	finish := func() {
		if control == nil {
			return
		}
		h := slices.Clone(head)
		copy(h, control[4:12])
		img, err := png.Decode(bytes.NewReader(slices.Concat([]byte(pngHead), chunk("IHDR", h), still, chunk("IEND", nil))))
		if err != nil {
			t.Fatal(err)
		}
		at := image.Pt(int(be.Uint32(control[12:])), int(be.Uint32(control[16:])))
		if screen == nil {
			screen = image.NewRGBA(img.Bounds())
		}
		draw.Draw(screen, img.Bounds().Add(at), img, image.Point{}, draw.Src)
		out = append(out, &image.RGBA{Pix: slices.Clone(screen.Pix), Stride: screen.Stride, Rect: screen.Rect})
		ms = append(ms, 1000*float64(be.Uint16(control[20:]))/float64(be.Uint16(control[22:])))
		still = nil
	}
	count := func(data []byte) {
		if be.Uint32(data) != next {
			t.Errorf("chunk %d comes as number %d", be.Uint32(data), next)
		}
		next++
	}
	for rest := raw[len(pngHead):]; len(rest) > 0; {
		n := be.Uint32(rest)
		kind, data := string(rest[4:8]), rest[8:8+n]
		rest = rest[12+n:]
		switch kind {
		case "IHDR":
			head = data
		case "acTL":
			announced = int(be.Uint32(data))
		case "fcTL":
			finish()
			count(data)
			control = data
		case "IDAT":
			still = append(still, chunk("IDAT", data)...)
		case "fdAT":
			count(data)
			still = append(still, chunk("IDAT", data[4:])...)
		case "IEND":
			finish()
		}
	}
	if announced != len(out) {
		t.Errorf("%d frames announced, %d there", announced, len(out))
	}
	return out, ms
}

func TestAPNG(t *testing.T) {
	path := place(t, "alone.apng")
	if _, err := Write(t.Context(), path, plain, newDrawn(1, 7)); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if img, err := png.Decode(bytes.NewReader(raw)); err != nil || img.Bounds().Dx() == 0 {
		t.Errorf("a program that knows no animation sees no picture: %v", err)
	}
	got, ms := unpack(t, raw)
	want := expected(t).APNG
	drawn := frames(t, plain, newDrawn(1, 7))
	if len(got) != len(drawn) || len(got) != len(want.SHA256) || !slices.Equal(ms, want.Durations) {
		t.Fatalf("%d frames of %v ms, want %v", len(got), ms, want.Durations)
	}
	for i, img := range got {
		if !bytes.Equal(img.Pix, drawn[i].Pix) {
			t.Errorf("frame %d is not as it was drawn", i)
		}
		h := sha256.New()
		for k := 0; k < len(img.Pix); k += 4 {
			h.Write(img.Pix[k : k+3])
		}
		if hex.EncodeToString(h.Sum(nil)) != want.SHA256[i] {
			t.Errorf("frame %d is not what Pillow reads", i)
		}
	}
}

func TestMP4(t *testing.T) {
	if !HasFFmpeg() {
		t.Skip("ffmpeg is absent")
	}
	path := place(t, "mosaic.mp4")
	info, err := Write(t.Context(), path, plain, newDrawn(5, 7))
	if err != nil {
		t.Fatal(err)
	}
	want := expected(t).MP4
	if info.Width != want.Size[0] || info.Height != want.Size[1] || math.Abs(info.Time-want.Seconds) > 0.1 {
		t.Errorf("%+v, want %+v", info, want)
	}
	out, err := exec.Command("ffprobe", "-v", "error", "-count_frames", "-show_entries", "stream=width,height,pix_fmt,nb_read_frames", "-of", "csv=p=0", path).Output()
	if err != nil {
		t.Skip("ffprobe is absent: ", err)
	}
	if got := strings.TrimSpace(string(out)); got != fmt.Sprintf("%d,%d,yuv420p,%d", want.Size[0], want.Size[1], want.Frames) {
		t.Errorf("ffprobe reads %q, want %+v", got, want)
	}
	if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o644 {
		t.Errorf("%v, %v", st.Mode(), err)
	}
}

func TestNoFFmpeg(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	path := filepath.Join(t.TempDir(), "a.mp4")
	if _, err := Write(t.Context(), path, plain, newDrawn(1, 2)); !errors.Is(err, ErrNoFFmpeg) || !strings.Contains(err.Error(), ".gif") {
		t.Errorf("without ffmpeg: %v", err)
	}
	if HasFFmpeg() {
		t.Error("ffmpeg was found on an empty path")
	}
}
