package cli

import (
	"encoding/json"
	"image/gif"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reverie/app/movie"
)

// snapshots leaves a run's folder with snapshots of some labels.
func snapshots(t *testing.T, labels ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, l := range labels {
		at := filepath.Join(dir, "snapshots", "image-"+l)
		if err := os.MkdirAll(at, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, n := range []string{"000000.png", "000010.png", "000100.png"} {
			picture(t, filepath.Join(at, n))
		}
		picture(t, filepath.Join(dir, "original_image-"+l+".png"))
	}
	return dir
}

func TestMovie(t *testing.T) {
	dir, out := snapshots(t, "a", "b"), t.TempDir()
	path := filepath.Join(out, "all.gif")
	code, text, errs := run(t, "movie", dir, "--mosaic", "--out", path, "--fps", "5", "--hold", "2s", "--json", "--display", "stretch:4", "--title", "S1")
	if code != OK {
		t.Fatal(errs)
	}
	var made []movie.Info
	if err := json.Unmarshal([]byte(text), &made); err != nil || len(made) != 1 || made[0].Frames != 3 || made[0].Images != 2 || made[0].Format != "gif" || made[0].Time != 4.2 {
		t.Errorf("%s: %v", text, err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if g, err := gif.DecodeAll(f); err != nil || len(g.Image) != 3 || g.Delay[0] != 200 || g.Delay[1] != 20 {
		t.Errorf("the GIF: %v", err)
	}
	// one for each label
	if code, text, errs := run(t, "movie", dir, "--out", filepath.Join(out, "one.apng")); code != OK || !strings.Contains(text, "one-a.apng") || !strings.Contains(text, "one-b.apng") {
		t.Errorf("%d, %s, %s", code, text, errs)
	}
	// the one that is chosen
	if code, text, errs := run(t, "movie", dir, "--labels", "b", "--out", filepath.Join(out, "b.png"), "--images", filepath.Join(dir, "snapshots", "image-a")); code == OK {
		t.Errorf("pictures of other names were taken for originals: %s%s", text, errs)
	}
	if code, text, errs := run(t, "movie", dir, "--labels", "b", "--out", filepath.Join(out, "b.png")); code != OK || !strings.Contains(text, "b.png") {
		t.Errorf("%d, %s, %s", code, text, errs)
	}
}

func TestMovieRefuses(t *testing.T) {
	dir, out := snapshots(t, "a"), filepath.Join(t.TempDir(), "a.gif")
	for name, c := range map[string]struct {
		args []string
		code int
		says []string
	}{
		"no file":        {[]string{dir}, Usage, []string{"--out"}},
		"no folder":      {[]string{"--out", out}, Usage, []string{"folder"}},
		"ending":         {[]string{dir, "--out", "a.avi"}, Usage, []string{"a.avi", ".gif"}},
		"display":        {[]string{dir, "--out", out, "--display", "bright"}, Usage, []string{"--display", "stretch"}},
		"rate":           {[]string{dir, "--out", out, "--fps", "0"}, Usage, []string{"--fps"}},
		"fast":           {[]string{dir, "--out", out, "--fps", "55"}, Failed, []string{"50"}},
		"no snapshots":   {[]string{t.TempDir(), "--out", out}, Failed, []string{"--snapshots"}},
		"missing":        {[]string{filepath.Join(dir, "none"), "--out", out}, Failed, []string{"none"}},
		"other label":    {[]string{dir, "--labels", "z", "--out", out}, Failed, []string{"z", "found: a"}},
		"twice the same": {[]string{dir, dir, "--out", out}, Failed, []string{"mosaic"}},
	} {
		t.Run(name, func(t *testing.T) {
			code, _, errs := run(t, append([]string{"movie"}, c.args...)...)
			if code != c.code {
				t.Errorf("exit %d, want %d; said %q", code, c.code, errs)
			}
			for _, s := range c.says {
				if !strings.Contains(errs, s) {
					t.Errorf("said %q, want %q in it", errs, s)
				}
			}
		})
	}
	t.Run("without ffmpeg", func(t *testing.T) {
		t.Setenv("PATH", t.TempDir())
		if code, _, errs := run(t, "movie", dir, "--out", "a.mp4"); code != Failed || !strings.Contains(errs, "ffmpeg") {
			t.Errorf("exit %d, %q", code, errs)
		}
	})
}
