package intake

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reverie/compute/format/guard"
)

func TestMain(m *testing.M) {
	guard.Main()
	os.Exit(m.Run())
}

const data = "../../testdata/"

func sorted(t *testing.T, paths ...string) map[string]Kind {
	t.Helper()
	items, err := Sort(t.Context(), paths, nil)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]Kind{}
	for _, i := range items {
		out[i.Path] = i.Kind
		if (i.Err != nil) != (i.Kind == Unknown) {
			t.Errorf("%s: %s, %v", i.Path, i.Kind, i.Err)
		}
	}
	return out
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	for path, want := range map[string]Kind{
		data + "bdata/sample.h5":                                       Subject,
		data + "bdtb/twin.mat":                                         Figures,
		data + "features/trees/v5/VGG19/conv1_1/n01_9.mat":             Features,
		data + "features/trees/v73/fc6/n01_9.mat":                      Features,
		data + "features/trees/decoded_vgg19_cnn_feat.mat":             Features,
		data + "features/trees/estimated_cnn_feat_std_chwise_dof1.mat": Statistics,
		data + "stimuli/smooth_cmyk.JPEG":                              Picture,
		data + "caffe/new_packed_float.caffemodel":                     Model,
		data + "caffe/mean.binaryproto":                                Mean,
		write("fc7.txt", "2 3 4 5 \n"):                                 Bounds,
		write("net.prototxt", "name: \"x\"\nlayers {\n}\n"):            Network,
		write("table.tsv", "n01518878_5958\t1518878.005958\t1\n"):      Table,
		write("notes.txt", "what I did on Monday"):                     Unknown,
		write("empty.h5", ""):                                          Unknown,
		write("cut.h5", "\x89HDF\r\n\x1a\n and nothing more"):          Unknown,
		write("odd.csv", "\n\n"):                                       Unknown,
		write("x.bin", "\x00\x01\x02"):                                 Unknown,
		data + "features/trees/npy/conv1_1/a.npy":                      Unknown,
	} {
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
			continue
		}
		if got := sorted(t, path); got[path] != want {
			t.Errorf("%s is %q, want %q", path, got[path], want)
		}
	}
	if _, err := Sort(t.Context(), []string{filepath.Join(dir, "none.h5")}, nil); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "none.h5") {
		t.Error(err)
	}
}

// A folder with everything: each thing is found once, a tree of features as one.
func TestFolders(t *testing.T) {
	dir := t.TempDir()
	for name, from := range map[string]string{
		"sub-01_ImageNetTest.h5":   "bdata/sample.h5",
		"stimuli/cat.png":          "stimuli/smooth.png",
		"vgg.caffemodel":           "caffe/new_packed_float.caffemodel",
		".hidden/sub-02.h5":        "bdata/sample.h5",
		"a/b/c/sub-03_far.h5":      "bdata/sample.h5",
		"a/b/c/d/e/sub-04_lost.h5": "bdata/sample.h5",
		"model/W.mat":              "decoders/bd-fc/W.mat",
		"model/b.mat":              "decoders/bd-fc/b.mat",
	} {
		raw, err := os.ReadFile(data + from)
		if err != nil {
			t.Fatal(err)
		}
		p := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(p), 0o700), os.WriteFile(p, raw, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.CopyFS(filepath.Join(dir, "features"), os.DirFS(data+"features/trees/v5")); err != nil {
		t.Fatal(err)
	}
	got := sorted(t, dir)
	want := map[string]Kind{"sub-01_ImageNetTest.h5": Subject, "stimuli": Pictures, "vgg.caffemodel": Model, "a/b/c/sub-03_far.h5": Subject, "model": Decoders, "features": Features}
	for name, kind := range want {
		if k := got[filepath.Join(dir, name)]; k != kind {
			t.Errorf("%s is %q, want %q", name, k, kind)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%v, want %d things", got, len(want))
	}
	for _, tree := range []string{"release", "decoded", "cv", "flat", "v73", "sparse", "julia", "matlab73"} {
		p := data + "features/trees/" + tree
		if got := sorted(t, p); len(got) != 1 || got[p] != Features {
			t.Errorf("%s: %v", tree, got)
		}
	}
	// Decoders alone: a model folder, and that of its ROI, subject, layer and all.
	root := filepath.Join(t.TempDir(), "decoders")
	if err := os.CopyFS(filepath.Join(root, "fc8", "S1", "VC", "model"), os.DirFS(data+"decoders/bd-fc")); err != nil {
		t.Fatal(err)
	}
	for p := filepath.Join(root, "fc8", "S1", "VC", "model"); len(p) >= len(root); p = filepath.Dir(p) {
		if got := sorted(t, p); len(got) != 1 || got[p] != Decoders {
			t.Errorf("%s: %v", p, got)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Sort(ctx, []string{dir}, nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
