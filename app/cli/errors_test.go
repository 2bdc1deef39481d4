package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Bad input ends with exit 1 or 2 and a message that names the thing and tells what to do.
func TestBadInput(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return p
	}
	whole, err := os.ReadFile(filepath.Join("..", "..", "testdata", "bdata", "sample.h5"))
	if err != nil {
		t.Fatal(err)
	}
	textFile := write("notes.h5", "these are notes, not samples\n")
	cut := write("cut.h5", string(whole[:len(whole)/2]))
	fakePicture := write("cat.jpg", "not a picture")
	good := filepath.Join(dir, "good.png")
	picture(t, good)
	blocked := write("blocked", "a file where a folder should be")

	cases := []struct {
		name string
		args []string
		code int
		says []string
	}{
		{"missing file", []string{"info", filepath.Join(dir, "none.h5")}, Failed, []string{"none.h5"}},
		{"text as HDF5", []string{"info", textFile}, Failed, []string{"notes.h5", "its content does not"}},
		{"truncated HDF5", []string{"info", cut}, Failed, []string{"cut.h5"}},
		{"truncated subject", []string{"decode", cut, "--out", filepath.Join(dir, "d")}, Failed, []string{"cut.h5"}},
		{"not a picture", []string{"reconstruct", fakePicture, "--out", filepath.Join(dir, "r")}, Failed, []string{"cat.jpg"}},
		{"unwritable folder", []string{"reconstruct", good, "--iterations", "1", "--out", filepath.Join(blocked, "r")}, Failed, []string{"blocked", "--out"}},
		{"no training data", []string{"decode", filepath.Join("..", "..", "testdata", "bdata", "sample.h5"), "--session", "sample", "--out", filepath.Join(dir, "d")}, Failed, []string{"training"}},
		{"empty feature folder", []string{"reconstruct", "--features", dir, "--out", filepath.Join(dir, "r")}, Failed, []string{dir}},
		{"not a result folder", []string{"evaluate", dir}, Failed, []string{"holds no reconstructions", dir}},
		{"unknown layer", []string{"reconstruct", good, "--layers", "conv9_9", "--out", filepath.Join(dir, "r")}, Failed, []string{"conv9_9", "conv1_1"}},
		{"unknown preset", []string{"reconstruct", good, "--preset", "best"}, Usage, []string{"best", "paper"}},
		{"unknown flag", []string{"reconstruct", good, "--speed"}, Usage, []string{"speed", "--help"}},
		{"unknown command", []string{"dream"}, Usage, []string{"dream"}},
		{"nothing to do", []string{"reconstruct"}, Usage, []string{"--features"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			code, out, errs := run(t, c.args...)
			if code != c.code {
				t.Errorf("exit %d, want %d; said %q", code, c.code, errs)
			}
			for _, s := range c.says {
				if !strings.Contains(errs, s) {
					t.Errorf("the message does not name %q: %s", s, errs)
				}
			}
			if c.code == Failed && out != "" && !strings.Contains(c.name, "unwritable") {
				t.Errorf("a failed command printed a result: %s", out)
			}
			t.Log(strings.TrimSpace(errs))
		})
	}
}

// A cancelled reconstruction exits with 130 and keeps the pictures it had.
func TestCancel_keepsPictures(t *testing.T) {
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in.png"), filepath.Join(dir, "out")
	picture(t, in)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	w := &cancelling{cancel: cancel}
	if code := Run(ctx, []string{"reconstruct", in, "--iterations", "100000", "--out", out}, w, w); code != Cancelled {
		t.Fatalf("exit %d, want %d: %s", code, Cancelled, w.text)
	}
	for _, f := range []string{"recon_image-in.png", "record.json", "montage.png"} {
		if _, err := os.Stat(filepath.Join(out, f)); err != nil {
			t.Errorf("nothing kept: %v", err)
		}
	}
}

// cancelling cancels when the reconstruction reports its first progress.
type cancelling struct {
	cancel context.CancelFunc
	text   string
}

func (c *cancelling) Write(p []byte) (int, error) {
	c.text += string(p)
	if strings.Contains(string(p), "reconstruct  ") {
		c.cancel()
	}
	return len(p), nil
}

func TestHelp_everyCommandHasExamples(t *testing.T) {
	for _, c := range commands {
		code, out, _ := run(t, c.name, "--help")
		if code != OK || !strings.Contains(out, "Examples") || !strings.Contains(out, "reverie "+c.name) || !strings.Contains(out, "--json") {
			t.Errorf("reverie %s --help: exit %d, says\n%s", c.name, code, out)
		}
	}
}
