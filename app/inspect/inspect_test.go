package inspect

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"reverie/compute/format/guard"
)

const (
	specimens = "../../../shared/data" // beside the repository, on machines that have it
	testdata  = "../../testdata"
)

func TestMain(m *testing.M) {
	guard.Main()
	os.Exit(m.Run())
}

func open(t *testing.T, path string) *Doc {
	t.Helper()
	d, err := Open(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func fact(d *Doc, name string) string {
	for _, f := range d.Facts {
		if f.Name == name {
			return f.Text
		}
	}
	return ""
}

// unknown are the specimens that are no data, with the reason.
func unknownOnPurpose(path string) string {
	switch {
	case strings.HasSuffix(path, ".md"), strings.HasSuffix(path, "/LICENSE"):
		return "text for people"
	case strings.Contains(path, "/mri/epi0001"):
		return "a volume of ANALYZE: subjects come as BData"
	}
	return ""
}

// kinds are the beginnings of the kinds of the specimens, by the end of their names; the first that fits counts.
var kinds = [][2]string{
	{"sample_vmap.h5", "BData"}, {"S2_figureImage.mat", "BDTB-1.0 subject"}, {"cnn_feat_std.mat", "statistics of features"},
	{"image_mean.mat", "mean image"}, {"ilsvrc_2012_mean.mat", "mean image"}, {"ilsvrc_2012_mean.npy", "NumPy array: a mean image"},
	{"array_jl_dense_v1.mat", "HDF5 file"}, {"nochunk-bd/W.mat", "part of a decoder model"}, {"nochunk-bd/b.mat", "part of a decoder model"},
	{"model.pkl.gz", "decoder model"}, {"testdata-2d.pkl.gz", "Python pickle"}, {"testdata-2d-nan.pkl.gz", "Python pickle"},
	{".pkl.gz", "decoder model"}, {"options.pkl", "Python pickle"}, {".h5", "HDF5 file"}, {".mat", "MATLAB 5 file"}, {".npy", "NumPy array"},
	{".npz", "NumPy archive"}, {".caffemodel", "Caffe model"}, {".prototxt", "Caffe network (prototxt)"}, {".pth", "PyTorch file"},
	{"GODImagery.tsv", "stimulus table"}, {"Test.tsv", "stimulus table"}, {"Training.tsv", "stimulus table"}, {"imageURL_training.csv", "stimulus table"},
	{"within.csv", "text table"}, {".csv", "stimulus table"}, {".json", "JSON document"}, {".yaml", "settings (YAML)"}, {".jpg", "picture"}, {".png", "picture"},
	{"VERSIONS.txt", "text"}, {"synset_words.txt", "text"}, {".txt", "numbers, one for each unit: latent bounds"},
}

func TestSpecimens(t *testing.T) {
	if _, err := os.Stat(specimens); err != nil {
		t.Skip("shared/data is absent: ", err)
	}
	files := 0
	err := filepath.WalkDir(specimens, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		files++
		d, err := Open(context.Background(), path)
		if why := unknownOnPurpose(filepath.ToSlash(path)); why != "" {
			if err == nil {
				t.Errorf("%s opens as %s, although it is %s", path, d.Kind, why)
				d.Close()
			} else if strings.Contains(err.Error(), "\n") {
				t.Errorf("the error has several lines: %v", err)
			}
			return nil
		}
		if err != nil {
			t.Errorf("%v", err)
			return nil
		}
		defer d.Close()
		want := ""
		for _, k := range kinds {
			if strings.HasSuffix(filepath.ToSlash(path), k[0]) {
				want = k[1]
				break
			}
		}
		if want == "" || !strings.HasPrefix(d.Kind, want) {
			t.Errorf("%s is %q, want %q", path, d.Kind, want)
		}
		if st, err := e.Info(); err != nil || st.Size() != d.Size {
			t.Errorf("%s has %d bytes, want %d", path, d.Size, st.Size())
		}
		for _, f := range d.Facts {
			if strings.HasPrefix(f.Name, "damaged") {
				t.Errorf("%s: %s: %s", path, f.Name, f.Text)
			}
		}
		everything(t, d.Path, d.Roots, 0)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 100 {
		t.Errorf("%d specimens were met", files)
	}
}

// everything reads all nodes and first values.
func everything(t *testing.T, at string, list []*Node, depth int) {
	t.Helper()
	for _, n := range list {
		where := at + " › " + n.Name
		v, err := n.Values(context.Background(), 3)
		if err != nil {
			t.Errorf("%s: %v", where, err)
		}
		if l := n.Amount(); n.Valued() && l >= 0 && len(v) != min(l, 3) {
			t.Errorf("%s of shape %v gives %d values: %q", where, n.Shape, len(v), v)
		}
		children, err := n.Children(context.Background())
		if err != nil {
			t.Errorf("%s: %v", where, err)
		}
		if n.Leaf() && len(children) > 0 {
			t.Errorf("%s is a leaf with children", where)
		}
		if depth < 12 {
			everything(t, where, children, depth+1)
		}
	}
}

// expected is an entry of testdata/inspect/expect.json.
type expected struct {
	Shape []int
	First []string
}

// TestExpected holds shapes and first values against those of NumPy, SciPy, h5py, PyTorch, pickle and Pillow.
func TestExpected(t *testing.T) {
	if _, err := os.Stat(specimens); err != nil {
		t.Skip("shared/data is absent: ", err)
	}
	b, err := os.ReadFile(filepath.Join(testdata, "inspect/expect.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]map[string]json.RawMessage
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	arrays := 0
	for file, want := range all {
		d := open(t, filepath.Join(specimens, file))
		for name, raw := range want {
			switch name {
			case "size":
				var s [2]int
				if json.Unmarshal(raw, &s) != nil || fact(d, "size") != fmt.Sprintf("%d × %d pixels", s[0], s[1]) {
					t.Errorf("%s: size %q, want %s", file, fact(d, "size"), raw)
				}
				continue
			case "rows", "columns":
				n, _ := strconv.Atoi(string(raw))
				if name == "rows" && !strings.HasPrefix(d.Roots[0].Name, "column ") {
					n-- // a line of headings
				}
				if fact(d, name) != Count(n) {
					t.Errorf("%s: %s %q, want %d", file, name, fact(d, name), n)
				}
				continue
			}
			var x expected
			if err := json.Unmarshal(raw, &x); err != nil {
				t.Fatal(err)
			}
			arrays++
			check(t, d, name, x)
		}
		d.Close()
	}
	if arrays < 150 {
		t.Errorf("%d arrays were compared", arrays)
	}
}

func check(t *testing.T, d *Doc, name string, x expected) {
	t.Helper()
	n, err := d.Find(context.Background(), name)
	if err != nil {
		t.Error(err)
		return
	}
	if !slices.Equal(n.Shape, x.Shape) {
		t.Errorf("%s, %s: shape %v, want %v", d.Path, name, n.Shape, x.Shape)
	}
	got, err := n.Values(context.Background(), 5)
	if err != nil {
		t.Errorf("%s, %s: %v", d.Path, name, err)
	}
	if len(got) != len(x.First) {
		t.Errorf("%s, %s: values %q, want %q", d.Path, name, got, x.First)
		return
	}
	for i, w := range x.First {
		a, err := strconv.ParseFloat(got[i], 64)
		b, _ := strconv.ParseFloat(w, 64)
		if same := a == b || math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) <= 6e-8*math.Abs(b); err != nil || !same {
			t.Errorf("%s, %s[%d] is %s, want %s", d.Path, name, i, got[i], w)
		}
	}
}
