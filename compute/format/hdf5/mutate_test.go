package hdf5

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"

	"reverie/compute/format/guard"
)

// TestMutations reads damaged files through the guard: whatever libhdf5 does, this process ends each in
// data or an error, within a bounded time. REVERIE_MUTATIONS sets how many; 300 else.
func TestMutations(t *testing.T) {
	n := 300
	if v, err := strconv.Atoi(os.Getenv("REVERIE_MUTATIONS")); err == nil {
		n = v
	} else if testing.Short() {
		n = 40
	}
	usual := limits
	limits = guard.Limits{Memory: 512 << 20, CPU: 2 * time.Second, Total: 20 * time.Second, Silence: 2 * time.Second, Wait: 5 * time.Second}
	defer func() { limits = usual }()
	var specimens [][]byte
	for _, p := range []string{
		made + "features.h5", made + "latest.h5", made + "matlab.mat", made + "storage.mat", "testdata/kinds.h5", "../../../testdata/bdata/sample.h5",
		"../../../../shared/data/bdpy/tests/data/test_models/fastl2lir-nochunk-bd/W.mat", "../../../../shared/data/caffe/src/caffe/test/test_data/sample_data_2_gzip.h5",
	} {
		if b, err := os.ReadFile(p); err == nil {
			specimens = append(specimens, b)
		}
	}
	dir := t.TempDir()
	count := map[string]int{}
	var slowest time.Duration
	for i := range n {
		rng := rand.New(rand.NewPCG(4, uint64(i)))
		b := mutate(rng, specimens[i%len(specimens)])
		path := filepath.Join(dir, "mutant.h5")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		outcome := exercise(t, path)
		count[outcome]++
		if d := time.Since(begin); d > slowest {
			slowest = d
		}
		if d := time.Since(begin); d > 60*time.Second {
			t.Errorf("mutation %d took %v", i, d)
		}
	}
	t.Logf("%d mutations of %d files: %v; the slowest took %v; %d goroutines are left", n, len(specimens), count, slowest, runtime.NumGoroutine())
}

// mutate damages a copy: bytes turned, the end cut off, blocks exchanged or blanked.
func mutate(rng *rand.Rand, from []byte) []byte {
	b := append([]byte(nil), from...)
	// Half of the damage goes where the tables stand, as most of a file is often data.
	place := func(size int) int {
		limit := len(b) - size
		if rng.IntN(2) == 0 {
			limit = min(limit, 4096)
		}
		return rng.IntN(max(1, limit))
	}
	switch rng.IntN(6) {
	case 0:
		return b[:rng.IntN(len(b))]
	case 1:
		size := 8 << rng.IntN(7)
		x, y := place(size), place(size)
		tmp := append([]byte(nil), b[x:x+size]...)
		copy(b[x:x+size], b[y:y+size])
		copy(b[y:y+size], tmp)
	case 2:
		size := 1 << rng.IntN(6)
		at := place(size)
		for k := range size {
			b[at+k] = []byte{0, 0xff}[rng.IntN(2)]
		}
	default:
		for range 1 << rng.IntN(6) {
			b[place(1)] ^= byte(1 + rng.IntN(255))
		}
	}
	return b
}

// exercise asks a file everything, and says how that ended.
func exercise(t *testing.T, path string) string {
	f, err := OpenGuarded(t.Context(), path)
	if err != nil {
		return ended("open", err)
	}
	defer f.Close()
	failed := 0
	note := func(err error) error {
		var dead *guard.Error
		if errors.As(err, &dead) {
			return err
		}
		if err != nil {
			failed++
		}
		return nil
	}
	_, err = f.UserBlock()
	if err = note(err); err == nil {
		objects := 0
		err = f.Walk(func(path string, info Info) error {
			if objects++; objects > 2000 {
				return errors.New("enough")
			}
			return touch(f, path, info, note)
		})
	}
	if err = errors.Join(note(err)); err != nil {
		return ended("read", err)
	}
	if failed > 0 {
		return "errors"
	}
	return "data"
}

// touch reads an object in every way that its class allows. Its errors are those that note returns.
func touch(f *File, path string, info Info, note func(error) error) error {
	attrs, err := f.Attributes(path)
	if err := note(err); err != nil {
		return err
	}
	for _, a := range attrs {
		if a.Problem != "" {
			note(fmt.Errorf("%s", a.Problem))
		}
	}
	if info.Kind != Dataset {
		return nil
	}
	var errs []error
	switch info.Class {
	case Integer, Float, Bool, Enum:
		_, a := Read[float64](f, path)
		_, b := Read[uint8](f, path)
		_, c := ReadColumns[float32](f, path, []Span{{0, 1}, {2, 3}})
		_, d := ReadRows[float64](f, path, 0, 1)
		errs = []error{a, b, c, d}
	case String:
		_, a := f.Strings(path)
		errs = []error{a}
	case Sequence:
		_, a := Sequences[float64](f, path)
		errs = []error{a}
	case Compound:
		for _, field := range info.Fields[:min(10, len(info.Fields))] {
			_, a := ReadField[float64](f, path, field)
			_, b := f.FieldStrings(path, field)
			errs = append(errs, a, b)
		}
	case RegionRef:
		_, a := f.Regions(path)
		errs = []error{a}
	case Reference:
		refs, a := f.Refs(path)
		errs = []error{a}
		for _, r := range refs[:min(5, len(refs))] {
			_, b := f.RefPath(r)
			_, c := f.Stat(r)
			errs = append(errs, b, c)
		}
	}
	for _, err := range errs {
		if err := note(err); err != nil {
			return err
		}
	}
	return nil
}

func ended(when string, err error) string {
	var dead *guard.Error
	if errors.As(err, &dead) {
		return when + ": " + dead.What
	}
	return when + ": error"
}
