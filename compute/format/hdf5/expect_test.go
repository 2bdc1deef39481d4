package hdf5

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"testing"
)

const made = "../../../testdata/hdf5/" // what stands there was written by h5py and hdf5storage: make.py

// expected is what h5py says of a dataset.
type expected struct {
	Shape, Chunks []int
	Stored        int64
	SHA256        string
	Numbers       []string
}

func load[T any](t *testing.T, path string) (v T) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(b, &v)
	}
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// modes opens a file in this process and in a child.
func modes(t *testing.T, path string, test func(t *testing.T, f *File)) {
	t.Helper()
	for name, open := range map[string]func(string) (*File, error){
		"here":    Open,
		"guarded": func(p string) (*File, error) { return OpenGuarded(t.Context(), p) },
	} {
		t.Run(filepath.Base(path)+" "+name, func(t *testing.T) {
			f, err := open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			test(t, f)
		})
	}
}

// TestMade compares every dataset of numbers of the made files with h5py.
func TestMade(t *testing.T) {
	all := load[struct {
		Files map[string]map[string]expected
	}](t, made+"expect.json")
	for name, datasets := range all.Files {
		modes(t, made+name, func(t *testing.T, f *File) { compare(t, f, datasets) })
	}
}

// TestReal compares every dataset of numbers of the real files with h5py.
func TestReal(t *testing.T) {
	const shared = "../../../../shared/data"
	if _, err := os.Stat(shared); err != nil {
		t.Skip("the real files are not here: ", err)
	}
	for name, datasets := range load[map[string]map[string]expected](t, made+"real.json") {
		modes(t, filepath.Join(shared, name), func(t *testing.T, f *File) { compare(t, f, datasets) })
	}
}

func compare(t *testing.T, f *File, datasets map[string]expected) {
	numbers := 0
	for name, want := range datasets {
		info, err := f.Stat(name)
		if err != nil {
			t.Error(err)
			continue
		}
		shape := info.Shape
		if info.Null {
			shape = nil
		}
		if !slices.Equal(shape, want.Shape) || !slices.Equal(info.Chunk, want.Chunks) || info.Stored != want.Stored {
			t.Errorf("%s: %+v, want %+v", name, info, want)
		}
		if want.SHA256 == "" {
			continue
		}
		numbers++
		v, err := Read[float64](f, name)
		if base := filepath.Base(name); err != nil && (base == "i8odd" || base[:min(2, len(base))] == "i8" || base[:min(2, len(base))] == "u8") {
			// Beyond what float64 holds: an error is right.
			checkIntegers(t, f, name, want.Numbers)
			continue
		}
		if err != nil {
			t.Error(err)
			continue
		}
		if h := sha256.Sum256(view(v)); hex.EncodeToString(h[:]) != want.SHA256 {
			t.Errorf("%s: other numbers than h5py's: %v…", name, v[:min(5, len(v))])
		}
		for i, w := range want.Numbers {
			if x, _ := strconv.ParseFloat(w, 64); x != v[i] {
				t.Errorf("%s: %g, want %s", name, v[i], w)
			}
		}
		if info.Class == Integer {
			checkIntegers(t, f, name, want.Numbers)
		}
	}
	t.Log(numbers, "datasets of numbers compared")
}

// checkIntegers reads integers as what they are, and as each narrower type: the numbers or an error.
func checkIntegers(t *testing.T, f *File, name string, want []string) {
	if len(want) == 0 {
		return
	}
	for what, read := range map[string]func() ([]string, error){
		"i8": texts[int8](f, name), "i16": texts[int16](f, name), "i32": texts[int32](f, name), "i64": texts[int64](f, name),
		"u8": texts[uint8](f, name), "u16": texts[uint16](f, name), "u32": texts[uint32](f, name), "u64": texts[uint64](f, name),
	} {
		bits, _ := strconv.Atoi(what[1:])
		fits := true
		for _, w := range want {
			var err error
			if what[0] == 'u' {
				_, err = strconv.ParseUint(w, 10, bits)
			} else {
				_, err = strconv.ParseInt(w, 10, bits)
			}
			fits = fits && err == nil
		}
		got, err := read()
		if fits != (err == nil) || fits && !reflect.DeepEqual(got, want) {
			t.Errorf("%s as %s: %v %v, want %v", name, what, got, err, want)
		}
	}
}

func texts[T int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64](f *File, name string) func() ([]string, error) {
	return func() ([]string, error) {
		v, err := Read[T](f, name)
		var out []string
		for _, x := range v {
			if x < 0 {
				out = append(out, strconv.FormatInt(int64(x), 10))
			} else {
				out = append(out, strconv.FormatUint(uint64(x), 10))
			}
		}
		return out, err
	}
}
