package mat

import (
	"bytes"
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// ramp makes n numbers.
func ramp[T Number](n int) []T {
	v := make([]T, n)
	for i := range v {
		v[i] = T(i)
	}
	return v
}

func must(t *testing.T) func(*Array, error) *Array {
	return func(a *Array, err error) *Array {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
}

// TestWriteOpens writes what the field needs and reads it back. REVERIE_KEEP=path keeps the files, path and
// path.packed.mat, for testdata/formats/arrays/check.py.
func TestWriteOpens(t *testing.T) {
	ok := must(t)
	dims := []int{1, 4, 3, 2}
	cell := ok(Cells([]int{1, 3}, []*Array{Text("V1"), nil, ok(Numeric([]int{2, 1}, []int64{1, 1 << 60}))}))
	deep := cell
	for range 40 {
		deep = ok(Cells([]int{1, 1}, []*Array{deep}))
	}
	vars := []Variable{
		{"feat", ok(Numeric(dims, ColumnMajor(dims, ramp[float32](24))))},
		{"d", ok(Numeric([]int{3, 5}, ramp[float64](15)))},
		{"i8", ok(Numeric([]int{1, 3}, ramp[int8](3)))},
		{"u8", ok(Numeric([]int{1, 9}, ramp[uint8](9)))},
		{"i16", ok(Numeric([]int{2, 1}, ramp[int16](2)))},
		{"u16", ok(Numeric([]int{1, 3}, ramp[uint16](3)))},
		{"i32", ok(Numeric([]int{1, 1}, ramp[int32](1)))},
		{"u32", ok(Numeric([]int{1, 3}, ramp[uint32](3)))},
		{"i64", ok(Numeric([]int{1, 2}, []int64{-1 << 63, 1<<63 - 1}))},
		{"u64", ok(Numeric([]int{1, 2}, []uint64{1, 1<<64 - 1}))},
		{"empty", ok(Numeric([]int{0, 3}, []float64{}))},
		{"text", Text("stimulus 視覚 🧠")},
		{"notext", Text("")},
		{"flags", ok(Logical([]int{1, 5}, []bool{true, false, false, true, true}))},
		{"z", ok(Complex([]int{1, 2}, []complex128{1i, -2.5}))},
		{"cell", cell},
		{"s", ok(Structs([]int{1, 2}, []string{"__bdpy_sparse_arrray", "index"}, []*Array{Text("a"), cell, nil, Text("b")}))},
		{"none", ok(Structs([]int{1, 1}, nil, nil))},
		{"deep", deep},
	}
	path := cmp.Or(os.Getenv("REVERIE_KEEP"), filepath.Join(t.TempDir(), "w.mat"))
	for _, name := range []string{path, path + ".packed.mat"} {
		if err := Write(name, name != path, vars...); err != nil {
			t.Fatal(err)
		}
		first, _ := os.ReadFile(name)
		f, err := Open(name)
		if err != nil {
			t.Fatal(err)
		}
		for i, info := range f.Variables() {
			if v := vars[i]; info.Name != v.Name || !slices.Equal(info.Dims, v.Value.Dims) || info.Kind() != v.Value.Kind() {
				t.Errorf("%+v, want %s %+v", info, v.Name, v.Value.Info)
			}
		}
		read := func(p string) *Array { t.Helper(); return ok(f.Read(p)) }
		if v, err := read("feat").Float32(); err != nil || !slices.Equal(RowMajor(dims, v), ramp[float32](24)) {
			t.Errorf("feat: %v, %v", v, err)
		}
		if v, err := read("u64").Int64(); err == nil || !strings.Contains(err.Error(), "element 1") {
			t.Errorf("u64 as int64: %v, %v", v, err)
		}
		if v, err := read("flags").Bools(); err != nil || !slices.Equal(v, []bool{true, false, false, true, true}) {
			t.Errorf("flags: %v, %v", v, err)
		}
		if v, err := read("z").Complex128(); err != nil || !slices.Equal(v, []complex128{1i, -2.5}) {
			t.Errorf("z: %v, %v", v, err)
		}
		for p, want := range map[string]string{"text": "stimulus 視覚 🧠", "notext": "", "cell{1}": "V1", "s(1).index{1}": "V1", "s(2).index": "b",
			"deep" + strings.Repeat("{1}", 41): "V1"} {
			if s, err := read(p).Text(); err != nil || s != want {
				t.Errorf("%s: %q, %v, want %q", p, s, err, want)
			}
		}
		if a := read("s(2).__bdpy_sparse_arrray"); a.Len() != 0 || a.Class != Double {
			t.Errorf("an absent field is %+v", a.Info)
		}
		// What was read can be written, and gives the same bytes.
		var again []Variable
		for _, info := range f.Variables() {
			again = append(again, Variable{info.Name, read(info.Name)})
		}
		f.Close()
		if err := Write(name, name != path, again...); err != nil {
			t.Fatal(err)
		}
		if second, _ := os.ReadFile(name); !bytes.Equal(first, second) {
			t.Errorf("%s: written again it has %d bytes, at first %d", name, len(second), len(first))
		}
	}
}

// TestWriteRefuses names what cannot be written and leaves nothing behind.
func TestWriteRefuses(t *testing.T) {
	dir := t.TempDir()
	x := must(t)(Numeric([]int{1, 1}, []float64{1}))
	deep := x
	for range 66 {
		deep = &Array{Info: Info{Class: Cell, Dims: []int{1, 1}}, items: []*Array{deep}}
	}
	for want, vars := range map[string][]Variable{
		"no name":        {{"1x", x}},
		"stands twice":   {{"x", x}, {"x", x}},
		"_x":             {{"_x", x}},
		"is not written": {{"x", &Array{Info: Info{Class: Sparse, Dims: []int{1, 1}}}}},
		"deep":           {{"x", deep}},
	} {
		if err := Write(filepath.Join(dir, "x.mat"), false, vars...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("failures left %v", left)
	}
	for _, dims := range [][]int{{3}, {2, 2}, {-1, -3}, {1 << 31, 0}} {
		if _, err := Numeric(dims, make([]float64, 3)); err == nil {
			t.Errorf("dimensions %v of three numbers", dims)
		}
	}
	for _, fields := range [][]string{{"a", "a"}, {"a b", "c"}, {"", "c"}, {strings.Repeat("a", 64), "c"}} {
		if _, err := Structs([]int{1, 1}, fields, []*Array{nil, nil}); err == nil {
			t.Errorf("fields %q", fields)
		}
	}
	if _, err := Structs([]int{1, 1}, []string{"a"}, nil); err == nil {
		t.Error("a struct without its item")
	}
}

// TestBytes writes the bytes that SciPy writes behind the header.
func TestBytes(t *testing.T) {
	double, ints := ramp[float64](24), ramp[int32](12)[6:]
	ok := must(t)
	dims := []int{2, 3, 4}
	vars := []Variable{
		{"double", ok(Numeric(dims, double))},
		{"single", ok(Numeric(dims, ramp[float32](24)))},
		{"bytes", ok(Numeric([]int{1, 3}, []uint8{0, 2, 4}))},
		{"flag", ok(Logical([]int{2, 1}, []bool{true, false}))},
		{"z", ok(Complex([]int{1, 2}, []complex128{1 + 2i, 3 - 4i}))},
		{"s", ok(Structs([]int{1, 1}, []string{"a", "longer_name"}, []*Array{ok(Numeric([]int{2, 3}, double[:6])), ok(Numeric([]int{1, 1}, []float64{3}))}))},
		{"c", ok(Cells([]int{1, 2}, []*Array{ok(Numeric([]int{1, 1}, []float64{1})), ok(Numeric([]int{2, 3}, ints))}))},
		{"t", Text("feat")},
		{"u", Text("視覚 🧠")},
	}
	path := t.TempDir() + "/w.mat"
	if err := Write(path, false, vars...); err != nil {
		t.Fatal(err)
	}
	got, _ := os.ReadFile(path)
	want, err := os.ReadFile(fixtures + "written.mat")
	if err != nil || !bytes.Equal(got[128:], want[128:]) {
		t.Errorf("%d bytes differ from SciPy's %d: %v", len(got), len(want), err)
	}
	// Compressed: the same content.
	var e struct{ Mat map[string]file }
	load(t, fixtures+"expect.json", &e)
	if err := Write(path, true, vars...); err != nil {
		t.Fatal(err)
	}
	compare(t, path, e.Mat["written.mat"])
}
