package npy

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

const (
	fixtures  = "../../../testdata/formats/arrays/"
	specimens = "../../../../shared/data/" // beside the repository, on machines that have it
)

// digest is what NumPy made of an array's values in C order.
type digest struct {
	As     string
	SHA256 string
}

// want is what NumPy says an array is.
type want struct {
	digest
	DType   string
	Shape   []int
	Strings []string
}

type expected struct {
	NPY struct {
		Stored   map[string]want `json:"stored.npz"`
		Deflated map[string]want `json:"deflated.npz"`
		One      map[string]want `json:"npy"`
		Refused  map[string][]int
		Half     digest `json:"every half"`
	}
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

// canon gives a float's bits with one NaN and one zero, as the script does.
func canon(x float64) uint64 {
	switch {
	case x != x:
		return 0x7ff8 << 48
	case x == 0:
		return 0
	}
	return math.Float64bits(x)
}

// sum reads elements from to from+n and adds their bytes as the digest has them.
func sum(a *Array, as string, from, n int) ([]byte, error) {
	var b []byte
	switch as {
	case "complex128":
		v, err := ReadComplex(a, from, n)
		for _, x := range v {
			b = binary.LittleEndian.AppendUint64(b, canon(real(x)))
			b = binary.LittleEndian.AppendUint64(b, canon(imag(x)))
		}
		return b, err
	case "int64":
		v, err := Read[int64](a, from, n)
		for _, x := range v {
			b = binary.LittleEndian.AppendUint64(b, uint64(x))
		}
		return b, err
	}
	v, err := Read[float64](a, from, n)
	for _, x := range v {
		b = binary.LittleEndian.AppendUint64(b, canon(x))
	}
	return b, err
}

// check compares an array with what NumPy says: whole, in pieces, and single elements.
func check(t *testing.T, name string, a *Array, w want) {
	t.Helper()
	if got := a.DType.String(); got != w.DType || !slices.Equal(a.Shape, w.Shape) {
		t.Errorf("%s: %s %v, want %s %v", name, got, a.Shape, w.DType, w.Shape)
	}
	rows, width := a.Rows()
	if w.Strings != nil {
		got, err := ReadStrings(a, 0, a.Len)
		text := slices.Clone(got)
		for i, s := range text {
			if a.DType.Kind == Bytes { // the script writes them as Latin-1
				text[i] = decodeText([]byte(s), 1)
			}
		}
		if err != nil || !slices.Equal(text, w.Strings) {
			t.Errorf("%s: %q %v, want %q", name, got, err, w.Strings)
		}
		for i := range got {
			if one, err := ReadStrings(a, i, 1); err != nil || one[0] != got[i] {
				t.Errorf("%s: element %d is %q, %v, want %q", name, i, one, err, got[i])
			}
		}
		return
	}
	whole, err := sum(a, w.As, 0, a.Len)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	h := sha256.Sum256(whole)
	if hex.EncodeToString(h[:]) != w.SHA256 {
		t.Errorf("%s: other values than NumPy's", name)
	}
	var pieces []byte // one row, then the others
	for at, n := 0, width; at < a.Len; at, n = at+n, (rows-1)*width {
		b, err := sum(a, w.As, at, n)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		pieces = append(pieces, b...)
	}
	if !bytes.Equal(pieces, whole) {
		t.Errorf("%s: rows differ from the whole", name)
	}
	size := len(whole) / max(a.Len, 1)
	for _, r := range [][2]int{{0, 1}, {a.Len - 1, 1}, {a.Len / 3, 2}, {1, a.Len / 2}} {
		if from, n := r[0], r[1]; from >= 0 && from+n <= a.Len {
			if b, err := sum(a, w.As, from, n); err != nil || !bytes.Equal(b, whole[from*size:(from+n)*size]) {
				t.Errorf("%s: elements %d+%d differ from the whole: %v", name, from, n, err)
			}
		}
	}
}

func checkArchive(t *testing.T, path string, want map[string]want) {
	t.Helper()
	z, err := OpenArchive(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	if len(z.Names()) != len(want) {
		t.Errorf("%s: %d arrays, want %d", path, len(z.Names()), len(want))
	}
	for name, w := range want {
		a, err := z.Array(name)
		if err != nil {
			t.Error(err)
			continue
		}
		check(t, path+"["+name+"]", a, w)
	}
}

// TestNumPy reads what NumPy wrote.
func TestNumPy(t *testing.T) {
	var e expected
	load(t, fixtures+"expect.json", &e)
	checkArchive(t, fixtures+"stored.npz", e.NPY.Stored)
	checkArchive(t, fixtures+"deflated.npz", e.NPY.Deflated)
	for name, w := range e.NPY.One {
		a, err := Open(fixtures + name)
		if err != nil {
			t.Fatal(err)
		}
		check(t, name, a, w)
		a.Close()
	}
	for name, shape := range e.NPY.Refused {
		a, err := Open(fixtures + name)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(a.Shape, shape) || a.Descr == "" {
			t.Errorf("%s: %s %v, want shape %v", name, a.Descr, a.Shape, shape)
		}
		if _, err := ReadAll[float64](a); !errors.Is(err, ErrType) {
			t.Errorf("%s: %v, want ErrType", name, err)
		} else {
			t.Log(err)
		}
		a.Close()
	}
}

// TestSpecimens reads the files in the field.
func TestSpecimens(t *testing.T) {
	if _, err := os.Stat(specimens); err != nil {
		t.Skip("shared/data is absent: ", err)
	}
	var e struct{ NPY, NPZ map[string]json.RawMessage }
	load(t, fixtures+"specimens.json", &e)
	for path, raw := range e.NPZ {
		var w map[string]want
		if err := json.Unmarshal(raw, &w); err != nil {
			t.Fatal(err)
		}
		checkArchive(t, specimens+path, w)
	}
	for path, raw := range e.NPY {
		var w want
		if err := json.Unmarshal(raw, &w); err != nil {
			t.Fatal(err)
		}
		a, err := Open(specimens + path)
		if err != nil {
			t.Fatal(err)
		}
		check(t, path, a, w)
		a.Close()
	}
}

// TestHalf decodes every float16.
func TestHalf(t *testing.T) {
	var e expected
	load(t, fixtures+"expect.json", &e)
	h, err := header("<f2", []int{1 << 16})
	if err != nil {
		t.Fatal(err)
	}
	b := []byte(h)
	for i := range 1 << 16 {
		b = binary.LittleEndian.AppendUint16(b, uint16(i))
	}
	a, err := New("half", bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	check(t, "half", a, want{e.NPY.Half, "<f2", []int{1 << 16}, nil})
}

// TestWrite writes the bytes that NumPy writes.
func TestWrite(t *testing.T) {
	z, err := zip.OpenReader(fixtures + "stored.npz")
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	written(t, z, "w_b1", []int{2, 3}, []bool{false, true, true, true, true, true})
	written(t, z, "w_i1", []int{2, 3}, []int8{0, 1, 2, 3, 4, 5})
	written(t, z, "w_i2", []int{2, 3}, []int16{0, 1, 2, 3, 4, 5})
	written(t, z, "w_i4", []int{2, 3}, []int32{0, 1, 2, 3, 4, 5})
	written(t, z, "w_i8", []int{2, 3}, []int64{0, 1, 2, 3, 4, 5})
	written(t, z, "w_u1", []int{2, 3}, []uint8{0, 1, 2, 3, 4, 5})
	written(t, z, "w_u2", []int{2, 3}, []uint16{0, 1, 2, 3, 4, 5})
	written(t, z, "w_u4", []int{2, 3}, []uint32{0, 1, 2, 3, 4, 5})
	written(t, z, "w_u8", []int{2, 3}, []uint64{0, 1, 2, 3, 4, 5})
	written(t, z, "w_f4", []int{2, 3}, []float32{0, 1, 2, 3, 4, 5})
	written(t, z, "w_f8", []int{2, 3}, []float64{0, 1, 2, 3, 4, 5})
	written(t, z, "w_c8", []int{2, 3}, []complex64{0, 1, 2, 3, 4, 5})
	written(t, z, "w_c16", []int{2, 3}, []complex128{0, 1, 2, 3, 4, 5})
	written(t, z, "scalar", nil, []float32{2.5})
	written(t, z, "empty", []int{0, 3}, []float64{})
	written(t, z, "i8_far", []int{3}, []int64{math.MinInt64, math.MaxInt64, 1<<53 + 1})
	dir := t.TempDir()
	for _, shape := range [][]int{{2}, {-1, -3}, {1 << 62, 4, 0, 3}, {3, 1 << 62, 1 << 62}} {
		if err := Write(filepath.Join(dir, "x.npy"), shape, make([]float32, 3)); err == nil {
			t.Errorf("shape %v of three elements was written", shape)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("failures left %v", left)
	}
}

func written[T Element](t *testing.T, z *zip.ReadCloser, name string, shape []int, data []T) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name+".npy")
	if err := Write(path, shape, data); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.Open(name + ".npy")
	if err != nil {
		t.Fatal(err)
	}
	want, err := io.ReadAll(f)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s: %d bytes differ from NumPy's %d: %v", name, len(got), len(want), err)
	}
}
