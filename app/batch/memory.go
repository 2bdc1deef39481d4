package batch

import (
	"bytes"
	"os"
	"runtime"
	"strconv"
)

// live is what lives on Go's heap.
func live() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// resident is the memory of this process: as Linux tells it, elsewhere as Go does.
func resident() int64 {
	raw, err := os.ReadFile("/proc/self/statm")
	if f := bytes.Fields(raw); err == nil && len(f) > 1 {
		if pages, err := strconv.ParseInt(string(f[1]), 10, 64); err == nil {
			return pages * int64(os.Getpagesize())
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys)
}
