package hdf5

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestWriteReadBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.h5")
	w, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Discard()
	Write(w, "a/b/f32", []int{2, 2}, []float32{1, 2, 3, 4})
	Write(w, "i32", []int{3}, []int32{-1, 0, 1})
	Write(w, "u16", []int{2}, []uint16{86, 49})
	Write[float64](w, "none", []int{0, 4}, nil)
	Write(w, "scalar", nil, []float64{7})
	w.Group("empty")
	w.WriteFixed("fixed", []string{"V1", "LOC"})
	w.WriteStrings("texts", []string{"é", ""})
	w.WriteString("text", "one")
	w.SetAttr("/", "format", "features")
	w.SetAttr("/", "version", 1)
	w.SetAttr("scalar", "unit", 0.5)
	fixed, err := NewTable[float64](w, "fixedRows", 3, []int{2})
	if err != nil {
		t.Fatal(err)
	}
	grow, err := NewGrowing[float32](w, "grow", []int{2, 2}, []int{2, 1, 2})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		fixed.Append([]float64{float64(i), 10})
		grow.Append([]float32{float32(i), 1, 2, 3})
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("visible before Commit")
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	check := func(name string, got any, err error, want any) {
		t.Helper()
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v %v, want %v", name, got, err, want)
		}
	}
	f32, err := Read[float32](f, "a/b/f32")
	check("f32", f32, err, []float32{1, 2, 3, 4})
	ints, err := Read[int64](f, "i32")
	check("i32", ints, err, []int64{-1, 0, 1})
	rows, err := Read[float64](f, "fixedRows")
	check("rows", rows, err, []float64{0, 10, 1, 10, 2, 10})
	g, err := ReadRows[float32](f, "grow", 2, 3)
	check("grow", g, err, []float32{2, 1, 2, 3})
	info, err := f.Stat("grow")
	check("stat", info.Shape, err, []int{3, 2, 2})
	s, err := f.Strings("fixed")
	check("fixed", s, err, []string{"V1", "LOC"})
	s, err = f.Strings("texts")
	check("texts", s, err, []string{"é", ""})
	a, err := f.Attr("/", "version")
	check("version", a, err, int64(1))
	a, err = f.Attr("/", "format")
	check("format", a, err, "features")
	if kids, err := f.List("empty"); err != nil || len(kids) != 0 {
		t.Error(kids, err)
	}
}

func TestWriteLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "out.h5")
	w, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	Write(w, "a", []int{1}, []float64{1})
	w.Discard()
	w.Discard()
	w, _ = Create(path)
	if err := Write(w, "a", []int{2}, []float64{1}); err == nil {
		t.Error("a shape that does not fit was taken")
	}
	if err := w.Commit(); err == nil || !strings.Contains(err.Error(), path) {
		t.Error("a failed write was published:", err)
	}
	if err := w.Group("late"); err == nil {
		t.Error("written after the end")
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Error(left)
	}
	if _, err := Create(filepath.Join(dir, "none", "x.h5")); err == nil {
		t.Error("created in a missing folder")
	}
}

// TestWriteSameBytes writes the same content twice, in different seconds: no time stamps are stored.
func TestWriteSameBytes(t *testing.T) {
	dir := t.TempDir()
	write := func(name string) []byte {
		path := filepath.Join(dir, name)
		w, err := Create(path)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Discard()
		Write(w, "a/b/f32", []int{2, 2}, []float32{1, 2, 3, 4})
		w.Group("empty")
		w.Group("a/c")
		w.WriteFixed("fixed", []string{"V1", "LOC"})
		w.WriteStrings("a/texts", []string{"é", ""})
		w.SetAttr("/", "format", "features")
		w.SetAttr("a/b/f32", "unit", 0.5)
		fixed, err := NewTable[float64](w, "rows", 1, []int{2})
		if err != nil {
			t.Fatal(err)
		}
		fixed.Append([]float64{1, 2})
		grow, err := NewGrowing[float32](w, "grow", []int{2}, []int{4, 2})
		if err != nil {
			t.Fatal(err)
		}
		grow.Append([]float32{1, 2, 3, 4})
		if err := w.Commit(); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	first := write("first.h5")
	time.Sleep(1100 * time.Millisecond) // the format's times are whole seconds
	second := write("another.h5")
	if !bytes.Equal(first, second) {
		at := 0
		for at < min(len(first), len(second)) && first[at] == second[at] {
			at++
		}
		t.Errorf("files of %d and %d bytes differ from byte %d on", len(first), len(second), at)
	}
}
