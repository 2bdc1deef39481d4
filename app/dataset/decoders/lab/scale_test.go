package lab

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"

	"reverie/compute/decode"
)

// TestScale writes and reads decoders of REVERIE_UNITS units a channel, two channels, 500 of 10,000 voxels each: 50176 is
// conv1_1 of VGG19. It says times and the memory that the garbage collector saw. REVERIE_KEEP=folder leaves them there.
func TestScale(t *testing.T) {
	units, err := strconv.Atoi(os.Getenv("REVERIE_UNITS"))
	if err != nil {
		t.Skip("set REVERIE_UNITS to the units of a channel")
	}
	const voxels, chosen, step = 10000, 500, 4096
	dir := filepath.Join(t.TempDir(), "model")
	if keep := os.Getenv("REVERIE_KEEP"); keep != "" {
		dir = keep
	}
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.Sys >> 20
	}
	start := time.Now()
	w, err := NewWriter(dir, Meta{Voxels: voxels, Shape: []int{2, units, 1}, ChunkAxis: 1, Method: "l2"})
	if err != nil {
		t.Fatal(err)
	}
	for from := 0; from < 2*units; from += step {
		n := min(step, 2*units-from)
		s := &decode.Sparse{First: from, Voxels: voxels, Start: []int{0}, B: make([]float32, n)}
		for u := range n {
			for i := range chosen {
				s.Index, s.W = append(s.Index, uint32(i*20+(from+u)%20)), append(s.W, float32(i+1))
			}
			s.Start = append(s.Start, len(s.W))
		}
		if err := w.Append(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	t.Logf("written: %.1f s, %d MiB from the system", time.Since(start).Seconds(), heap())
	f, err := Open(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	for c := range 2 {
		start = time.Now()
		for from := c * units; from < (c+1)*units; from += step {
			s, err := f.Read(context.Background(), from, min(from+step, (c+1)*units))
			if err != nil {
				t.Fatal(err)
			}
			if len(s.W) != chosen*s.Units() || s.Index[0] != uint32(from%20) || s.W[len(s.W)-1] != chosen {
				t.Fatalf("%d weights of %d units from %d", len(s.W), s.Units(), from)
			}
		}
		t.Logf("channel %d read by %d units: %.1f s, %d MiB from the system", c, step, time.Since(start).Seconds(), heap())
	}
}
