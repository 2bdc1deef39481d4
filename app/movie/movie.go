// Package movie shows how reconstructions come about: GIF, animated PNG, and MP4 through ffmpeg, of one image
// with its original beside it or of many as a mosaic, as in the paper's supplementary movies.
//
// Frames are asked for one at a time and written at once, so memory does not grow with their number. Files
// appear whole: a cancelled or failed movie leaves what was there before.
package movie

import (
	"context"
	"fmt"
	"image"
	"math"
	"path/filepath"
	"strings"
	"time"
)

// Image is one reconstruction of a movie.
type Image struct {
	Label    string
	Original image.Image // beside or above it; nil where there is none
}

// Shot is a reconstruction at a moment.
type Shot struct {
	Picture   image.Image // nil leaves its place empty
	Iteration int
}

// Source gives the frames of a movie in order.
type Source interface {
	// Images are the reconstructions: one, or those of a mosaic.
	Images() []Image
	// Len is the number of frames.
	Len() int
	// Frame is frame i, counted from 0: a shot of every image. It is called once for each, in order. The shots
	// are used until the next call only.
	Frame(ctx context.Context, i int) ([]Shot, error)
}

// Options are the choices of a movie. The zero value is a movie of 10 frames a second with labels,
// counter and originals.
type Options struct {
	FPS float64 // frames a second; 0 is 10
	// First and Last are how long the first and the last frame stay; less than one frame's time is one frame's time.
	First, Last time.Duration
	// Scale is how many pixels of the movie a pixel of a picture takes along each side, without smoothing;
	// 0 chooses so that small pictures can be seen.
	Scale int
	// Side is the longer side of the pictures in pixels instead of Scale: smaller ones are enlarged without
	// smoothing, larger ones are reduced.
	Side    int
	Columns int    // of a mosaic; 0 chooses
	Title   string // above; a movie of one image has its label there instead
	// NoLabels, NoCounter and NoOriginals leave these out.
	NoLabels, NoCounter, NoOriginals bool
	// NoDither maps a GIF's pixels to the nearest of its 255 colours without spreading the difference: smaller,
	// with steps in smooth areas.
	NoDither bool
	// Progress, if set, is told of frames written. It must not block.
	Progress func(done, total int)
}

// Info is what was written.
type Info struct {
	Path   string  `json:"path"`
	Format string  `json:"format"` // gif, apng or mp4
	Width  int     `json:"width"`
	Height int     `json:"height"`
	Frames int     `json:"frames"` // of the source; MP4 repeats those that stay
	Images int     `json:"images"`
	Time   float64 `json:"seconds"`
}

// Limits of a movie, so that players and memory can take it.
const (
	MaxSide   = 8192 // pixels along a side; MP4 plays everywhere up to 4096
	maxPixels = 32 << 20
	maxFPS    = 60
	maxHold   = 60 * time.Second // what an animated PNG can say
	maxScale  = 64
)

// Write writes a movie; the ending of path chooses its form: .gif, .png or .apng, .mp4. Without ffmpeg an
// MP4 is the error ErrNoFFmpeg. A cancelled context is its error.
func Write(ctx context.Context, path string, o Options, src Source) (Info, error) {
	info := Info{Path: path, Images: len(src.Images()), Frames: src.Len()}
	fail := func(err error) (Info, error) { return Info{}, fmt.Errorf("movie %s: %w", path, err) }
	var open func(context.Context, string, *canvas, schedule, func(sink) error) error
	switch strings.ToLower(filepath.Ext(path)) {
	case ".gif":
		info.Format, open = "gif", writeGIF
	case ".png", ".apng":
		info.Format, open = "apng", writeAPNG
	case ".mp4":
		info.Format, open = "mp4", writeMP4
	default:
		return fail(fmt.Errorf("%q is no kind of movie: choose .gif, .png, .apng or .mp4", filepath.Ext(path)))
	}
	if err := o.check(info.Format); err != nil {
		return fail(err)
	}
	if info.Images == 0 || info.Frames == 0 {
		return fail(fmt.Errorf("%d frames of %d images: there is nothing to show", info.Frames, info.Images))
	}
	first, err := src.Frame(ctx, 0)
	if err != nil {
		return fail(err)
	}
	c, err := newCanvas(o, src.Images(), first)
	if err != nil {
		return fail(err)
	}
	times := newSchedule(o, info.Frames)
	err = open(ctx, path, c, times, func(out sink) error {
		shots := first
		for i := range info.Frames {
			if err := ctx.Err(); err != nil {
				return err
			}
			if i > 0 {
				var err error
				if shots, err = src.Frame(ctx, i); err != nil {
					return err
				}
			}
			img, err := c.draw(shots)
			if err != nil {
				return err
			}
			if err := out(img, i); err != nil {
				return err
			}
			if o.Progress != nil {
				o.Progress(i+1, info.Frames)
			}
		}
		return nil
	})
	if err != nil {
		if c := ctx.Err(); c != nil {
			err = c
		}
		return fail(err)
	}
	info.Width, info.Height = c.base.Rect.Dx(), c.base.Rect.Dy()
	info.Time = times.at(info.Frames).Seconds()
	return info, nil
}

func (o *Options) check(format string) error {
	if o.FPS == 0 {
		o.FPS = 10
	}
	if !(o.FPS >= 0.1 && o.FPS <= maxFPS) {
		return fmt.Errorf("%g frames a second, want 0.1 to %d", o.FPS, maxFPS)
	}
	if format == "gif" && o.FPS > 50 {
		return fmt.Errorf("%g frames a second are more than the 50 that GIF can say: choose .apng or .mp4, or fewer", o.FPS)
	}
	for _, d := range []time.Duration{o.First, o.Last} {
		if d < 0 || d > maxHold {
			return fmt.Errorf("a frame that stays %v, want at most %v", d, maxHold)
		}
	}
	if o.Scale < 0 || o.Scale > maxScale || o.Side < 0 || o.Side > MaxSide || o.Columns < 0 {
		return fmt.Errorf("scale %d, side %d, %d columns: want a scale of 1 to %d, a side up to %d pixels (0 chooses)", o.Scale, o.Side, o.Columns, maxScale, MaxSide)
	}
	return nil
}

// sink takes frame i as drawn; the picture is drawn anew for the next.
type sink func(img *image.RGBA, i int) error

// schedule tells when frames stand. Times are rounded at their ends, so that errors do not add up.
type schedule struct {
	frame, first, last time.Duration
	n                  int
}

func newSchedule(o Options, n int) schedule {
	f := time.Duration(math.Round(float64(time.Second) / o.FPS))
	return schedule{frame: f, first: max(o.First, f), last: max(o.Last, f), n: n}
}

// at is when frame i begins; at(n) is the end.
func (s schedule) at(i int) time.Duration {
	switch {
	case i == 0:
		return 0
	case s.n == 1:
		return max(s.first, s.last)
	case i == s.n:
		return s.first + time.Duration(i-2)*s.frame + s.last
	}
	return s.first + time.Duration(i-1)*s.frame
}

// ticks is how many units of time frame i stands, at least one.
func (s schedule) ticks(i int, perSecond float64) int {
	at := func(d time.Duration) int { return int(math.Round(d.Seconds() * perSecond)) }
	return max(1, at(s.at(i+1))-at(s.at(i)))
}
