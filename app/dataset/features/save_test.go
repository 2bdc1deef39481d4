package features

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// What is written reads back. With REVERIE_KEEP=folder the trees stay there for testdata/features/check_bdpy.py.
func TestSave(t *testing.T) {
	root := os.Getenv("REVERIE_KEEP")
	if root == "" {
		root = t.TempDir()
	}
	shapes := map[string][]int{"conv1_1": {2, 3, 4}, "fc8": {5}, "one": {1}}
	sets := map[Layout][]Set{
		True:    {{}},
		Decoded: {{"", "S1", "VC", ""}, {"", "S2", "V1", ""}},
		Release: {{"natural/VGG19", "S1", "VC", ""}},
		"folds": {{"", "S1", "VC", "cv-fold1"}, {"", "S1", "VC", "cv-fold2"}},
	}
	for name, of := range sets {
		layout, dir := name, filepath.Join(root, string(name))
		if name == "folds" {
			layout = Decoded
		}
		for layer, shape := range shapes {
			for k, set := range of {
				for i, label := range []string{"b", "é", "a [1]"} {
					n, _ := count(shape)
					v := make([]float32, n)
					for j := range v {
						v[j] = float32(1000*k+100*i+j) + 0.5
					}
					if _, err := Save(dir, layout, Key{set, layer, label}, shape, v); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		s, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		if s.Layout() != layout || !slices.Equal(s.Sets(), of) || len(s.Labels()) != 3 || s.Gaps(1) != nil {
			t.Error(name, s.Layout(), s.Sets(), s.Labels(), s.Gaps(1))
		}
		for layer, shape := range shapes {
			if !slices.Equal(s.Shape(layer), shape) {
				t.Errorf("%s: %s has %v", name, layer, s.Shape(layer))
			}
			for k, set := range of {
				part, err := s.Select(set)
				if err != nil {
					t.Fatal(err)
				}
				v, err := part.Read(layer, "é")
				if err != nil {
					t.Fatal(err)
				}
				for j, x := range v {
					if x != float32(1000*k+100+j)+0.5 {
						t.Errorf("%s %s unit %d: %g", name, layer, j, x)
					}
				}
			}
		}
	}
	want := []Statistic{{"conv1_1", "std", []int{2, 1, 1}, []float32{1, 2}}, {"fc8", "std", []int{1}, []float32{2.5}}}
	path := filepath.Join(root, "std.mat")
	if err := SaveStatistics(path, want); err != nil {
		t.Fatal(err)
	}
	if got, err := ReadStatistics(t.Context(), path); err != nil || !reflect.DeepEqual(got, want) {
		t.Error(got, err)
	}
	for _, bad := range [][]Statistic{{want[0], want[0]}, {{"a", "", []int{2}, []float32{1}}}, {{"a", "", []int{0}, nil}}} {
		if err := SaveStatistics(path, bad); err == nil {
			t.Error(bad)
		}
	}
}

func TestSaveRejects(t *testing.T) {
	dir := t.TempDir()
	good := Set{"natural/VGG19", "S1", "VC", ""}
	for _, c := range []struct {
		layout Layout
		key    Key
		shape  []int
		n      int
		want   string
	}{
		{True, Key{Set{Subject: "S1"}, "fc8", "a"}, []int{1}, 1, "no subject"},
		{Decoded, Key{Set{Subject: "S1"}, "fc8", "a"}, []int{1}, 1, "cannot be the name"},
		{True, Key{Set{}, "fc8", "../a"}, []int{1}, 1, "cannot be the name"},
		{True, Key{Set{}, "..", "a"}, []int{1}, 1, "cannot be the name"},
		{True, Key{Set{Collection: "a/../b"}, "fc8", "a"}, []int{1}, 1, "cannot be the name"},
		{Release, Key{Set{Subject: "S1", ROI: "VC"}, "fc8", "a"}, []int{1}, 1, "<type>/<net>"},
		{Release, Key{good, "fc8", ""}, []int{1}, 1, "cannot be the name"},
		{Chunked, Key{good, "fc8", "a"}, []int{1}, 1, "not one of a file"},
		{True, Key{Set{}, "fc8", "a"}, []int{2}, 1, "1 values for shape [2]"},
		{True, Key{Set{}, "fc8", "a"}, nil, 1, "1 values for shape []"},
		{True, Key{Set{}, "fc8", "a"}, []int{0}, 0, "empty axis"},
	} {
		if _, err := Save(dir, c.layout, c.key, c.shape, make([]float32, c.n)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Error("left behind:", left)
	}
	// A module's name may hold a slash, a name's colon stands for it.
	p, err := Save(dir, True, Key{Set{}, "features/0", "a"}, []int{1}, []float32{7})
	if err != nil || filepath.Base(filepath.Dir(p)) != "features:0" {
		t.Fatal(p, err)
	}
	if s, err := Open(dir); err != nil || !slices.Equal(s.Layers(), []string{"features/0"}) {
		t.Error(err)
	}
}
