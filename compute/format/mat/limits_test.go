package mat

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// el makes a data element.
func el(typ uint32, data ...byte) []byte {
	b := binary.LittleEndian.AppendUint32(nil, typ)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(data)))
	return append(append(b, data...), make([]byte, -len(data)&7)...)
}

// u32 makes the bytes of numbers.
func u32(v ...uint32) []byte {
	var b []byte
	for _, u := range v {
		b = binary.LittleEndian.AppendUint32(b, u)
	}
	return b
}

// matrix makes an array of a class out of what stands behind its name.
func matrix(class uint32, name string, dims []uint32, rest ...[]byte) []byte {
	parts := [][]byte{el(miUINT32, u32(class, 0)...), el(miINT32, u32(dims...)...), el(miINT8, []byte(name)...)}
	return el(miMATRIX, bytes.Join(append(parts, rest...), nil)...)
}

// level5 makes a file of variables.
func level5(vars ...[]byte) []byte {
	h := append(bytes.Repeat([]byte{' '}, 124), 0, 1, 'I', 'M')
	copy(h, "MATLAB 5.0 MAT-file")
	return append(h, bytes.Join(vars, nil)...)
}

// packed makes a compressed variable.
func packed(v []byte) []byte {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	z.Write(v)
	z.Close()
	return append(u32(miCOMPRESSED, uint32(b.Len())), b.Bytes()...)
}

// readBytes opens a file and reads all of it.
func readBytes(b []byte) (*Array, error) {
	f, err := New("x.mat", bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, err
	}
	var a *Array
	for _, v := range f.Variables() {
		if a, err = f.Read(v.Name); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// TestDamaged names what is wrong with a file.
func TestDamaged(t *testing.T) {
	one := []uint32{1, 1}
	num := el(miDOUBLE, make([]byte, 8)...)
	deep := num
	deep = matrix(uint32(Double), "", one, num)
	for range 70 {
		deep = matrix(uint32(Cell), "x", one, deep)
	}
	lie := matrix(uint32(Double), "x", one, num)
	binary.LittleEndian.PutUint32(lie[4:], 0xfffffff8)
	huge := matrix(uint32(Double), "x", []uint32{1 << 15, 1 << 14}) // claims 4 GiB in a few bytes
	huge = append(huge, u32(miDOUBLE, 1<<32-8)...)
	binary.LittleEndian.PutUint32(huge[4:], 1<<32-16)
	bomb := u32(miMATRIX, 300<<20) // of one MiB that does not compress
	for x := uint32(1); len(bomb) < 1<<20; x = x*1664525 + 1013904223 {
		bomb = binary.LittleEndian.AppendUint32(bomb, x^x>>15)
	}
	v4 := func(v ...uint32) []byte { return append(u32(v...), "x\x00"...) }
	for name, c := range map[string]struct {
		b    []byte
		want string
	}{
		"nothing":            {nil, "not a MAT-file"},
		"text":               {[]byte(strings.Repeat("a,b,c\n", 100)), "byte order"},
		"short":              {[]byte("MATLAB 5.0 MAT-file"), "no header"},
		"version":            {append(level5()[:124], 0, 2, 'I', 'M'), "version 0x0200"},
		"type":               {level5(el(miDOUBLE)), "where a variable is expected"},
		"tag cut":            {level5([]byte{14, 0, 0}), "cut off"},
		"length":             {level5(lie), "claims 4294967288 bytes"},
		"deep":               {level5(deep), "deep"},
		"deep packed":        {level5(packed(deep)), "deep"},
		"class":              {level5(matrix(99, "x", one)), "class 99"},
		"dimension":          {level5(matrix(uint32(Double), "x", []uint32{1 << 31, 1}, num)), "a dimension of -2147483648"},
		"dimensions":         {level5(matrix(uint32(Double), "x", []uint32{1}, num)), "dimensions of 4 bytes"},
		"dimensions 2^62":    {level5(matrix(uint32(Double), "x", []uint32{1 << 30, 1 << 30, 1 << 30}, num)), "more than 2^62"},
		"numbers":            {level5(matrix(uint32(Double), "x", []uint32{3, 1}, num)), "1 numbers where the dimensions want 3"},
		"fraction of number": {level5(matrix(uint32(Double), "x", one, el(miDOUBLE, 1, 2, 3, 4, 5))), "5 bytes of numbers"},
		"text in numbers":    {level5(matrix(uint32(Double), "x", one, el(77, make([]byte, 8)...))), "data of type 77"},
		"cells":              {level5(matrix(uint32(Cell), "x", []uint32{1 << 30, 1 << 30})), "arrays in 0 bytes"},
		"fields":             {level5(matrix(uint32(Struct), "x", []uint32{1 << 30, 1}, el(miINT32, u32(2)...), el(miINT8, 'a', 0))), "fields in 0 bytes"},
		"field width":        {level5(matrix(uint32(Struct), "x", one, el(miINT32, u32(0)...), el(miINT8, 'a', 0))), "field names of 0 bytes"},
		"small element":      {level5(el(miMATRIX, append(u32(9<<16|miUINT32), make([]byte, 60)...)...)), "small data element of 9 bytes"},
		"sparse row":         {level5(matrix(uint32(Sparse), "x", one, el(miINT32, u32(5)...), el(miINT32, u32(0, 1)...), num)), "stands in no row"},
		"sparse columns":     {level5(matrix(uint32(Sparse), "x", []uint32{1, 2}, el(miINT32, u32(0)...), el(miINT32, u32(0, 2, 1)...), num)), "go down"},
		"sparse width":       {level5(matrix(uint32(Sparse), "x", []uint32{1, 1 << 30}, el(miINT32, u32(0)...), el(miINT32, u32(0, 1)...), num)), "column starts"},
		"sparse entries":     {level5(matrix(uint32(Sparse), "x", one, el(miINT32, u32(0)...), el(miINT32, u32(0, 9)...), num)), "entries are missing"},
		"no zlib":            {level5(append(u32(miCOMPRESSED, 8), "abcdefgh"...)), "damaged"},
		"packed claim":       {level5(packed(huge)), "claimed where"},
		"packed cut":         {level5(packed(append(matrix(uint32(Double), "x", one), num[:9]...))), "cut off"},
		"bomb":               {level5(packed(bomb)), "bomb"},
		"4: sizes":           {v4(0, 1<<31-1, 1<<31-1, 0, 2), "cut off or damaged"},
		"4: negative":        {v4(0, 1<<31, 1, 0, 2), "sizes"},
		"4: VAX":             {append(v4(2000, 1, 1, 0, 2), make([]byte, 8)...), "VAX"},
		"4: name":            {v4(0, 0, 0, 0, 1<<31-1), "sizes"},
		"4: cut":             {append(v4(0, 0, 0, 0, 2), 1, 2), "cut off"},
	} {
		if _, err := readBytes(c.b); err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "x.mat: ") {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	for _, off := range []int{0, 512, 1024, 4096} {
		b := append(make([]byte, off), hdf5Magic+"MATLAB 7.0 MAT-file"...)
		if _, err := readBytes(b); !errors.Is(err, ErrHDF5) {
			t.Errorf("HDF5 at %d: %v", off, err)
		}
	}
	if _, err := Open(filepath.Join(t.TempDir(), "no.mat")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("absent: %v", err)
	}
}

// TestOpaque names what is not read.
func TestOpaque(t *testing.T) {
	opaque := el(miMATRIX, bytes.Join([][]byte{el(miUINT32, u32(uint32(Opaque), 0)...), el(miINT8, 't'), el(miINT8, []byte("MCOS")...),
		el(miINT8, []byte("table")...), matrix(uint32(Uint32), "", []uint32{1, 1}, el(miUINT32, u32(7)...))}, nil)...)
	a, err := readBytes(level5(opaque))
	if err != nil || a.Name != "t" || a.Kind() != "table" || a.Class != Opaque {
		t.Fatalf("%+v, %v", a, err)
	}
	if _, err := a.Float64(); !errors.Is(err, ErrClass) || !strings.Contains(err.Error(), "table is not read") {
		t.Error(err)
	}
}

// TestConvert holds the conversions to what they promise.
func TestConvert(t *testing.T) {
	single := func(v any) *Array {
		return &Array{Info: Info{Class: Double, Dims: []int{1, 1}}, re: v}
	}
	for _, c := range []struct {
		v                any
		f4ok, f8ok, i8ok bool
	}{
		{[]uint8{200}, true, true, true},
		{[]int32{1<<24 + 1}, false, true, true},
		{[]int64{1<<53 + 1}, false, false, true},
		{[]int64{math.MaxInt64}, false, false, true},
		{[]int64{math.MinInt64}, true, true, true},
		{[]uint64{1 << 63}, true, true, false},
		{[]uint64{math.MaxUint64}, false, false, false},
		{[]float64{1e39}, false, true, false},
		{[]float64{0.5}, true, true, false},
		{[]float64{math.NaN()}, true, true, false},
		{[]float64{-0x1p63}, true, true, true},
		{[]float64{0x1p63}, true, true, false},
		{[]float32{3}, true, true, true},
		{[]int16{-3}, true, true, true},
	} {
		a := single(c.v)
		_, e4 := a.Float32()
		_, e8 := a.Float64()
		_, ei := a.Int64()
		if (e4 == nil) != c.f4ok || (e8 == nil) != c.f8ok || (ei == nil) != c.i8ok {
			t.Errorf("%T %v: %v, %v, %v", c.v, c.v, e4, e8, ei)
		}
	}
}

// TestPaths names what is wrong with a path.
func TestPaths(t *testing.T) {
	f, err := Open(fixtures + "packed.mat")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for path, want := range map[string]string{
		"nope":                    "no such variable",
		"":                        "no such variable",
		"nested.nope":             "no field \"nope\"",
		"nested.":                 "field name is missing",
		"nested{1}":               "a field name is expected",
		"cells{7}":                "index 7 of 6",
		"cells{3,1}":              "beyond the dimensions",
		"cells{0}":                "no index",
		"cells{1":                 "does not close",
		"cells{1,1,1}":            "3 indices",
		"cells(1).a":              "no elements",
		"array.label":             "say which element",
		"array(5).label":          "index 5 of 4",
		"array(1)":                "say which element",
		"array(1){2}":             "field name is expected",
		"feat.x":                  "no elements",
		"nested.inner.cell{1}{1}": "no elements",
		"nested}":                 "no such variable",
		"cells{1}x":               "is expected",
	} {
		if _, err := f.Read(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
	a, err := f.Read("array(2,1).label")
	if err != nil {
		t.Fatal(err)
	}
	if s, err := a.Text(); err != nil || s != "s2" { // row 2, column 1 of what the script filled row by row
		t.Errorf("%q, %v", s, err)
	}
	whole, err := f.Read("array")
	if err != nil {
		t.Fatal(err)
	}
	if b, err := whole.Field(1, "label"); err != nil || b.re == nil {
		t.Errorf("%v", err)
	} else if s, _ := b.Text(); s != "s2" {
		t.Errorf("field of element 1 is %q", s)
	}
	if _, err := whole.Field(4, "label"); err == nil {
		t.Error("element 4 of 4 was given")
	}
}
