package caffe

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"reverie/compute/format/internal/num"
	"reverie/compute/format/protobuf"
)

const data = "../../../testdata/caffe"

type wantLayer struct {
	Name, Type  string
	Bottom, Top []string
	Blobs       []wantBlob
}

type wantBlob struct {
	Shape  []int
	SHA256 string
}

type wantModel struct {
	Name   string
	V1     bool
	Layers []wantLayer
	wantBlob
}

func expected(t *testing.T, name string) map[string]wantModel {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(data, name))
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]wantModel
	if err := json.Unmarshal(b, &want); err != nil {
		t.Fatal(err)
	}
	return want
}

func digest(v []float32) string {
	b := bytes.Clone(num.View(v))
	if num.HostBig {
		num.Swap(b, 4)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func check(t *testing.T, path string, want wantModel) {
	t.Helper()
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if f.Name != want.Name || f.V1 != want.V1 || len(f.Layers) != len(want.Layers) {
		t.Fatalf("%q, V1 %v, %d layers; want %q, %v, %d", f.Name, f.V1, len(f.Layers), want.Name, want.V1, len(want.Layers))
	}
	for i, w := range want.Layers {
		l := f.Layers[i]
		if l.Name != w.Name || l.Type != w.Type || !slices.Equal(l.Bottom, w.Bottom) || !slices.Equal(l.Top, w.Top) || len(l.Blobs) != len(w.Blobs) {
			t.Errorf("layer %d: %+v, want %+v", i, l, w)
			continue
		}
		for k, b := range l.Blobs {
			v, err := b.Float32()
			if err != nil {
				t.Fatalf("%s, blob %d: %v", l.Name, k, err)
			}
			if !slices.Equal(b.Shape, w.Blobs[k].Shape) || digest(v) != w.Blobs[k].SHA256 {
				t.Errorf("%s, blob %d of shape %v, want %v: values or shape differ", l.Name, k, b.Shape, w.Blobs[k].Shape)
			}
		}
	}
}

// Both generations, packed and loose values, floats and doubles, as google.protobuf wrote and reads them.
func TestModels(t *testing.T) {
	for name, want := range expected(t, "expect.json") {
		if strings.HasSuffix(name, ".caffemodel") {
			t.Run(name, func(t *testing.T) { check(t, filepath.Join(data, name), want) })
		}
	}
}

func TestReadBlob(t *testing.T) {
	want := expected(t, "expect.json")["mean.binaryproto"]
	shape, v, err := ReadBlob(filepath.Join(data, "mean.binaryproto"))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(shape, want.Shape) || digest(v) != want.SHA256 {
		t.Errorf("shape %v, want %v; or other values", shape, want.Shape)
	}
	if _, _, err := ReadBlob(filepath.Join(data, "expect.json")); !errors.Is(err, ErrFormat) && !errors.Is(err, protobuf.ErrFormat) {
		t.Errorf("a text file as a blob: %v", err)
	}
}

// Models that others trained.
func TestRealModels(t *testing.T) {
	folder := "../../../../shared/data"
	if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
		t.Skip("the folder of other people's data is not part of the repository")
	}
	for name, want := range expected(t, "real.json") {
		t.Run(name, func(t *testing.T) { check(t, filepath.Join(folder, name), want) })
	}
}

func field(number, wire int, rest ...byte) []byte {
	tag := uint64(number)<<3 | uint64(wire)
	var b []byte
	for ; tag >= 0x80; tag >>= 7 {
		b = append(b, byte(tag)|0x80)
	}
	return append(append(b, byte(tag)), rest...)
}

func within(number int, body []byte) []byte {
	n := len(body)
	size := []byte{byte(n)}
	if n >= 0x80 {
		size = []byte{byte(n) | 0x80, byte(n >> 7)}
	}
	return append(field(number, 2, size...), body...)
}

func TestDamaged(t *testing.T) {
	join := func(b ...[]byte) []byte { return bytes.Join(b, nil) }
	layer := func(blob ...[]byte) []byte {
		return within(100, join(within(1, []byte("l")), within(7, join(blob...))))
	}
	four := []byte{0, 0, 128, 63} // 1
	nested := []byte{}
	for range 50 {
		nested = join(field(3, 3), nested, field(3, 4))
	}
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "empty"},
		{"no layers", within(1, []byte("net")), "no layers"},
		{"text", []byte("layer { name: \"x\" }"), "not a protocol buffer"},
		{"a length beyond the file", field(100, 2, 0xff, 0xff, 0x7f), "are left"},
		{"a length beyond 2^63", field(100, 2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01), "are left"},
		{"an endless number", field(100, 0, bytes.Repeat([]byte{0xff}, 11)...), "more than 64 bits"},
		{"cut in a tag", []byte{0x80}, "ends in the middle"},
		{"field 0", []byte{0x02, 0}, "field number 0"},
		{"a group without end", field(3, 3), "group without end"},
		{"an end without a group", field(3, 4), "did not begin"},
		{"the end of another group", join(field(3, 3), field(4, 4)), "did not begin"},
		{"groups too deep", join(bytes.Repeat(field(3, 3), 70)), "nested deeper"},
		{"V0", within(2, within(1, []byte{8, 1})), "first generation"},
		{"a layer that is a number", field(100, 0, 1), "no layer"},
		{"shape and values differ", layer(within(7, within(1, []byte{3})), within(5, four)), "1 values are there"},
		{"a huge shape", layer(within(7, within(1, []byte{0xff, 0xff, 0xff, 0xff, 0x07, 0xff, 0xff, 0xff, 0xff, 0x07})), within(5, four)), "a shape of"},
		{"a negative axis", layer(within(7, within(1, append(bytes.Repeat([]byte{0xff}, 9), 1))), within(5, four)), "of length -1"},
		{"too many axes", layer(within(7, within(1, bytes.Repeat([]byte{1}, 33))), within(5, four)), "more than 32"},
		{"values without a shape", layer(within(5, four)), "without a shape"},
		{"half a value", layer(within(5, four[:3])), "3 bytes of values"},
		{"values in two forms", layer(field(1, 0, 2), within(5, four), field(5, 5, four...)), "two forms"},
		{"floats and doubles", layer(field(1, 0, 2), within(5, four), within(8, make([]byte, 8))), "two forms"},
		{"a long name", within(100, within(1, bytes.Repeat([]byte("n"), 5000))), "at most 4096"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := New(bytes.NewReader(c.data), int64(len(c.data)))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
	good := join(nested, layer(within(7, within(1, []byte{1})), within(5, four)))
	f, err := New(bytes.NewReader(good), int64(len(good)))
	if err != nil {
		t.Fatalf("groups within groups: %v", err)
	}
	if v, err := f.Layers[0].Blobs[0].Float32(); err != nil || v[0] != 1 {
		t.Errorf("%v, %v", v, err)
	}
	big := make([]byte, 8)
	for i, x := range big { // 1e300
		_ = x
		big[i] = byte(math.Float64bits(1e300) >> (8 * i))
	}
	wide := layer(within(7, within(1, []byte{1})), within(8, big))
	if f, err = New(bytes.NewReader(wide), int64(len(wide))); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Layers[0].Blobs[0].Float32(); err == nil {
		t.Error("1e300 became a float32")
	}
}

func FuzzModel(f *testing.F) {
	files, err := filepath.Glob(filepath.Join(data, "*.*"))
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		if b, err := os.ReadFile(name); err == nil && len(b) < 1<<16 {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if m, err := New(bytes.NewReader(b), int64(len(b))); err == nil {
			for _, l := range m.Layers {
				for _, x := range l.Blobs {
					if x.Len() > len(b) {
						t.Fatalf("%d values in %d bytes", x.Len(), len(b))
					}
					_, _ = x.Float32()
				}
			}
		}
		_, _, _ = newBlob(bytes.NewReader(b), int64(len(b)))
	})
}
