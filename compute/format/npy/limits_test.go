package npy

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// file makes an .npy file of version 1 out of the text of a header and data.
func file(dict string, data ...byte) []byte {
	b := append([]byte(magic), 1, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(dict)))
	return append(append(b, dict...), data...)
}

func open(b []byte) (*Array, error) { return New("x.npy", bytes.NewReader(b), int64(len(b))) }

// TestDamaged names what is wrong with a file.
func TestDamaged(t *testing.T) {
	d := func(descr, shape string) []byte {
		return file("{'descr': "+descr+", 'fortran_order': False, 'shape': "+shape+", }", make([]byte, 48)...)
	}
	v2 := append([]byte(magic), 2, 0, 0xff, 0xff, 0xff, 0xff)
	for name, c := range map[string]struct {
		b    []byte
		want string
	}{
		"nothing":        {nil, "not an .npy array"},
		"text":           {[]byte("a,b,c\n1,2,3\n"), "not an .npy array"},
		"version 9":      {append([]byte(magic), 9, 0, 0, 0), "version 9.0"},
		"header length":  {v2, "claims 4294967295 bytes"},
		"header cut":     {file("{'descr': '<f4'")[:20], "claims"},
		"no dictionary":  {file("[1, 2]"), "dictionary"},
		"key missing":    {file("{'descr': '<f4', 'shape': (1,)}"), "descr, fortran_order and shape"},
		"key twice":      {file("{'descr': '<f4', 'descr': '<f4', 'shape': (1,)}"), "stands twice"},
		"key unknown":    {file("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': 1}"), "not known"},
		"order unknown":  {file("{'descr': '<f4', 'fortran_order': 2, 'shape': (1,)}"), "fortran_order"},
		"shape":          {d("'<f4'", "4"), "not a tuple"},
		"no tuple":       {d("'<f4'", "(4)"), "not a tuple"},
		"negative":       {d("'<f4'", "(-1,)"), "no size of an axis"},
		"beyond int64":   {d("'<f4'", "(99999999999999999999,)"), "no size of an axis"},
		"beyond 2^63":    {d("'<f4'", "(4294967296, 4294967296)"), "more than 2^63"},
		"bytes overflow": {d("'<f8'", "(4611686018427387904, 2)"), "more than 2^63"},
		"bytes":          {d("'<f8'", "(2305843009213693952,)"), "cut off or damaged"},
		"cut off":        {d("'<f8'", "(7,)"), "cut off or damaged"},
		"axes":           {d("'<f4'", "("+strings.Repeat("1,", 65)+")"), "more than 64 axes"},
		"no bytes":       {d("'|S0'", "(1000000000000,)"), "no bytes each"},
		"open bracket":   {file("{'descr': [('a', '<f4'"), "do not close"},
		"open string":    {file("{'descr': '<f4"), "does not end"},
	} {
		if _, err := open(c.b); err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "x.npy: ") {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	// A deep descr is walked, not descended into.
	if a, err := open(d(strings.Repeat("[", 20000)+strings.Repeat("]", 20000), "(2,)")); err != nil || !a.Structured {
		t.Errorf("deep descr: %v", err)
	}
	// Python 2 wrote long sizes; old files have bytes behind the array.
	if a, err := open(d("'<f8'", "(3L, 2L)")); err != nil || a.Len != 6 {
		t.Errorf("long sizes: %v", err)
	}
	if _, err := Open(t.TempDir()); err == nil {
		t.Error("a folder was opened")
	}
	if _, err := Open(filepath.Join(t.TempDir(), "no.npy")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("absent: %v", err)
	}
}

// TestConvert holds the conversions to what they promise.
func TestConvert(t *testing.T) {
	arr := func(descr string, v any) *Array {
		h, err := header(descr, []int{1})
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		b.WriteString(h)
		binary.Write(&b, binary.LittleEndian, v)
		a, err := open(b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	for _, c := range []struct {
		a           *Array
		f4, f8, int string // "" where the value does not convert
	}{
		{arr("<i4", int32(1<<24)), "1.6777216e+07", "1.6777216e+07", "16777216"},
		{arr("<i4", int32(1<<24+1)), "", "1.6777217e+07", "16777217"},
		{arr("<i8", int64(1<<53+1)), "", "", "9007199254740993"},
		{arr("<i8", int64(1<<63-1)), "", "", "9223372036854775807"},
		{arr("<i8", int64(-1<<63)), "-9.223372e+18", "-9.223372036854776e+18", "-9223372036854775808"},
		{arr("<u8", uint64(1<<63)), "9.223372e+18", "9.223372036854776e+18", ""},
		{arr("<u8", uint64(1<<64-1)), "", "", ""},
		{arr("<u4", uint32(1<<32-1)), "", "4.294967295e+09", "4294967295"},
		{arr("<f8", 1e39), "", "1e+39", ""},
		{arr("<f8", 0.1), "0.1", "0.1", ""},
		{arr("<f8", -3.0), "-3", "-3", "-3"},
		{arr("<f8", 0x1p63), "9.223372e+18", "9.223372036854776e+18", ""},
		{arr("|b1", byte(7)), "1", "1", "1"},
		{arr("|i1", int8(-5)), "-5", "-5", "-5"},
		{arr("<f2", uint16(0x7c00)), "+Inf", "+Inf", ""},
		{arr("<f2", uint16(0x8001)), "-5.9604645e-08", "-5.960464477539063e-08", ""},
	} {
		got := func(v any, err error) string {
			if err != nil {
				if !strings.Contains(err.Error(), "element 0 of type ") {
					t.Errorf("%s: %v", c.a.Descr, err)
				}
				return ""
			}
			return strings.Trim(fmt.Sprint(v), "[]")
		}
		f4, err4 := ReadAll[float32](c.a)
		f8, err8 := ReadAll[float64](c.a)
		i8, errI := ReadAll[int64](c.a)
		if a, b, i := got(f4, err4), got(f8, err8), got(i8, errI); a != c.f4 || b != c.f8 || i != c.int {
			t.Errorf("%s: %q %q %q, want %q %q %q", c.a.Descr, a, b, i, c.f4, c.f8, c.int)
		}
	}
	c := arr("<c16", 1+2i)
	if _, err := ReadAll[float64](c); !errors.Is(err, ErrType) {
		t.Errorf("complex as float64: %v", err)
	}
	for _, r := range [][2]int{{-1, 1}, {0, 2}, {2, 0}, {1, -1}, {1 << 62, 1 << 62}} {
		if _, err := ReadComplex(c, r[0], r[1]); err == nil {
			t.Errorf("elements %v of one were read", r)
		}
	}
	if _, err := ReadStrings(arr("<U1", uint32(0x110000)), 0, 1); err == nil {
		t.Error("a code point beyond Unicode was read")
	}
}

// archive makes a zip file of one member whose sizes and bytes may be lies.
func archive(t *testing.T, h zip.FileHeader, raw []byte) *Archive {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	h.Name = "x.npy"
	if h.CompressedSize64 == 0 {
		h.CompressedSize64 = uint64(len(raw))
	}
	w, err := z.CreateRaw(&h)
	if err != nil {
		t.Fatal(err)
	}
	w.Write(raw)
	z.Close()
	a, err := NewArchive("x.npz", bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestBombs refuses archives that claim what they cannot hold.
func TestBombs(t *testing.T) {
	ok, err := os.ReadFile(fixtures + "version1.npy")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		h    zip.FileHeader
		raw  []byte
		want string
	}{
		"more than deflate makes": {zip.FileHeader{Method: zip.Deflate, UncompressedSize64: 1 << 40}, ok, "cannot become"},
		"more than int64":         {zip.FileHeader{Method: zip.Deflate, UncompressedSize64: 1 << 63}, ok, "cannot become"},
		"beyond the end":          {zip.FileHeader{Method: zip.Store, CompressedSize64: 1 << 40, UncompressedSize64: 1 << 40}, ok, "claims 1099511627776 bytes"},
		"packed beyond int64":     {zip.FileHeader{Method: zip.Deflate, CompressedSize64: 1 << 63, UncompressedSize64: 1 << 63}, ok, "claims"},
		"bomb":                    {zip.FileHeader{Method: zip.Deflate, UncompressedSize64: 500 << 20}, make([]byte, 1<<20), "bomb"},
		"stored":                  {zip.FileHeader{Method: zip.Store, UncompressedSize64: 1 << 20}, ok, "stored, yet"},
		"method":                  {zip.FileHeader{Method: 12, UncompressedSize64: uint64(len(ok))}, ok, "method 12"},
		"password":                {zip.FileHeader{Flags: 1, UncompressedSize64: uint64(len(ok))}, ok, "encrypted"},
		"no deflate":              {zip.FileHeader{Method: zip.Deflate, UncompressedSize64: uint64(len(ok))}, []byte{7, 7, 7}, "damaged"},
	} {
		if _, err := archive(t, c.h, c.raw).Array("x"); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	a, err := archive(t, zip.FileHeader{Method: zip.Store, UncompressedSize64: uint64(len(ok)), CRC32: 5}, ok).Array("x")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ReadAll[float64](a); !errors.Is(err, zip.ErrChecksum) {
		t.Errorf("checksum: %v", err)
	}
	if _, err := NewArchive("x.npz", bytes.NewReader(ok), int64(len(ok))); err == nil {
		t.Error("an .npy file was opened as an archive")
	}
	if _, err := archive(t, zip.FileHeader{}, nil).Array("y"); err == nil || !strings.Contains(err.Error(), `no array "y"`) {
		t.Errorf("absent: %v", err)
	}
}

// TestShrunk reads a file that lost its end after it was opened.
func TestShrunk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.npy")
	if err := Write(path, []int{1000}, make([]float32, 1000)); err != nil {
		t.Fatal(err)
	}
	a, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if err := os.Truncate(path, 1000); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadAll[float32](a); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("direct: %v", err)
	}
	if _, err := ReadAll[float64](a); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("converted: %v", err)
	}
}
