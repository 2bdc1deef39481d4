package pickle

import (
	"bytes"
	"encoding/hex"
	"runtime"
	"testing"
)

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

func FuzzDecode(f *testing.F) {
	for _, c := range cases(f) {
		if raw, err := hex.DecodeString(c.Hex); err == nil && len(raw) < 2000 {
			f.Add(raw)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		before := allocated()
		d := NewDecoder(bytes.NewReader(b), 0, int64(len(b)))
		_, _ = d.Decode()
		if d.Offset() > int64(len(b)) {
			t.Errorf("read to %d of %d", d.Offset(), len(b))
		}
		if grown := allocated() - before; grown > uint64(len(b))*512+1<<20 {
			t.Errorf("%d bytes allocated for %d", grown, len(b))
		}
	})
}
