package recon

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"
)

// Vectors longer than a piece, odd numbers and texts come back to the bit; what is missing or of another size is an error.
func TestArchive(t *testing.T) {
	long, single := make([]float64, 3*piece+5), make([]float32, 2*piece+1)
	for i := range long {
		long[i] = math.Sqrt(float64(i)) - 9
	}
	for i := range single {
		single[i] = float32(i) / 7
	}
	long[piece] = math.Inf(-1)
	walk := func(a *archive, long []float64, single []float32, n *int, f *float64, s *string, b *bool) {
		a.doubles("long", long)
		a.int(n, -3, 3, "a number")
		a.singles("single", single)
		a.float(f)
		a.text(s)
		a.bool(b)
	}
	n, f, s, b := -2, math.Copysign(0, -1), "“é”\x00", true
	w := &archive{}
	walk(w, long, single, &n, &f, &s, &b)
	var file bytes.Buffer
	if err := w.write(&file); err != nil {
		t.Fatal(err)
	}
	open := func() *archive {
		r, err := openArchive(bytes.NewReader(file.Bytes()), int64(file.Len()))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	gotLong, gotSingle := make([]float64, len(long)), make([]float32, len(single))
	n, f, s, b = 0, 1, "", false
	r := open()
	walk(r, gotLong, gotSingle, &n, &f, &s, &b)
	if r.err != nil || !slices.Equal(gotLong, long) || !slices.Equal(gotSingle, single) || n != -2 || !math.Signbit(f) || f != 0 || s != "“é”\x00" || !b {
		t.Errorf("%v; %d %g %q %t", r.err, n, f, s, b)
	}
	for want, walk := range map[string]func(a *archive){
		`"long" with 3 values is missing`: func(a *archive) { a.doubles("long", make([]float64, 3)) },
		`"other" with 3`:                  func(a *archive) { a.singles("other", make([]float32, 3)) },
		"type I64, want F32":              func(a *archive) { a.singles("long", make([]float32, len(long))) },
		"a slot is -2, want 0 to 4":       func(a *archive) { a.int(&n, 0, 4, "a slot") },
		"numbers are missing":             func(a *archive) { a.float(&f, &f, &f, &f) },
		"texts are missing":               func(a *archive) { a.text(&s); a.text(&s) },
		"the length of long is -2":        func(a *archive) { a.series("long", &gotLong, 5) },
	} {
		a := open()
		if walk(a); a.err == nil || !strings.Contains(a.err.Error(), want) {
			t.Errorf("%v, want %s", a.err, want)
		}
	}
}
