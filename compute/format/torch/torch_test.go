package torch

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	made = "../../../testdata/torchfiles"
	real = "../../../../shared/data"
)

type expected struct {
	Name, DType, SHA256 string
	Shape               []int
}

type description struct {
	Container Container
	Tensors   []expected
	Same      map[string]string
	AnyOrder  bool
	Skip      []string
}

func digest(v []float32) string {
	h := sha256.New()
	for _, x := range v {
		h.Write(binary.LittleEndian.AppendUint32(nil, math.Float32bits(x)))
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

func compare(t *testing.T, path string, want description) {
	t.Helper()
	f, err := Open(path)
	if err != nil {
		t.Error(err)
		return
	}
	defer f.Close()
	if want.Container != "" && f.Container != want.Container {
		t.Errorf("%s: %s", path, f.Container)
	}
	got := slices.Clone(f.Tensors)
	got = slices.DeleteFunc(got, func(x *Tensor) bool { return slices.Contains(want.Skip, x.Name) })
	if want.AnyOrder {
		slices.SortFunc(got, func(a, b *Tensor) int { return strings.Compare(a.Name, b.Name) })
		slices.SortFunc(want.Tensors, func(a, b expected) int { return strings.Compare(a.Name, b.Name) })
	}
	if len(got) != len(want.Tensors) {
		for _, x := range got {
			t.Log(x.Name)
		}
		t.Fatalf("%s: %d tensors, want %d; %q", path, len(got), len(want.Tensors), f.Notes)
	}
	for i, w := range want.Tensors {
		x := got[i]
		if x.Name != w.Name || x.DType != w.DType || !slices.Equal(x.Shape, w.Shape) {
			t.Errorf("%s: tensor %d is %s %s %v, want %s %s %v", path, i, x.Name, x.DType, x.Shape, w.Name, w.DType, w.Shape)
			continue
		}
		same := ""
		if x.SameAs != nil {
			same = x.SameAs.Name
		}
		if want.Same != nil && same != want.Same[x.Name] {
			t.Errorf("%s: %s is the same as %q, want %q", path, x.Name, same, want.Same[x.Name])
		}
		for _, window := range []int64{0, 48, 1000} { // small windows make small tensors go the way of large ones
			f.window = window
			v, err := x.Float32()
			if err != nil {
				t.Error(err)
			} else if len(v) != x.Len() || digest(v) != w.SHA256 {
				t.Errorf("%s: %s: other values than torch's (window %d)", path, x.Name, window)
			}
		}
	}
	t.Logf("%s: %d tensors; %q", filepath.Base(path), len(got), f.Notes)
}

// TestTorch compares files of both containers, written by two versions of torch, with what torch loads.
func TestTorch(t *testing.T) {
	files, err := filepath.Glob(made + "/*.pt.json")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d files (%v)", len(files), err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var want description
		if err := json.Unmarshal(b, &want); err != nil {
			t.Fatal(err)
		}
		compare(t, strings.TrimSuffix(name, ".json"), want)
	}
}

// TestReal compares real files, one of them written under Python 2.
func TestReal(t *testing.T) {
	if _, err := os.Stat(real); err != nil {
		t.Skip("shared/data is absent")
	}
	b, err := os.ReadFile(made + "/real.json")
	if err != nil {
		t.Fatal(err)
	}
	var want map[string][]expected
	if err := json.Unmarshal(b, &want); err != nil {
		t.Fatal(err)
	}
	for name, tensors := range want {
		compare(t, filepath.Join(real, name), description{Tensors: tensors})
	}
}

// TestLater: a file that shrinks or vanishes is an error, the tar container and a count in the other byte order are known.
func TestLater(t *testing.T) {
	b, err := os.ReadFile(made + "/t2_legacy_tensor.pt")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "a.pt")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := os.Truncate(path, int64(len(b)-1)); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Tensors[0].Float32(); err == nil || !strings.Contains(err.Error(), "cut off") {
		t.Errorf("shrunk: %v", err)
	}
	if _, err := Open(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("cut off: %v", err)
	}
	if _, err := Open(path + "x"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("absent: %v", err)
	}
	slices.Reverse(b[len(b)-24-8 : len(b)-24]) // the count before six float32
	old, err := New(bytes.NewReader(b), int64(len(b)), "big")
	if err != nil {
		t.Fatal(err)
	}
	if v, err := old.Tensors[0].Float32(); err != nil || !slices.Equal(v, []float32{0, 1, 2, 3, 4, 5}) {
		t.Errorf("count of a big-endian machine: %v (%v)", v, err)
	}
	if err := old.Close(); err != nil {
		t.Error(err)
	}
}

// TestUnread: types without a float32 are listed and refused one by one; the others are read.
func TestUnread(t *testing.T) {
	f, err := Open(made + "/t2_unread.pt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for i, want := range []string{"float8_e4m3fn are not read", "complex64 are not read", ""} {
		_, err := f.Tensors[i].Float32()
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", f.Tensors[i].Name, err)
		}
	}
}
