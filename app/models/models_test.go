package models

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"reverie/compute/format/guard"
)

// small is a VGG19 of small width as PyTorch wrote it (testdata/torchfiles).
func small(t *testing.T, dir, name string) string {
	t.Helper()
	raw, err := os.ReadFile("../../testdata/torchfiles/t2_vgg_narrow.pt")
	if err != nil {
		t.Fatal(err)
	}
	p := filepath.Join(dir, name)
	if err := os.WriteFile(p, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestMain(m *testing.M) {
	guard.Main()
	os.Exit(m.Run())
}

func TestStore(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(filepath.Join(dir, "config", "models.json"))
	if err != nil {
		t.Fatal(err)
	}
	if list, err := s.Entries(); err != nil || len(list) != 0 {
		t.Fatal(list, err)
	}
	a, b := small(t, dir, "a.pt"), small(t, dir, "b.pt")
	told := int64(0)
	e, err := s.Add(t.Context(), a, func(done, total int64) { told = done })
	if err != nil || e.Role != VGG19 || !e.Chosen || e.Path != a || told == 0 {
		t.Fatal(e, told, err)
	}
	raw, _ := os.ReadFile(a)
	if sum := sha256.Sum256(raw); e.SHA256 != hex.EncodeToString(sum[:]) || e.Size != int64(len(raw)) {
		t.Error(e)
	}
	if _, err := s.Add(t.Context(), b, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Add(t.Context(), b, nil); err != nil { // again: still one
		t.Fatal(err)
	}
	list, err := s.Entries()
	if err != nil || len(list) != 2 || !list[0].Chosen || list[1].Chosen {
		t.Fatal(list, err)
	}
	for name, want := range map[string]string{"vgg19": a, "a.pt": a, b: b, "b.pt": b} {
		if got, err := s.Find(name); err != nil || got.Path != want {
			t.Errorf("%s: %s %v", name, got.Path, err)
		}
	}
	if _, err := s.Find(e.SHA256[:10]); err == nil || !strings.Contains(err.Error(), "whole path") {
		t.Error("two files of one content:", err)
	}
	if _, err := s.Find("none"); !errors.Is(err, ErrNone) {
		t.Error(err)
	}
	if got, err := s.Choose("b.pt"); err != nil || !got.Chosen {
		t.Error(got, err)
	}
	if got, err := s.Find("vgg19"); err != nil || got.Path != b {
		t.Error(got, err)
	}
	if _, err := s.Remove(b); err != nil {
		t.Error(err)
	}
	if got, err := s.Find("vgg19"); err != nil || got.Path != a {
		t.Error("after the chosen one was removed:", got, err)
	}
}

func TestVerify(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(filepath.Join(dir, "models.json"))
	if err != nil {
		t.Fatal(err)
	}
	p := small(t, dir, "a.pt")
	e, err := s.Add(t.Context(), p, nil)
	if err != nil {
		t.Fatal(err)
	}
	verify := func(want State) {
		t.Helper()
		e, err := s.Find(p)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.Verify(t.Context(), e, nil); got != want || err != nil {
			t.Error(got, err)
		}
	}
	verify(Unchanged)
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(p, later, later); err != nil || e.State() != Changed {
		t.Error(e.State(), err)
	}
	verify(Unchanged) // the same bytes, whatever the time
	if e, _ = s.Find(p); e.State() != Unchanged {
		t.Error("the new time was not remembered")
	}
	raw, _ := os.ReadFile(p)
	raw[len(raw)/2] ^= 1
	if err := os.WriteFile(p, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	verify(Changed)
	if err := os.Remove(p); err != nil || e.State() != Missing {
		t.Error(e.State(), err)
	}
	verify(Missing)
}

func TestBad(t *testing.T) {
	dir := t.TempDir()
	p := filepath.Join(dir, "models.json")
	s, err := Open(p)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Entries(); err == nil || !strings.Contains(err.Error(), p) {
		t.Error(err)
	}
	if _, err := s.Add(t.Context(), small(t, dir, "a.pt"), nil); err == nil {
		t.Error("a damaged list was written over")
	}
	if raw, _ := os.ReadFile(p); string(raw) != "{" {
		t.Error("the damaged list was lost")
	}
	os.Remove(p)
	bad := filepath.Join(dir, "bad.caffemodel")
	if err := os.WriteFile(bad, []byte(strings.Repeat("no model ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Add(t.Context(), bad, nil); err == nil || !strings.Contains(err.Error(), "bad.caffemodel") {
		t.Error(err)
	}
	if list, err := s.Entries(); err != nil || len(list) != 0 {
		t.Error(list, err)
	}
}

// The small companions: bounds, a mean, statistics; each by its content.
func TestCompanions(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(filepath.Join(dir, "models.json"))
	if err != nil {
		t.Fatal(err)
	}
	bounds := filepath.Join(dir, "fc7.txt")
	if err := os.WriteFile(bounds, []byte(strings.Repeat("2 3 ", 2048)), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		bounds:                                  "bounds: upper bounds of 4096 units of relu7, 2 to 3",
		"../../testdata/caffe/mean.binaryproto": "mean: mean colour",
		"../../testdata/features/trees/estimated_cnn_feat_std_chwise_dof1.mat": "statistics: std, ddof=1 of",
	} {
		e, err := s.Add(t.Context(), path, nil)
		if err != nil || !strings.HasPrefix(string(e.Role)+": "+e.About, want) || len(e.SHA256) != 64 || e.Size == 0 {
			t.Errorf("%s: %s %q %v", path, e.Role, e.About, err)
		}
	}
	odd := filepath.Join(dir, "odd.txt")
	if err := os.WriteFile(odd, []byte("1 2 3"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, words := range map[string]string{odd: "3 numbers", dir: "folder", "../../testdata/bdata/sample.h5": "subject", "../../testdata/torchfiles/t1_legacy.pt": "no use",
		"../../testdata/models/generator.npz": "does not tell which", "../../testdata/models/reference_net.pt": "no use"} {
		if _, err := s.Add(t.Context(), path, nil); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestPublished knows the published files by their checksums.
func TestPublished(t *testing.T) {
	const shared = "../../../shared/data/"
	if _, err := os.Stat(shared); err != nil {
		t.Skip("third-party data is not here")
	}
	s, err := Open(filepath.Join(t.TempDir(), "models.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{"icnn/examples/data/act_range/3x/fc7.txt", "icnn/examples/data/act_range/3x/fc6.txt", "icnn/examples/data/act_range/3x/conv5.txt", "caffe/python/caffe/imagenet/ilsvrc_2012_mean.npy",
		"InterIndividualDeepImageReconstruction/image_reconstruction/data/estimated_vgg19_cnn_feat_std.mat"} {
		e, err := s.Add(t.Context(), shared+p, nil)
		if err != nil || e.Published != filepath.Base(p) {
			t.Errorf("%s: %+v %v", p, e, err)
		}
	}
}

// What is published with a checksum is known by it.
func TestCatalogue(t *testing.T) {
	names := map[Role]bool{}
	for _, w := range Catalogue() {
		if names[w.Role] || w.Name == "" || w.For == "" || len(w.Files) == 0 || w.Role.Name() != w.Name {
			t.Errorf("%+v", w)
		}
		names[w.Role] = true
		for _, f := range w.Files {
			if f.Name == "" || f.Where == "" || f.Licence == "" || f.MD5 != "" && (len(f.MD5) != 32 || published(f.MD5) != f.Name || f.Size == 0) {
				t.Errorf("%+v", f)
			}
		}
	}
}
