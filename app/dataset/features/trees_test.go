package features

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const trees = "../../../testdata/features/trees/"

// expected is what bdpy, SciPy or NumPy answered: testdata/features/trees.py.
type expected struct {
	Reader                                string
	Layers, Labels, Subjects, ROIs, Folds []string
	Samples                               []struct {
		Key    [5]string // layer, label, subject, ROI, fold
		Shape  []int
		Values []float32
	}
}

func answers(t *testing.T) map[string]expected {
	t.Helper()
	b, err := os.ReadFile("../../../testdata/features/trees.json")
	var out map[string]expected
	if err == nil {
		err = json.Unmarshal(b, &out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// shapeless drops axes of length 1: bdpy gives a vector of a file of version 7.3 with or without them.
func shapeless(shape []int) []int {
	return slices.DeleteFunc(slices.Clone(shape), func(d int) bool { return d == 1 })
}

func TestTrees(t *testing.T) {
	layouts := map[string]Layout{"v5": True, "v73": True, "matlab73": True, "plain": True, "npy": True, "release": Release, "flat": Release, "short": Release,
		"decoded": Decoded, "sparse": Decoded, "julia": Decoded, "cv": Decoded, "decoded_vgg19_cnn_feat.mat": Single}
	all := answers(t)
	if len(all) != len(layouts) {
		t.Fatalf("%d trees, %d known", len(all), len(layouts))
	}
	for name, want := range all {
		t.Run(name, func(t *testing.T) {
			s, err := OpenGuarded(t.Context(), trees+name)
			if err != nil {
				t.Fatal(err)
			}
			if s.Layout() != layouts[name] {
				t.Errorf("layout %s", s.Layout())
			}
			for what, lists := range map[string][2][]string{"layers": {s.Layers(), want.Layers}, "labels": {s.Labels(), want.Labels},
				"subjects": {s.Subjects(), want.Subjects}, "ROIs": {s.ROIs(), want.ROIs}, "folds": {s.Folds(), want.Folds}} {
				if !slices.Equal(lists[0], lists[1]) {
					t.Errorf("%s %q, %s has %q", what, lists[0], want.Reader, lists[1])
				}
			}
			if g := s.Gaps(10); g != nil {
				t.Error("gaps:", g)
			}
			for _, x := range want.Samples {
				part, err := s.Select(Set{Subject: x.Key[2], ROI: x.Key[3], Fold: x.Key[4]})
				if err != nil {
					t.Fatal(err)
				}
				v, err := part.Read(x.Key[0], x.Key[1])
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(v, x.Values) || !slices.Equal(shapeless(part.Shape(x.Key[0])), shapeless(x.Shape)) {
					t.Errorf("%v: shape %v, %s has %v; values %v… against %v…", x.Key, part.Shape(x.Key[0]), want.Reader, x.Shape, v[:3], x.Values[:3])
				}
				from, to := len(v)/3, len(v)-1
				if r, err := part.ReadRange(x.Key[0], x.Key[1], from, to); err != nil || !slices.Equal(r, v[from:to]) {
					t.Errorf("%v: units %d to %d: %v %v", x.Key, from, to, r, err)
				}
			}
		})
	}
}

// Unit (c,h,w) is (c·H+h)·W+w in every container and order, with the leading axis and without.
func TestOrder(t *testing.T) {
	for name, label := range map[string]string{"v5": "n01_10", "v73": "n01_10", "matlab73": "a", "plain": "a", "npy": "a", "release/natural/VGG19/conv1_1/S1/VC": "Img0001"} {
		s, err := Open(trees + name)
		if err != nil {
			t.Fatal(err)
		}
		v, err := s.Read("conv1_1", label)
		if err != nil || !slices.Equal(s.Shape("conv1_1"), []int{2, 3, 4}) {
			t.Fatal(name, err, s.Shape("conv1_1"))
		}
		for i, x := range v {
			if x != float32(i) {
				t.Errorf("%s: unit %d is %g", name, i, x)
			}
		}
		if !strings.HasPrefix(name, "release") && !slices.Equal(s.Shape("fc8"), []int{3}) && name != "v5" {
			t.Error(name, s.Shape("fc8"))
		}
	}
}

// Every folder from the collection's down to that of one layer or sample may be opened.
func TestDepth(t *testing.T) {
	for name, want := range map[string]string{
		"release":         "natural/VGG19",
		"release/natural": "VGG19",
		"flat":            "natural/VGG19",
		"v5":              "VGG19",
	} {
		s, err := Open(trees + name)
		if err != nil || !slices.Equal(s.Collections(), []string{want}) {
			t.Error(name, s, err)
		}
	}
	for name, want := range map[string]Set{
		"release/natural/VGG19/fc8":         {"", "S1", "V1", ""},
		"release/natural/VGG19/fc8/S2":      {"", "S2", "VC", ""},
		"decoded/fc8":                       {"", "sub-01", "HVC", ""},
		"cv/fc8":                            {"", "S1", "VC", "cv-fold1"},
		"v5/VGG19/fc8":                      {},
		"v5/VGG19/fc8/n01_9.mat":            {},
		"short/fc8/S1/VC/S1-VC-Img0001.mat": {"", "S1", "VC", ""},
	} {
		s, err := Open(trees + name)
		if err != nil || !slices.Equal(s.Layers(), []string{"fc8"}) || s.Sets()[0] != want {
			t.Errorf("%s: %+v %v", name, s, err)
		}
	}
}

func TestSelect(t *testing.T) {
	s, err := Open(trees + "release")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Read("fc8", "Img0001"); err == nil || !strings.Contains(err.Error(), "in 3 sets") {
		t.Error(err)
	}
	if _, err := s.Select(Set{Subject: "S9"}); err == nil || !strings.Contains(err.Error(), "natural/VGG19/S1/V1") {
		t.Error(err)
	}
	if n := len(s.Sets()); n != 3 {
		t.Error(n)
	}
	// The folds hold different samples, so none need be chosen; a range must lie inside.
	if s, err = Open(trees + "cv"); err != nil {
		t.Fatal(err)
	}
	v, err := s.Read("fc8", "sample000003-n01_0")
	if err != nil || !slices.Equal(v, []float32{2200, 2201, 2202}) {
		t.Error(v, err)
	}
	for _, r := range [][2]int{{-1, 2}, {2, 1}, {0, 4}} {
		if _, err := s.ReadRange("fc8", "sample000003-n01_0", r[0], r[1]); err == nil {
			t.Error(r)
		}
	}
	n, stimulus, ok := Trial("sample000003-n01_0")
	if n != 3 || stimulus != "n01_0" || !ok || TrialLabel(n, stimulus) != "sample000003-n01_0" {
		t.Error(n, stimulus, ok)
	}
	if _, l, ok := Trial("n01_0"); ok || l != "n01_0" {
		t.Error(l, ok)
	}
}

func TestJoin(t *testing.T) {
	dir := t.TempDir()
	put := func(root, layer, label string) {
		if err := os.MkdirAll(filepath.Join(dir, root, layer), 0o777); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(trees + "v5/VGG19/" + layer + "/n01_9.mat")
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, root, layer, label+".mat"), b, 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	put("train", "fc6", "a")
	put("train", "fc8", "a")
	put("test", "fc6", "b")
	train, test := filepath.Join(dir, "train"), filepath.Join(dir, "test")
	s, err := Open(train, test)
	if err != nil || !slices.Equal(s.Labels(), []string{"a", "b"}) {
		t.Fatal(err)
	}
	if g := s.Gaps(5); !slices.Equal(g, []Key{{Set{}, "fc8", "b"}}) {
		t.Error(g)
	}
	if _, err := s.Read("fc8", "b"); err == nil || !strings.Contains(err.Error(), "though of other labels") {
		t.Error(err)
	}
	if _, err := Open(train, train); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "stands in") {
		t.Error(err)
	}
	if _, err := Open(train, trees+"cv"); !errors.Is(err, ErrFormat) {
		t.Error(err)
	}
	// A link back up is not followed; one to another folder is.
	if err := os.Symlink(dir, filepath.Join(train, "loop")); err != nil {
		t.Skip(err)
	}
	if s, err := Open(dir); err != nil || !slices.Equal(s.Collections(), []string{"test", "train"}) {
		t.Error(err)
	}
}

func TestTreeRejects(t *testing.T) {
	for name, want := range map[string]string{
		"pickle2":                     "no .mat",
		"cv/fc8/S1/VC/cv-fold1/model": "no folder named like a layer",
		"index.mat":                   "no variable feat",
		"v5/VGG19/fc8/none.mat":       "no such file",
		"trees":                       "no such file",
	} {
		if _, err := Open(trees + name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Open(trees); !errors.Is(err, ErrFormat) {
		t.Error(err)
	}
}
