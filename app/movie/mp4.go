package movie

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// ErrNoFFmpeg tells that there is no ffmpeg to write MP4 with.
var ErrNoFFmpeg = errors.New("MP4 needs the program ffmpeg, which is not on the search path (install it, or choose .gif or .apng)")

// HasFFmpeg reports whether MP4 can be written.
func HasFFmpeg() bool { _, err := exec.LookPath("ffmpeg"); return err == nil }

// writeMP4 pipes the frames to ffmpeg: H.264 where that has an encoder of it, else MPEG-4, 4:2:0, BT.709. Frames
// that stay are repeated.
func writeMP4(ctx context.Context, path string, c *canvas, s schedule, each func(sink) error) (err error) {
	program, err := exec.LookPath("ffmpeg")
	if err != nil {
		return ErrNoFFmpeg
	}
	codec, err := encoder(ctx, program)
	if err != nil {
		return err
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make the folder: %w (choose a folder you may write to with --out)", err)
	}
	tmp, err := os.CreateTemp(dir, "."+filepath.Base(path)+"-*.mp4")
	if err != nil {
		return fmt.Errorf("%w (choose a folder you may write to with --out)", err)
	}
	tmp.Close()
	defer func() {
		if err != nil {
			os.Remove(tmp.Name())
		}
	}()
	whole, err := filepath.Abs(tmp.Name())
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	fps := float64(time.Second) / float64(s.frame)
	size := c.base.Rect.Size()
	args := []string{"-hide_banner", "-loglevel", "error", "-nostdin", "-y",
		"-f", "rawvideo", "-pixel_format", "rgba", "-video_size", fmt.Sprintf("%dx%d", size.X, size.Y),
		"-framerate", strconv.FormatFloat(fps, 'f', 6, 64), "-i", "pipe:0", "-an",
		"-vf", "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p",
		"-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709"}
	args = append(args, codec...)
	args = append(args, "-movflags", "+faststart", "-f", "mp4", "file:"+whole)
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.WaitDelay = 5 * time.Second
	var said bytes.Buffer
	cmd.Stderr = &excerpt{b: &said}
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", program, err)
	}
	err = each(func(img *image.RGBA, i int) error {
		for range s.ticks(i, fps) {
			if _, err := in.Write(img.Pix); err != nil {
				return fmt.Errorf("ffmpeg takes no more frames: %w", err)
			}
		}
		return nil
	})
	if err != nil {
		stop()
	}
	in.Close()
	if e := cmd.Wait(); e != nil && (err == nil || said.Len() > 0) {
		err = fmt.Errorf("ffmpeg: %w: %s", e, strings.TrimSpace(said.String()))
	}
	if err != nil {
		return err
	}
	if err = os.Chmod(tmp.Name(), 0o644); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}

// encoder chooses among those that this ffmpeg was built with.
func encoder(ctx context.Context, program string) ([]string, error) {
	out, err := exec.CommandContext(ctx, program, "-hide_banner", "-loglevel", "error", "-encoders").Output()
	if err != nil {
		return nil, fmt.Errorf("ask %s for its encoders: %w", program, err)
	}
	has := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		if f := strings.Fields(line); len(f) > 1 {
			has[f[1]] = true
		}
	}
	for _, e := range [][]string{
		{"libx264", "-preset", "medium", "-crf", "16"},
		{"libopenh264", "-b:v", "8M"},
		{"mpeg4", "-q:v", "2"},
	} {
		if has[e[0]] {
			return append([]string{"-c:v"}, e...), nil
		}
	}
	return nil, fmt.Errorf("%s has no encoder for MP4 (libx264, libopenh264 or mpeg4; choose .gif or .apng)", program)
}

// excerpt keeps the first of what ffmpeg says: enough to tell what is wrong.
type excerpt struct{ b *bytes.Buffer }

func (e *excerpt) Write(p []byte) (int, error) {
	e.b.Write(p[:min(len(p), max(0, 2000-e.b.Len()))])
	return len(p), nil
}
