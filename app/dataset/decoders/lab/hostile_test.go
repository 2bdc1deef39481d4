package lab

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"reverie/compute/format/hdf5"
)

// copied is a copy of one of make.py's folders.
func copied(t testing.TB, name string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "model")
	if err := os.CopyFS(dir, os.DirFS(folders+name)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// everything opens a folder and reads all its units.
func everything(dir string) error {
	f, err := Open(context.Background(), dir)
	if err != nil {
		return err
	}
	_, err = f.Read(context.Background(), 0, f.Units())
	return err
}

// h5 writes an HDF5 file.
func h5(t testing.TB, path string, write func(w *hdf5.Writer)) {
	t.Helper()
	w, err := hdf5.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Discard()
	write(w)
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
}

// sparse is a sparse W of shape [12,5], which is what bd-fc has.
type sparse struct {
	shape      []int64
	background int64
	index      []int32 // [axes][entries]
	axes       int
	value      []float32
}

func (s sparse) write(w *hdf5.Writer) {
	hdf5.Write(w, "W/"+sparseMark, nil, []int64{1})
	hdf5.Write(w, "W/background", nil, []int64{s.background})
	hdf5.Write(w, "W/shape", []int{len(s.shape)}, s.shape)
	hdf5.Write(w, "W/index", []int{s.axes, len(s.index) / s.axes}, s.index)
	hdf5.Write(w, "W/value", []int{len(s.value)}, s.value)
}

func TestRejects(t *testing.T) {
	nan := float32(math.NaN())
	good := func() sparse {
		return sparse{[]int64{12, 5}, 0, []int32{0, 3, 11, 1, 1, 4}, 2, []float32{1, 2, 3}}
	}
	changed := func(change func(s *sparse)) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			s := good()
			change(&s)
			h5(t, dir+"/W.mat", s.write)
		}
	}
	remove := func(names ...string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			for _, n := range names {
				if err := os.RemoveAll(dir + "/" + n); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	move := func(from, to string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			raw, err := os.ReadFile(folders + from)
			if err == nil {
				err = os.WriteFile(dir+"/"+to, raw, 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	nothing := func(*testing.T, string) {}
	for _, c := range []struct {
		folder string
		change func(t *testing.T, dir string)
		want   string
	}{
		{"bd-fc", remove("b.mat"), "has no b.mat beside it"},
		{"bd-fc", remove("W.mat"), "has no W.mat, W/00000000.mat"},
		{"bd-conv", remove("b"), "has no folder b beside it"},
		{"bd-conv", remove("b/00000002.mat"), "3 files of W and 2 of b"},
		{"bd-conv", remove("W/00000001.mat"), "W/00000001.mat is missing while there is 00000002.mat"},
		{"bd-conv", remove("W/00000000.mat"), "W/00000000.mat is missing while there is 00000001.mat"},
		{"bd-conv", remove("b/00000001.mat"), "b/00000001.mat is missing while there is"},
		{"pkl-conv", remove("00000001.pkl.gz"), "00000001.pkl.gz is missing while there is 00000002.pkl.gz"},
		{"bd-conv", move("bd-fc/W.mat", "W/00000001.mat"), "weights of 12 voxels for units of shape [5], where the first file has 12 and [1 4 2]"},
		{"bd-conv", move("bd-conv-whole/b.mat", "b/00000001.mat"), "b of shape [1 3 4 2] does not fit the units [1 4 2]"},
		{"bd-conv", move("bd-fc/W.mat", "W/last.mat"), "its name is no number of eight digits"},
		{"bd-conv", move("bd-conv-whole/W.mat", "W/00000000.mat"), "only decoders cut by channel"},
		{"pkl-conv", move("pkl-fc/model.pkl.gz", "00000002.pkl.gz"), "units of shape [5], where the first file has 12 and [1 4 2]"},
		{"bd-fc", move("bd-fc/b.mat", "W.mat"), "has no variable W; it has b"},
		{"bd-fc", move("scripts/model/x_mean.mat", "x_mean.mat"), ""},
		{"bd-fc", move("scripts/y_mean.mat", "y_mean.mat"), "shape [1 3 4 2] does not fit the decoders' units [5]"},
		{"bd-fc", changed(func(*sparse) {}), ""},
		{"bd-fc", changed(func(s *sparse) { s.index[2] = 12 }), "entry 2 has the index 12 on its voxel axis 0, outside the shape [12 5]"},
		{"bd-fc", changed(func(s *sparse) { s.index[4] = -1 }), "entry 1 has the index -1 on its unit axis 1"},
		{"bd-fc", changed(func(s *sparse) { s.index[1], s.index[4] = 0, 1 }), "two weights for unit 1 and voxel 0"},
		{"bd-fc", changed(func(s *sparse) { s.value[1] = nan }), "unit 1 has the weight NaN for voxel 3"},
		{"bd-fc", changed(func(s *sparse) { s.value[2] = float32(math.Inf(1)) }), "unit 4 has the weight +Inf for voxel 11"},
		{"bd-fc", changed(func(s *sparse) { s.background = 1 }), "all weights that it does not list are 1"},
		{"bd-fc", changed(func(s *sparse) { s.value = s.value[:2] }), "a matrix of shape [2 3] for 2 axes and 2 entries"},
		{"bd-fc", changed(func(s *sparse) { s.shape = []int64{12, 6} }), "b of shape [1 5] does not fit the units [6]"},
		{"bd-fc", changed(func(s *sparse) { s.shape = []int64{12, 1 << 40} }), "between 1 and 134217728"},
		{"bd-fc", changed(func(s *sparse) { s.shape = []int64{1 << 40, 5} }), "between 1 and 134217728"},
		{"bd-fc", changed(func(s *sparse) { s.shape = []int64{-12, 5} }), "between 1 and 134217728"},
		{"bd-fc", changed(func(s *sparse) { s.shape = []int64{12, 0} }), "between 1 and 134217728"},
		{"bd-fc", changed(func(s *sparse) { s.shape, s.index, s.axes = []int64{12}, s.index[:3], 1 }), "[voxels,unit…] is expected"},
		{"bd-fc", changed(func(s *sparse) { s.shape = make([]int64, 40) }), "its shape has 40 axes"},
		{"bd-fc", func(t *testing.T, dir string) {
			h5(t, dir+"/W.mat", func(w *hdf5.Writer) { hdf5.Write(w, "V", []int{2}, []float32{1, 2}) })
		}, "has no variable W; it has V"},
		{"bd-fc", func(t *testing.T, dir string) {
			h5(t, dir+"/W.mat", func(w *hdf5.Writer) { hdf5.Write(w, "W", []int{2}, []float32{1, 2}) })
		}, "W has the shape [2], [voxels,unit…] is expected"},
		{"bd-fc", func(t *testing.T, dir string) {
			h5(t, dir+"/W.mat", func(w *hdf5.Writer) { hdf5.Write(w, "W/value", []int{2}, []float32{1, 2}) })
		}, "no sparse array of bdpy's, which has a member __bdpy_sparse_arrray"},
		{"bd-fc", func(t *testing.T, dir string) {
			h5(t, dir+"/b.mat", func(w *hdf5.Writer) { hdf5.Write(w, "b", []int{1, 5}, []float32{1, 2, nan, 4, 5}) })
		}, "the bias of unit 2 is NaN"},
		{"bd-fc", func(t *testing.T, dir string) {
			h5(t, dir+"/y_norm.mat", func(w *hdf5.Writer) { hdf5.Write(w, "y_norm", []int{1, 5}, []float32{1, 2, nan, 4, 5}) })
		}, "units 2 is NaN"},
		{"hostile/evil", nothing, `a model of class "posix.system"`},
		{"hostile/evil-model", nothing, `a model of class "posix.system"`},
		{"hostile/untrained", nothing, "was the model trained?"},
		{"hostile/no-shape", nothing, "a dictionary without y_shape"},
		{"hostile/no-model", nothing, "a dictionary without model"},
		{"hostile/other-shape", nothing, "its units have the shape [5], which does not fit y_shape [5 2]"},
		{"hostile/many", nothing, "y_shape is [1073741824 1073741824]"},
		{"hostile/outside", nothing, "weight 1 in W where S says that the voxel was not chosen"},
		{"hostile/integers", nothing, `its elements are of type "i4"`},
		{"hostile/biases", nothing, "biases b: its units have the shape [4], which does not fit y_shape [5]"},
		{"hostile/classifier", nothing, `a model of class "sklearn.linear_model._logistic.LogisticRegression"`},
		{"hostile/nothing", nothing, "it holds no model"},
		{"hostile/vector", nothing, "weights W of shape [12]"},
		{"hostile/infinite", nothing, "unit 0 has the weight +Inf for voxel 0"},
		{"hostile/claims-sparse", nothing, "asks for 4398046511104 bytes where the file has 0"},
		{"hostile/claims-dense", nothing, "asks for 35184372088832 bytes where the file has 0"},
	} {
		dir := copied(t, c.folder)
		c.change(t, dir)
		err := everything(dir)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || !errors.Is(err, ErrFormat)) {
			t.Errorf("%s: %v\nwant %q", c.folder, err, c.want)
		}
	}
	for _, dir := range []string{t.TempDir(), folders + "nowhere", folders + "../features/store"} {
		if err := everything(dir); err == nil || Is(dir) {
			t.Errorf("%s: opened", dir)
		}
	}
}

// Of a unit that did not vary NaN is no error where y_norm says so, as in the lab's own models.
func TestStill(t *testing.T) {
	nan := float32(math.NaN())
	dir := copied(t, "bd-fc")
	s := sparse{[]int64{12, 5}, 0, []int32{0, 3, 4, 11, 1, 1, 2, 4}, 2, []float32{nan, nan, 2, 3}}
	h5(t, dir+"/W.mat", s.write)
	h5(t, dir+"/b.mat", func(w *hdf5.Writer) { hdf5.Write(w, "b", []int{1, 5}, []float32{0, nan, 2, 3, 4}) })
	h5(t, dir+"/y_norm.mat", func(w *hdf5.Writer) { hdf5.Write(w, "y_norm", []int{1, 5}, []float32{1, 0, 1, 1, 1}) })
	f, err := Open(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	got, err := f.Read(context.Background(), 0, 5)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.Start, []int{0, 0, 0, 1, 1, 2}) || !slices.Equal(got.W, []float32{2, 3}) || !slices.Equal(got.Index, []uint32{4, 11}) ||
		!slices.Equal(got.B, []float32{0, 0, 2, 3, 4}) {
		t.Errorf("read %+v", got)
	}
}

// Files that are cut off are errors wherever they are cut.
func TestTruncated(t *testing.T) {
	for _, folder := range []string{"bd-fc", "dense-5", "sparse-5", "pkl-gzip", "pkl-conv-old", "matlab-5"} {
		dir := copied(t, folder)
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Base(path) == infoName {
				return err
			}
			raw, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, n := range []int{0, 1, 3, 100, 130, 600, len(raw) / 3, len(raw) / 2, len(raw) - 9, len(raw) - 1} {
				if n < 0 || n >= len(raw) {
					continue
				}
				if err := os.WriteFile(path, raw[:n], 0o644); err != nil {
					return err
				}
				if err := everything(dir); err == nil {
					t.Errorf("%s of %s: %d of %d bytes are enough", filepath.Base(path), folder, n, len(raw))
				}
			}
			return os.WriteFile(path, raw, 0o644)
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := everything(dir); err != nil {
			t.Errorf("%s put back: %v", folder, err)
		}
	}
}

// Reading stops when it is told to.
func TestCancelled(t *testing.T) {
	for _, name := range []string{"bd-conv", "dense-hdf5"} {
		f, err := Open(context.Background(), folders+name)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if _, err := f.Read(ctx, 0, f.Units()); err == nil {
			t.Errorf("%s: read", name)
		}
		if _, err := f.Read(context.Background(), 0, f.Units()); err != nil {
			t.Errorf("%s: afterwards: %v", name, err)
		}
		for _, r := range [][2]int{{-1, 2}, {0, f.Units() + 1}, {3, 3}, {4, 3}} {
			if _, err := f.Read(context.Background(), r[0], r[1]); err == nil {
				t.Errorf("%s: read %v", name, r)
			}
		}
	}
}
