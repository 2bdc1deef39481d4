package mat73

import (
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"reverie/compute/format/hdf5"
	"reverie/compute/format/mat"
)

// TestHostile reads arrays that no program writes: each an error, soon, and without much memory.
func TestHostile(t *testing.T) {
	modes(t, made+"hostile.mat", func(t *testing.T, f *File) {
		vars := f.Variables()
		if len(vars) < 57 {
			t.Fatalf("%d variables", len(vars))
		}
		for _, v := range vars {
			begin, before := time.Now(), allocated()
			_, err := f.Read(v.Name)
			list, errMembers := f.Members(v.Name, 3)
			for _, m := range list {
				if _, err := f.Read(v.Name + m.Name); err != nil && !strings.Contains(err.Error(), v.Name+m.Name) {
					t.Errorf("%s%s: the error does not name it: %v", v.Name, m.Name, err)
				}
			}
			if _, err := f.Sparse(v.Name); err == nil && !strings.HasPrefix(v.Name, "sparse_bomb") {
				t.Errorf("%s has entries", v.Name)
			}
			took, bytes := time.Since(begin), allocated()-before
			if good := strings.HasPrefix(v.Name, "good_"); good != (err == nil) {
				t.Errorf("%s: %v", v.Name, err)
			} else if err != nil && !strings.Contains(err.Error(), "hostile.mat") {
				t.Errorf("%s: the error does not name the file: %v", v.Name, err)
			}
			limit := uint64(32 << 20)
			if v.Name == "size_sum" {
				limit = 1 << 30 // what the file could account for, and each member alone
			}
			if took > 10*time.Second || bytes > limit {
				t.Errorf("%s took %v and %d MB", v.Name, took, bytes>>20)
			}
			t.Logf("%-20s %6.0f ms %4d MB: %v; members: %d, %v", v.Name, took.Seconds()*1e3, bytes>>20, err, len(list), errMembers)
		}
	})
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// TestBadNames: a file that is not there, one that is no HDF5, and references out of a closed file.
func TestBadNames(t *testing.T) {
	for _, path := range []string{"absent.mat", "doc.go", ".", made + "../formats/arrays/plain.mat"} {
		if f, err := Open(t.Context(), path); err == nil {
			f.Close()
			t.Errorf("%s was opened", path)
		}
	}
	f, err := Open(t.Context(), made+"matlab.mat")
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if _, err := f.Read("cell"); err == nil {
		t.Error("a closed file was read")
	}
}

// TestPlain reads groups whose names are none of MATLAB's: of layers with dots, and more than are read at once.
func TestPlain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plain.h5")
	w, err := hdf5.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Discard()
	for _, e := range []error{
		hdf5.Write(w, "/net/conv1.weight", []int{2, 3}, []float32{1, 2, 3, 4, 5, 6}), hdf5.Write(w, "/net/conv1", nil, []float64{7}),
		hdf5.Write(w, "/net/a.b/c(1)", []int{2}, []int64{8, 9}), hdf5.Write(w, "/x.y", []int{1}, []int64{3}), hdf5.Write(w, "/x", []int{1}, []int64{4}),
		w.WriteStrings("/names", []string{"V1", "視覚"}), w.WriteString("/text", "one"), w.Group("/empty"),
	} {
		if e != nil {
			t.Fatal(e)
		}
	}
	for i := range maxFields + 1 {
		if err := w.Group(fmt.Sprintf("/many/g%d", i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	modes(t, path, func(t *testing.T, f *File) {
		for path, want := range map[string]float64{"net.conv1": 7, "x.y": 3, "x": 4, "net.conv1.weight": 1, "net.a.b.c(1)": 8} {
			a, err := f.Read(path)
			if err != nil {
				t.Error(err)
			} else if v, err := a.Float64(); err != nil || v[0] != want {
				t.Errorf("%s: %v, %v, want %v", path, v, err, want)
			}
		}
		a, err := f.Read("net.conv1.weight")
		if err != nil {
			t.Fatal(err)
		}
		if v, err := a.Float64(); err != nil || fmt.Sprint(a.Dims, v) != "[2 3] [1 4 2 5 3 6]" { // as it stands, column after column
			t.Errorf("%v %v, %v", a.Dims, v, err)
		}
		if a, err = f.Read("names"); err != nil {
			t.Fatal(err)
		}
		items, err := a.Cells()
		if err != nil || len(items) != 2 {
			t.Fatal(items, err)
		}
		if text, err := items[1].Text(); err != nil || text != "視覚" {
			t.Errorf("%q, %v", text, err)
		}
		if a, err = f.Read("text"); err != nil {
			t.Fatal(err)
		}
		if text, err := a.Text(); err != nil || text != "one" {
			t.Errorf("%q, %v", text, err)
		}
		if a, err = f.Read("empty"); err != nil || a.Class != mat.Struct || len(a.Fields) != 0 {
			t.Errorf("%+v, %v", a, err)
		}
		if _, err := f.Read("many"); err == nil {
			t.Error("too many fields were read at once")
		}
		if a, err := f.Read(fmt.Sprintf("many.g%d", maxFields)); err != nil || a.Class != mat.Struct {
			t.Error(err)
		}
		list, err := f.Members("names", 9)
		if err != nil || len(list) != 2 || list[1].Name != "{2}" || list[1].Class != mat.Char || !slices.Equal(list[1].Dims, []int{1, 2}) {
			t.Errorf("%+v, %v", list, err)
		}
		if a, err = f.Read("names{2}"); err != nil {
			t.Fatal(err)
		}
		if text, err := a.Text(); err != nil || text != "視覚" {
			t.Errorf("%q, %v", text, err)
		}
		for _, path := range []string{"names{3}", "names{1}{1}"} {
			if _, err := f.Read(path); err == nil {
				t.Errorf("%s was read", path)
			}
		}
	})
}
