package hdf5

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestFeatures goes through what make.py put into features.h5, in the oldest format and in a newer one.
func TestFeatures(t *testing.T) {
	for _, name := range []string{"features.h5", "latest.h5"} {
		modes(t, made+name, func(t *testing.T, f *File) {
			t.Run("blocks", func(t *testing.T) { testBlocks(t, f) })
			t.Run("values", func(t *testing.T) { testValues(t, f) })
			t.Run("references", func(t *testing.T) { testReferences(t, f) })
			t.Run("attributes", func(t *testing.T) { testAttributes(t, f) })
			t.Run("links", func(t *testing.T) { testLinks(t, f) })
			t.Run("refused", func(t *testing.T) { testRefused(t, f) })
		})
	}
}

func same(t *testing.T, what string, got any, err error, want any) {
	t.Helper()
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%s: %v %v, want %v", what, got, err, want)
	}
}

func testBlocks(t *testing.T, f *File) {
	for _, name := range []string{"plain", "chunks", "gzip", "lzf", "f8"} {
		name = "cube/" + name
		for _, b := range []struct{ start, count []int }{
			{[]int{0, 0, 0}, []int{7, 11, 13}}, {[]int{2, 3, 5}, []int{4, 7, 6}}, {[]int{6, 10, 12}, []int{1, 1, 1}}, {[]int{1, 0, 0}, []int{2, 11, 13}},
		} {
			got, err := ReadBlock[float32](f, name, b.start, b.count)
			var want []float32
			for i := range b.count[0] {
				for j := range b.count[1] {
					for k := range b.count[2] {
						want = append(want, float32(((b.start[0]+i)*11+b.start[1]+j)*13+b.start[2]+k))
					}
				}
			}
			same(t, name, got, err, want)
		}
		rows, err := ReadRows[float64](f, name, 3, 5)
		want := make([]float64, 2*11*13)
		for i := range want {
			want[i] = float64(3*11*13 + i)
		}
		same(t, name+" rows", rows, err, want)
		for _, b := range []struct{ start, count []int }{{nil, nil}, {[]int{0, 0}, []int{1, 1}}, {[]int{0, 0, 0}, []int{8, 1, 1}}, {[]int{-1, 0, 0}, []int{1, 1, 1}}, {[]int{1, 1, math.MaxInt}, []int{1, 1, 1}}} {
			if _, err := ReadBlock[float32](f, name, b.start, b.count); err == nil {
				t.Errorf("%s: block %v was read", name, b)
			}
		}
	}
	for _, runs := range [][]Span{{{1, 4}}, {{4, 6}, {0, 1}}, Runs([]int{5, 0, 1, 3})} {
		got, err := ReadColumns[float32](f, "target", runs)
		var want []float32
		for r := range 5 {
			for _, s := range runs {
				for c := s.From; c < s.To; c++ {
					want = append(want, float32(r*6+c))
				}
			}
		}
		same(t, "columns", got, err, want)
	}
	if r := Runs([]int{5, 0, 1, 3}); !reflect.DeepEqual(r, []Span{{5, 6}, {0, 2}, {3, 4}}) {
		t.Error(r)
	}
}

func testValues(t *testing.T, f *File) {
	ints, err := Sequences[int64](f, "sequences/int")
	same(t, "sequences", ints, err, [][]int64{{}, {0, 1}, {0, 1, 2, 3}})
	floats, err := Sequences[float32](f, "sequences/float")
	same(t, "sequences", floats, err, [][]float32{{}, {1.5, 2.5}, {}, {-1}})
	if _, err := Sequences[int64](f, "sequences/float"); err == nil {
		t.Error("fractions were read as integers")
	}
	x, err := ReadField[float32](f, "compound", "x")
	same(t, "field", x, err, []float32{1, 2, 3.5})
	n, err := ReadField[int64](f, "compound", "n")
	same(t, "field", n, err, []int64{-1, 0, 300})
	if _, err := ReadField[uint16](f, "compound", "n"); err == nil {
		t.Error("-1 was read as a positive number")
	}
	names, err := f.FieldStrings("compound", "name")
	same(t, "field", names, err, []string{"a", "bcde", ""})
	names, err = f.FieldStrings("compound", "text")
	same(t, "field", names, err, []string{"é", "", "zz"})
	for _, field := range []string{"sub", "gone", "", "name"} {
		if _, err := ReadField[float64](f, "compound", field); err == nil {
			t.Error("field", field, "was read as a number")
		}
	}
	enum, err := Read[uint8](f, "enum")
	same(t, "enumeration", enum, err, []uint8{0, 2, 1, 2})
	truth, err := Read[uint8](f, "bool")
	same(t, "boolean", truth, err, []uint8{1, 0, 0, 0})
	for name, want := range map[string]Class{"enum": Enum, "bool": Bool, "compound": Compound, "sequences/int": Sequence, "refs": Reference, "regions": RegionRef} {
		info, err := f.Stat(name)
		same(t, name, info.Class, err, want)
	}
	info, err := f.Stat("enum")
	slices.Sort(info.Values)
	same(t, "names", info.Values, err, []string{"BLUE", "GREEN", "RED"})
	if _, err := Read[float32](f, "numbers/f8huge"); err == nil || !strings.Contains(err.Error(), "too large") {
		t.Error(err)
	}
	info, err = f.Stat("cube/gzip")
	var filters []string
	for _, x := range info.Filters {
		filters = append(filters, x.Name)
	}
	same(t, "filters", filters, err, []string{"shuffle", "deflate", "fletcher32"})
}

func testReferences(t *testing.T, f *File) {
	refs, err := f.Refs("refs")
	if err != nil || len(refs) != 3 || refs[2] != "" {
		t.Fatal(refs, err)
	}
	for i, want := range []string{"/target", "/cube"} {
		// The library may find any of an object's names.
		got, err := f.RefPath(refs[i])
		if got == "/links/hard" {
			got = "/target"
		}
		same(t, "path", got, err, want)
	}
	v, err := ReadRows[float64](f, refs[0], 1, 2)
	same(t, "by reference", v, err, []float64{6, 7, 8, 9, 10, 11})
	below, err := ReadBlock[float32](f, refs[1]+"/plain", []int{0, 0, 1}, []int{1, 1, 2})
	same(t, "below a reference", below, err, []float32{1, 2})
	for _, bad := range []string{"", refPrefix + "12", refPrefix + "99999999999", refPrefix + "x", "/target"} {
		if p, err := f.RefPath(bad); err == nil {
			t.Errorf("%q leads to %s", bad, p)
		}
	}
	regions, err := f.Regions("regions")
	if err != nil || len(regions) != 4 {
		t.Fatal(regions, err)
	}
	same(t, "block", regions[0].Blocks, nil, []Block{{[]int{1, 2}, []int{2, 3}}})
	same(t, "stripes", regions[1].Blocks, nil, []Block{{[]int{0, 1}, []int{1, 1}}, {[]int{2, 1}, []int{1, 1}}, {[]int{4, 1}, []int{1, 1}}})
	same(t, "points", regions[2].Blocks, nil, []Block{{[]int{0, 5}, []int{1, 1}}, {[]int{4, 2}, []int{1, 1}}})
	same(t, "null", regions[3], nil, Region{})
	if p := regions[0].Path; p != "/target" && p != "/links/hard" {
		t.Error(p)
	}
}

func testAttributes(t *testing.T, f *File) {
	all, err := f.Attributes("target")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]Attribute{}
	for _, a := range all {
		got[a.Name] = a
	}
	for name, want := range map[string]any{
		"text": "é", "texts": []string{"a", "bc"}, "float": 0.5, "ints": []int64{1, 2, 3, 4}, "big": uint64(1<<63 + 5), "bool": true,
		"bools": []bool{true, false}, "none": nil, "fields": []string{"index", "value"}, "seq": [][]int64{{1, 2, 3}, {}}, "row": nil,
	} {
		if !reflect.DeepEqual(got[name].Value, want) && !(name == "seq" && reflect.DeepEqual(got[name].Value, [][]int64{{1, 2, 3}, nil})) {
			t.Errorf("%s: %#v %s, want %#v", name, got[name].Value, got[name].Problem, want)
		}
	}
	if got["row"].Problem == "" || got["row"].Class != Compound || !slices.Equal(got["ints"].Shape, []int{2, 2}) || len(all) != 12 {
		t.Errorf("%+v", got)
	}
	ref, _ := got["ref"].Value.(string)
	info, err := f.Stat(ref + "/plain")
	same(t, "reference", info.Shape, err, []int{7, 11, 13})
	if _, err := f.Attr("target", "row"); err == nil || !strings.Contains(err.Error(), "compound") {
		t.Error(err)
	}
}

func testLinks(t *testing.T, f *File) {
	list, err := f.List("links")
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range list {
		want := map[string]Info{
			"hard": {Kind: Dataset}, "self": {Kind: Group}, "soft": {Kind: Dataset, Target: "/target"}, "gone": {Kind: Other, Target: "/nowhere"},
			"loop": {Kind: Other, Target: "/links/pool"}, "pool": {Kind: Other, Target: "/links/loop"},
			"out": {Kind: Other, Target: "storage.mat:/x", External: true}, "type": {Kind: Other},
		}[i.Name]
		if i.Kind != want.Kind || i.Target != want.Target || i.External != want.External {
			t.Errorf("%+v, want %+v", i, want)
		}
	}
	seen := map[string]int{}
	err = f.Walk(func(path string, info Info) error {
		seen[path]++
		return nil
	})
	if err != nil || seen["/cube/gzip"] != 1 || seen["/links/self"] != 0 || seen["/links"] != 1 || seen["/links/out"] != 1 || seen["/target"]+seen["/links/hard"] != 1 {
		t.Error(seen, err)
	}
	stop := errors.New("enough")
	if err := f.Walk(func(string, Info) error { return stop }); err != stop {
		t.Error(err)
	}
	if v, err := Read[float64](f, "links/self/self/self/soft"); err != nil || len(v) != 30 {
		t.Error(err)
	}
}

func testRefused(t *testing.T, f *File) {
	for name, want := range map[string]string{
		"links/out": "not followed", "links/loop": "no such object", "links/gone": "no such object", "elsewhere/virtual": "other files",
		"elsewhere/external": "other files", "unknown": "filter 32015", "links/out/x": "not followed",
	} {
		_, err := Read[float64](f, name)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), f.Path()) {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
	if _, err := Read[float32](f, "unknown"); !errors.Is(err, ErrFilter) {
		t.Error(err)
	}
}

func TestBombs(t *testing.T) {
	modes(t, made+"bombs.h5", func(t *testing.T, f *File) {
		for _, name := range []string{"zeros", "never", "memory"} {
			if _, err := Read[float64](f, name); !errors.Is(err, ErrTooLarge) {
				t.Error(name, err)
			}
		}
		if _, err := f.Strings("texts"); !errors.Is(err, ErrTooLarge) {
			t.Error(err)
		}
		if v, err := ReadBlock[float64](f, "zeros", []int{5}, []int{3}); err != nil || len(v) != 3 {
			t.Error(err)
		}
		f.AllowExpansion()
		if _, err := Read[float64](f, "memory"); !errors.Is(err, ErrTooLarge) {
			t.Error(err)
		}
		if v, err := Read[uint8](f, "zeros"); err == nil || len(v) > 0 {
			t.Error("fractions were read as integers")
		}
		if v, err := Read[float32](f, "zeros"); err != nil || len(v) != 40<<20 {
			t.Error(err)
		}
	})
}

func TestUserBlock(t *testing.T) {
	modes(t, made+"matlab.mat", func(t *testing.T, f *File) {
		if b, err := f.UserBlock(); err != nil || len(b) != 512 || !strings.HasPrefix(string(b), "MATLAB 7.3 MAT-file") {
			t.Error(len(b), err)
		}
	})
	modes(t, made+"features.h5", func(t *testing.T, f *File) {
		if b, err := f.UserBlock(); err != nil || len(b) != 0 {
			t.Error(len(b), err)
		}
	})
}

// TestPieces cuts blocks of all sorts and puts them together again.
func TestPieces(t *testing.T) {
	for _, c := range []struct{ start, count, chunk []int }{
		{[]int{0}, []int{1}, nil}, {[]int{3}, []int{100}, []int{7}}, {[]int{0, 0}, []int{30, 40}, nil}, {[]int{5, 2}, []int{30, 40}, []int{4, 9}},
		{[]int{1, 2, 3}, []int{1, 9, 10}, []int{5, 100, 2}}, {[]int{0, 0, 0, 0}, []int{2, 3, 4, 5}, []int{1, 1, 1, 1}},
	} {
		for _, room := range []int{1, 8, 100, 1000, math.MaxInt} {
			seen := map[[4]int]int{}
			total, number := product(c.count), 0
			err := pieces(c.start, c.count, c.chunk, 8, room, func(at, n []int) error {
				number++
				for i := range product(n) {
					var k [4]int
					for a := len(n) - 1; a >= 0; a-- {
						k[a] = at[a] + i%n[a]
						i /= n[a]
						if k[a] < c.start[a] || k[a] >= c.start[a]+c.count[a] {
							t.Fatalf("%v room %d: piece %v %v", c, room, at, n)
						}
					}
					seen[k]++
				}
				return nil
			})
			if err != nil || len(seen) != total || room == math.MaxInt && number != 1 {
				t.Errorf("%v room %d: %d of %d elements in %d pieces", c, room, len(seen), total, number)
			}
			for k, n := range seen {
				if n != 1 {
					t.Fatalf("%v room %d: %v came %d times", c, room, k, n)
				}
			}
		}
	}
}

// TestPlan compares what is read without the library with what the library reads.
func TestPlan(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.h5")
	w, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	const rows, cols = 700, 1500 // more than one block
	v := make([]float64, rows*cols)
	for i := range v {
		v[i] = float64(i) / 7
	}
	Write(w, "x", []int{rows, cols}, v)
	Write(w, "deep", []int{rows, cols / 10, 10}, v)
	Write(w, "ints", []int{4}, []int32{-5, 7, 1 << 30, 0})
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	here, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer here.Close()
	guarded, err := OpenGuarded(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer guarded.Close()
	lay, err := guarded.src.(*remote).exchange(&request{Op: opLayout, Name: "x"}, nil)
	if err != nil || guarded.src.(*remote).plan(&request{Name: "x", Type: 1}, lay) == nil {
		t.Fatal("the library would be used", err)
	}
	var many []Span
	for c := cols - 3; c > 0; c -= 11 {
		many = append(many, Span{c, c + 2})
	}
	for _, runs := range [][]Span{{{0, cols}}, {{0, cols}, {3, 4}}, {{1000, 1400}, {2, 90}}, many, many[:10], {{5, 5}}, {{0, cols + 1}}} {
		a, errA := ReadColumns[float64](here, "x", runs)
		b, errB := ReadColumns[float64](guarded, "x", runs)
		if (errA == nil) != (errB == nil) || !slices.Equal(a, b) {
			t.Errorf("%d runs from %v: differ (%v, %v)", len(runs), runs[0], errA, errB)
		}
		c, errA := ReadColumns[float32](here, "x", runs)
		d, errB := ReadColumns[float32](guarded, "x", runs)
		if (errA == nil) != (errB == nil) || !slices.Equal(c, d) {
			t.Errorf("%d runs from %v: differ (%v, %v)", len(runs), runs[0], errA, errB)
		}
	}
	for _, s := range []Span{{0, rows}, {3, 4}, {10, 650}, {5, 5}, {5, 4}, {0, rows + 1}} {
		a, errA := ReadRows[float32](here, "deep", s.From, s.To)
		b, errB := ReadRows[float32](guarded, "deep", s.From, s.To)
		if (errA == nil) != (errB == nil) || !slices.Equal(a, b) {
			t.Errorf("rows %v: differ (%v, %v)", s, errA, errB)
		}
	}
	i, err := Read[int32](guarded, "ints")
	same(t, "integers", i, err, []int32{-5, 7, 1 << 30, 0})
	if err := os.Truncate(path, 5000); err != nil {
		t.Fatal(err)
	}
	if _, err := Read[float64](guarded, "x"); err == nil || !strings.Contains(err.Error(), "cut short") {
		t.Error(err)
	}
}
