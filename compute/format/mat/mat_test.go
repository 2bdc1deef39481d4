package mat

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
)

const (
	fixtures  = "../../../testdata/formats/arrays/"
	specimens = "../../../../shared/data/" // beside the repository, on machines that have it
)

// tree is what SciPy says an array is.
type tree struct {
	Kind, As, SHA256, Class string
	Dims                    []int
	Rows, Fields            []string
	Items                   []tree
}

// file is what SciPy says a file holds.
type file struct {
	Error     string
	Variables [][3]any // name, dimensions, class
	Trees     map[string]tree
}

func load(t testing.TB, path string, v any) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(b, v)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// canon appends a float's bytes with one NaN and one zero, as the script does.
func canon(b []byte, x float64) []byte {
	u := math.Float64bits(x)
	if x != x {
		u = 0x7ff8 << 48
	} else if x == 0 {
		u = 0
	}
	return binary.LittleEndian.AppendUint64(b, u)
}

// sum returns the digest of the values in row-major order.
func sum(a *Array, as string) (string, error) {
	var b []byte
	var err error
	switch as {
	case "complex128":
		var v []complex128
		v, err = a.Complex128()
		if err != nil {
			return "", err
		}
		for _, x := range RowMajor(a.Dims, v) {
			b = canon(canon(b, real(x)), imag(x))
		}
	case "int64":
		var v []int64
		v, err = a.Int64()
		if err != nil {
			return "", err
		}
		for _, x := range RowMajor(a.Dims, v) {
			b = binary.LittleEndian.AppendUint64(b, uint64(x))
		}
	default:
		var v []float64
		v, err = a.Float64()
		if err != nil {
			return "", err
		}
		for _, x := range RowMajor(a.Dims, v) {
			b = canon(b, x)
		}
	}
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:]), nil
}

// same says how an array differs from what SciPy says, or nil.
func same(a *Array, w tree) error {
	if w.Kind == "function_handle" || w.Kind == "other" || w.Kind == "opaque" {
		if _, err := a.Float64(); !errors.Is(err, ErrClass) {
			return fmt.Errorf("%s read as numbers: %v", a.Kind(), err)
		}
		return nil
	}
	if a.Class == Struct && len(a.Fields) == 0 && w.Kind == "cell" {
		return nil // SciPy's way to say it
	}
	if !slices.Equal(a.Dims, w.Dims) {
		return fmt.Errorf("%s of %v, want %s of %v", a.Kind(), a.Dims, w.Kind, w.Dims)
	}
	switch w.Kind {
	case "sparse":
		full, err := a.Full()
		if err != nil {
			return err
		}
		a = full
	case "char":
		rows, err := a.Rows()
		if err != nil || !slices.Equal(rows, w.Rows) {
			return fmt.Errorf("text %q, %v, want %q", rows, err, w.Rows)
		}
		return nil
	case "object":
		if a.ObjectClass != w.Class || !slices.Equal(a.Fields, w.Fields) {
			return fmt.Errorf("object of %s %q, want %s %q", a.ObjectClass, a.Fields, w.Class, w.Fields)
		}
		return nil
	case "cell", "struct":
		// SciPy renames a field that stands twice.
		if len(a.Fields) != len(w.Fields) || len(a.items) != len(w.Items) {
			return fmt.Errorf("%s with fields %q, %d items, want %s %q, %d", a.Kind(), a.Fields, len(a.items), w.Kind, w.Fields, len(w.Items))
		}
		for i, item := range w.Items {
			if err := same(a.items[i], item); err != nil {
				return fmt.Errorf("item %d: %w", i, err)
			}
		}
		return nil
	}
	if got, err := sum(a, w.As); err != nil || got != w.SHA256 {
		return fmt.Errorf("other values than SciPy's: %v", err)
	}
	return nil
}

// whos is SciPy's name of an array's class.
func whos(i Info) string {
	switch {
	case i.Logical:
		return "logical"
	case i.Class == Function:
		return "function"
	}
	return i.Class.String()
}

// compare reads a file whole and by the paths of its members.
func compare(t *testing.T, path string, w file) {
	t.Helper()
	f, err := Open(path)
	if err != nil {
		t.Errorf("%s: %v", path, err)
		return
	}
	defer f.Close()
	vars := f.Variables()
	// SciPy lists what opaque variables and function handles refer to.
	w.Variables = slices.DeleteFunc(w.Variables, func(v [3]any) bool { return v[0] == "__function_workspace__" })
	if len(vars) != len(w.Variables) {
		t.Errorf("%s: %d variables, want %d", path, len(vars), len(w.Variables))
		return
	}
	for i, v := range vars {
		name, class := w.Variables[i][0].(string), w.Variables[i][2].(string)
		var dims []int
		if list, ok := w.Variables[i][1].([]any); ok {
			for _, d := range list {
				dims = append(dims, int(d.(float64)))
			}
		}
		// Level 4 keeps no classes: SciPy calls all numbers double.
		if v.Name != name || !slices.Equal(v.Dims, dims) || whos(v) != class && f.Version == 5 {
			t.Errorf("%s: %s of %v, %s, want %v", path, v.Name, v.Dims, whos(v), w.Variables[i])
		}
		a, err := f.Read(v.Name)
		if err == nil {
			err = same(a, w.Trees[v.Name])
		}
		if err != nil {
			t.Errorf("%s: %s: %v", path, v.Name, err)
			continue
		}
		if err := visit(f, v.Name, w.Trees[v.Name]); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// visit reads every member by its path.
func visit(f *File, path string, w tree) error {
	list, err := f.Members(path, 1000)
	if w.Kind == "cell" && len(w.Items) == 1 && w.Items[0].Kind == "other" {
		return nil // a struct without fields
	}
	if err != nil || len(list) != len(w.Items) {
		return fmt.Errorf("%s: %d members, %v, want %d", path, len(list), err, len(w.Items))
	}
	for i, m := range list {
		a, err := f.Read(path + m.Name)
		if err == nil && slices.Index(w.Fields, strings.TrimPrefix(m.Name, ".")) == i || len(w.Fields) == 0 {
			err = same(a, w.Items[i])
		}
		if err == nil {
			err = visit(f, path+m.Name, w.Items[i])
		}
		if err != nil {
			return fmt.Errorf("%s%s: %w", path, m.Name, err)
		}
	}
	return nil
}

// TestSciPy reads what SciPy and MATLAB wrote and compares it with what SciPy reads.
func TestSciPy(t *testing.T) {
	var e struct{ Mat map[string]file }
	load(t, fixtures+"expect.json", &e)
	if len(e.Mat) < 100 {
		t.Fatalf("%d files", len(e.Mat))
	}
	for path, w := range e.Mat {
		if w.Error == "" {
			compare(t, fixtures+path, w)
			continue
		}
		f, err := Open(fixtures + path)
		if err == nil {
			for _, v := range f.Variables() {
				if _, err = f.Read(v.Name); err != nil {
					break
				}
			}
			f.Close()
		}
		if err == nil && path != "matlab/bad_miutf8_array_name.mat" { // a name that is not ASCII is read
			t.Errorf("%s: no error, SciPy says %s", path, w.Error)
		} else {
			t.Log(err)
		}
		if hdf := strings.Contains(w.Error, "HDF"); hdf != errors.Is(err, ErrHDF5) {
			t.Errorf("%s: %v, SciPy says %s", path, err, w.Error)
		}
	}
}

// TestSpecimens reads the files in the field.
func TestSpecimens(t *testing.T) {
	if _, err := os.Stat(specimens); err != nil {
		t.Skip("shared/data is absent: ", err)
	}
	var e struct{ Mat map[string]file }
	load(t, fixtures+"specimens.json", &e)
	for path, w := range e.Mat {
		if w.Error == "" {
			compare(t, specimens+path, w)
		} else if _, err := Open(specimens + path); !errors.Is(err, ErrHDF5) {
			t.Errorf("%s: %v, want ErrHDF5", path, err)
		}
	}
}

// TestOrder turns arrays of every shape around.
func TestOrder(t *testing.T) {
	for _, dims := range [][]int{{1, 1}, {3, 1}, {2, 3}, {33, 70}, {1, 4, 6, 5}, {2, 3, 4, 5}, {5, 1, 3, 1}, {0, 3}, {2, 2, 2, 2, 3}} {
		n, _ := product(dims)
		v := make([]int, n)
		want := make([]int, n)
		for i := range v {
			v[i] = i
			at, rest := 0, i
			for _, d := range dims { // column-major index to row-major place
				at, rest = at*d+rest%d, rest/d
			}
			want[at] = i
		}
		got := RowMajor(dims, v)
		if !slices.Equal(got, want) {
			t.Errorf("%v: %v, want %v", dims, got, want)
		}
		if back := ColumnMajor(dims, got); !slices.Equal(back, v) {
			t.Errorf("%v: back %v", dims, back)
		}
	}
}
