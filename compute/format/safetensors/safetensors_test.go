package safetensors

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func load(t testing.TB, name string, v any) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatal(err)
	}
}

func little(v []float32) []byte {
	var out []byte
	for _, x := range v {
		if x != x {
			x = float32(math.NaN())
		}
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(x))
	}
	return out
}

// TestKinds compares every type with torch's float32.
func TestKinds(t *testing.T) {
	var want map[string]struct {
		Shape           []int
		Float32, SHA256 string
	}
	load(t, "testdata/kinds.json", &want)
	f, err := Open("testdata/kinds.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if f.Metadata["é"] != "ü" {
		t.Errorf("metadata %v", f.Metadata)
	}
	if len(f.Tensors) != len(want) {
		t.Fatalf("%d tensors, want %d", len(f.Tensors), len(want))
	}
	for _, x := range f.Tensors {
		w := want[x.Name]
		if !slices.Equal(x.Shape, w.Shape) {
			t.Errorf("%s: shape %v, want %v", x.Name, x.Shape, w.Shape)
		}
		v, err := x.Float32()
		if x.Name == "f8" {
			if err == nil || !strings.Contains(err.Error(), "F8_E4M3 is not read") {
				t.Errorf("f8: %v", err)
			}
			continue
		}
		if err != nil {
			t.Error(err)
			continue
		}
		if x.Name == "halves" {
			for i := range v {
				if v[i] != v[i] {
					v[i] = 0
				}
			}
			if got := fmt.Sprintf("%x", sha256.Sum256(little(v))); got != w.SHA256 {
				t.Errorf("halves differ from torch's")
			}
			continue
		}
		raw, err := hex.DecodeString(w.Float32)
		if err != nil {
			t.Fatal(err)
		}
		ref := make([]float32, len(raw)/4)
		for i := range ref {
			ref[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
		}
		if !bytes.Equal(little(v), little(ref)) {
			t.Errorf("%s: %v, want %v", x.Name, v, ref)
		}
	}
}

// TestBad: each damaged file is refused. The library refuses them too, but for two that the format's
// description forbids.
func TestBad(t *testing.T) {
	var bad []struct{ Name, Hex, Library string }
	load(t, "testdata/bad.json", &bad)
	deep := `{"a":{"x":` + strings.Repeat("[", 100000) + strings.Repeat("]", 100000) + "}}"
	many := "{" + strings.Repeat(`"a":{},`, 1000)
	for name, h := range map[string]string{"very deep": deep, "many": many} {
		b := binary.LittleEndian.AppendUint64(nil, uint64(len(h)))
		bad = append(bad, struct{ Name, Hex, Library string }{name, hex.EncodeToString(append(b, h...)), "-"})
	}
	for _, c := range bad {
		b, err := hex.DecodeString(c.Hex)
		if err != nil {
			t.Fatal(err)
		}
		_, err = New(bytes.NewReader(b), int64(len(b)), "x.safetensors")
		if err == nil || !strings.Contains(err.Error(), "x.safetensors") {
			t.Errorf("%s: %v; the library says %q", c.Name, err, c.Library)
		}
		t.Logf("%-24s %v", c.Name, err)
		if c.Library == "" && c.Name != "no brace" && c.Name != "same tensor twice" {
			t.Errorf("%s: the library accepts it", c.Name)
		}
	}
}

// TestInexact: what float32 cannot hold is an error that names the element.
func TestInexact(t *testing.T) {
	for dtype, x := range map[string]uint64{"I64": 1<<24 + 1, "U64": math.MaxUint64, "F64": math.Float64bits(1e300), "BOOL": 2} {
		size := bits[dtype] / 8
		h := fmt.Sprintf(`{"a":{"dtype":%q,"shape":[2],"data_offsets":[0,%d]}}`, dtype, 2*size)
		b := binary.LittleEndian.AppendUint64(nil, uint64(len(h)))
		b = append(append(b, h...), make([]byte, size)...)
		b = append(b, binary.LittleEndian.AppendUint64(nil, x)[:size]...)
		f, err := New(bytes.NewReader(b), int64(len(b)), "x")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Tensors[0].Float32(); err == nil || !strings.Contains(err.Error(), "element 1") {
			t.Errorf("%s: %v", dtype, err)
		}
	}
}

// TestCutLater: a file that shrank after it was opened is an error.
func TestCutLater(t *testing.T) {
	b, err := os.ReadFile("testdata/kinds.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "a.safetensors")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := os.Truncate(path, f.start); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Tensors[len(f.Tensors)-1].Float32(); err == nil {
		t.Error("no error")
	}
	if _, err := Open(path + "x"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("absent file: %v", err)
	}
}

func FuzzOpen(f *testing.F) {
	b, err := os.ReadFile("testdata/kinds.safetensors")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b[:8+binary.LittleEndian.Uint64(b)])
	var bad []struct{ Name, Hex, Library string }
	load(f, "testdata/bad.json", &bad)
	for _, c := range bad {
		if b, err := hex.DecodeString(c.Hex); err == nil {
			f.Add(b)
		}
	}
	h := `{"__metadata__":{"a":"b"},"x":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},"y":{"dtype":"I8","shape":[],"data_offsets":[4,5]}}`
	f.Add(append(binary.LittleEndian.AppendUint64(nil, uint64(len(h))), h+"12345"...))
	f.Fuzz(func(t *testing.T, b []byte) {
		var m0, m1 runtime.MemStats
		runtime.ReadMemStats(&m0)
		s, err := New(bytes.NewReader(b), int64(len(b)), "f")
		if err == nil {
			for _, x := range s.Tensors {
				if v, err := x.Float32(); err == nil && len(v) != x.Len() {
					t.Errorf("%d elements of %d", len(v), x.Len())
				}
			}
		}
		runtime.ReadMemStats(&m1)
		if grown := m1.TotalAlloc - m0.TotalAlloc; grown > uint64(len(b))*512+1<<20 {
			t.Errorf("%d bytes allocated for %d", grown, len(b))
		}
	})
}
