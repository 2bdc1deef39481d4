package mat73

import (
	"fmt"
	"os"
	"slices"
	"testing"

	"reverie/compute/format/mat"
)

// compare reads all variables whole, and every member by its path.
func compare(t *testing.T, f *File, want map[string]tree) {
	t.Helper()
	vars := f.Variables()
	if len(vars) != len(want) {
		t.Errorf("%d variables, want %d", len(vars), len(want))
	}
	for _, v := range vars {
		w, ok := want[v.Name]
		if !ok {
			t.Errorf("variable %s is not expected", v.Name)
			continue
		}
		if err := describes(v, w); err != nil {
			t.Errorf("%s: %v", v.Name, err)
		}
		a, err := f.Read(v.Name)
		if err == nil {
			err = same(a, w)
		}
		if err == nil {
			err = members(f, v.Name, w)
		}
		if err != nil {
			t.Errorf("%s: %v", v.Name, err)
		}
	}
}

func members(f *File, path string, w tree) error {
	if w.Entries != nil {
		e, err := f.Sparse(path)
		if err != nil {
			return err
		}
		if !slices.Equal(e.Rows, w.Entries.Rows) || !slices.Equal(e.Cols, w.Entries.Cols) || (e.Imag != nil) != w.Entries.Complex {
			return fmt.Errorf("%+v, want %+v", e, w.Entries)
		}
		return sameEntries(e.Values, e.Imag, w)
	}
	shape, err := f.Shape(path)
	if err != nil && !w.Unread {
		return err
	}
	// hdf5storage counts texts, not their letters.
	if want := w.Shape; want != nil && w.Class != "char" && !slices.Equal(shape, want) {
		return fmt.Errorf("shape %v, want %v", shape, want)
	}
	list, err := f.Members(path, 1000)
	if err != nil || len(list) != len(w.Items) {
		return fmt.Errorf("%s: %d members, %v, want %d", path, len(list), err, len(w.Items))
	}
	for i, m := range list {
		err := describes(m, w.Items[i])
		var a *mat.Array
		if err == nil {
			a, err = f.Read(path + m.Name)
		}
		if err == nil {
			err = same(a, w.Items[i])
		}
		if err == nil {
			err = members(f, path+m.Name, w.Items[i])
		}
		if err != nil {
			return fmt.Errorf("%s%s: %w", path, m.Name, err)
		}
	}
	return nil
}

// TestMade reads files by MATLAB's rules and of hdf5storage; what is expected h5py, hdf5storage and mat73 say.
func TestMade(t *testing.T) {
	var files map[string]map[string]tree
	load(t, made+"expect.json", &files)
	if len(files) != 3 || len(files["matlab.mat"]) < 45 {
		t.Fatalf("%d files", len(files))
	}
	for name, want := range files {
		t.Run(name, func(t *testing.T) {
			modes(t, made+name, func(t *testing.T, f *File) { compare(t, f, want) })
		})
	}
}

// TestReal reads the files in the field.
func TestReal(t *testing.T) {
	if _, err := os.Stat(specimens); err != nil {
		t.Skip("shared/data is absent: ", err)
	}
	var files map[string]map[string]tree
	load(t, made+"real.json", &files)
	for name, want := range files {
		t.Run(name, func(t *testing.T) {
			if _, err := os.Stat(specimens + name); err != nil {
				t.Skip(err)
			}
			modes(t, specimens+name, func(t *testing.T, f *File) { compare(t, f, want) })
		})
	}
}

// TestOrder knows where each number of a 2x3x4x5 array stands, in MATLAB's indices.
func TestOrder(t *testing.T) {
	modes(t, made+"matlab.mat", func(t *testing.T, f *File) {
		a, err := f.Read("four")
		if err != nil {
			t.Fatal(err)
		}
		v, err := a.Int64()
		if err != nil {
			t.Fatal(err)
		}
		for i := range 2 {
			for j := range 3 {
				for k := range 4 {
					for l := range 5 { // the script counts in C order
						if got, want := v[i+2*(j+3*(k+4*l))], int64(((i*3+j)*4+k)*5+l); got != want {
							t.Fatalf("four(%d,%d,%d,%d) = %d, want %d", i+1, j+1, k+1, l+1, got, want)
						}
					}
				}
			}
		}
	})
}

// TestPaths names parts of arrays.
func TestPaths(t *testing.T) {
	modes(t, made+"matlab.mat", func(t *testing.T, f *File) {
		for path, want := range map[string]string{
			"D.names{2}": "LOC", "D.sub.deep.x": "down", "list(1).name": "LOC", "list(1,2).kind": "LOC", "list(4).kind": "LOC",
			"cell{2}": "LOC", "cell{2,1}": "LOC", "cell{1,3}{1}": "LOC", "onlycell.c{1}": "LOC", "list(2).name{ 1 , 1 }": "LOC", "cube{1,1,2}": "LOC",
		} {
			a, err := f.Read(path)
			if err != nil {
				t.Error(err)
			} else if text, err := a.Text(); err != nil || text != want || a.Name != path {
				t.Errorf("%s: %q of %s, %v, want %q", path, text, a.Name, err, want)
			}
		}
		for _, path := range []string{
			"", "absent", "D.", "D.absent", "D.names{3}", "D.names{1", "D.names{0}", "D.names{x}", "D.names{1,1,1}", "D.names(1)", "cell{3,1}", "cell.x",
			"list.name", "list(5).name", "list(1)", "list(1){1}", "list(1)(1).name", "scalar{1}", "Dx", "D x", "cell{2}}", "cell{9223372036854775808}", "#refs#",
		} {
			if a, err := f.Read(path); err == nil {
				t.Errorf("%q: %s", path, a.Kind())
			}
		}
		if _, err := f.Sparse("scalar"); err == nil {
			t.Error("a full array has entries")
		}
		if list, err := f.Members("cell", 2); err != nil || len(list) != 2 {
			t.Errorf("%v, %v", list, err)
		}
	})
}
