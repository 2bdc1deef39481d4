package bdata

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// BenchmarkBig opens a subject file of the size of the lab's largest and reads regions of it. The sum is of the last
// sample, as testdata/bdata/big.py --time prints it for h5py. Memory that was used before is several times faster
// to fill: for times to hold against a fresh process, take -benchtime 1x -count 5, one selection a run.
func BenchmarkBig(b *testing.B) {
	path := os.Getenv("REVERIE_BIG_BDATA")
	if path == "" {
		b.Skip("REVERIE_BIG_BDATA is not set to a file made by testdata/bdata/big.py")
	}
	for name, open := range map[string]func(string) (*File, error){
		"here":    Open,
		"guarded": func(p string) (*File, error) { return OpenGuarded(b.Context(), p) },
	} {
		for _, roi := range []string{"ROI_VC", "ROI_V1", "ROI_scattered"} {
			b.Run(name+"/"+roi, func(b *testing.B) {
				b.ReportAllocs()
				sum := 0.0
				var opening, selecting time.Duration
				for b.Loop() {
					begun := time.Now()
					f, err := open(path)
					if err != nil {
						b.Fatal(err)
					}
					opened := time.Now()
					x, rows, cols, err := f.Select(roi)
					if err != nil {
						b.Fatal(err)
					}
					opening, selecting = opening+opened.Sub(begun), selecting+time.Since(opened)
					f.Close()
					b.SetBytes(int64(8 * len(x)))
					sum = 0
					for _, v := range x[(rows-1)*cols:] {
						sum += v
					}
				}
				b.ReportMetric(opening.Seconds()/float64(b.N), "open-s")
				b.ReportMetric(selecting.Seconds()/float64(b.N), "select-s")
				b.ReportMetric(peakMB(), "peak-MB")
				b.Logf("sum %.9g", sum)
			})
		}
	}
}

// peakMB is the most that this process had resident, 0 where the system does not tell.
func peakMB() float64 {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		return 0
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		var kb float64
		if rest, ok := strings.CutPrefix(s.Text(), "VmHWM:"); ok {
			fmt.Sscan(rest, &kb)
			return kb * 1024 / 1e6
		}
	}
	return 0
}
