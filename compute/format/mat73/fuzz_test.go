package mat73

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"reverie/compute/format/guard"
	"reverie/compute/format/hdf5"
	"reverie/compute/format/mat"
)

// FuzzPath reads by any path: an array or an error.
func FuzzPath(f *testing.F) {
	for _, path := range []string{
		"D.names{2}", "list(1).name", "cell{2,1}", "cell{1,3}{1}", "four", "s_double", "D.", "list(5).name", "cell{", "cell{0}", "cell{-1}",
		"cell{1,1,1,1,1,1,1,1,1,1,1,1,1}", "list(1)(1)(1)", "D.sub.deep.x.y", "cell{18446744073709551617}", "hole{2}", "\x00", "text\x00", "..", "/D/zeta", "#refs#.a",
	} {
		f.Add(path)
	}
	h, err := hdf5.Open(made + "matlab.mat") // in this process: the file is sound
	if err != nil {
		f.Fatal(err)
	}
	defer h.Close()
	file, err := New(h)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, path string) {
		a, err := file.Read(path)
		if err == nil && a.Name != path {
			t.Errorf("%q was read as %q", path, a.Name)
		}
		list, errMembers := file.Members(path, 5)
		if err == nil && errMembers != nil {
			t.Errorf("%q is read, its members are not: %v", path, errMembers)
		}
		for _, m := range list {
			if _, e := file.Read(path + m.Name); (e != nil) && err == nil {
				t.Errorf("%q has a member %q that is not read: %v", path, m.Name, e)
			}
		}
	})
}

// TestMutations reads damaged files through the guard: each ends in data or an error, soon.
// REVERIE_MUTATIONS sets how many; 24 else.
func TestMutations(t *testing.T) {
	n := 24
	if v, err := strconv.Atoi(os.Getenv("REVERIE_MUTATIONS")); err == nil {
		n = v
	} else if testing.Short() {
		n = 10
	}
	var files [][]byte
	for _, name := range []string{"matlab.mat", "storage.mat", "hostile.mat"} {
		b, err := os.ReadFile(made + name)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, b)
	}
	path := filepath.Join(t.TempDir(), "mutant.mat")
	count := map[string]int{}
	var slowest time.Duration
	for i := range n {
		rng := rand.New(rand.NewPCG(73, uint64(i)))
		b := append([]byte(nil), files[i%len(files)]...)
		if rng.IntN(8) == 0 {
			b = b[:rng.IntN(len(b))]
		}
		for range 1 << rng.IntN(8) {
			if at := rng.IntN(len(b) + 1); at >= 512 && at < len(b) { // behind the user block
				b[at] = []byte{0, 0xff, b[at] + 1, b[at] ^ 0x80, byte(rng.IntN(256))}[rng.IntN(5)]
			}
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		count[exercise(t.Context(), path)]++
		if d := time.Since(begin); d > slowest {
			slowest = d
		}
	}
	if slowest > 2*time.Minute { // the limits of package hdf5 for one request
		t.Errorf("a file took %v", slowest)
	}
	t.Logf("%d mutations: %v, the slowest took %v", n, count, slowest)
}

// exercise reads all there is and says how that ended.
func exercise(ctx context.Context, path string) string {
	f, err := Open(ctx, path)
	if err != nil {
		return "not opened"
	}
	defer f.Close()
	worst := "data"
	for _, v := range f.Variables() {
		_, err := f.Read(v.Name)
		if v.Class == mat.Sparse && err == nil {
			_, err = f.Sparse(v.Name)
		}
		list, errMembers := f.Members(v.Name, 3)
		for _, m := range list {
			f.Read(v.Name + m.Name)
		}
		var dead *guard.Error
		if err = errors.Join(err, errMembers); errors.As(err, &dead) {
			return "the child died"
		} else if err != nil {
			worst = "errors"
		}
	}
	return worst
}
