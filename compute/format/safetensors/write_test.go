package safetensors

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func TestWhatIsWrittenIsRead(t *testing.T) {
	long := make([]uint16, chunk) // more than one piece
	for i := range long {
		long[i] = uint16(i * 7)
	}
	var b bytes.Buffer
	err := Write(&b, map[string]string{"of": "a test"}, Of("short", long, len(long)), Of("f", []float32{1, -2.5, 3, 4, 5, 6}, 2, 3),
		Of("i", []int64{-1, 1 << 40}, 2), Of("u", []uint32{1 << 31}, 1), Of("none", []float32{}, 0))
	if err != nil {
		t.Fatal(err)
	}
	f, err := New(bytes.NewReader(b.Bytes()), int64(b.Len()), "written")
	if err != nil {
		t.Fatal(err)
	}
	if f.Metadata["of"] != "a test" || len(f.Tensors) != 5 || f.Tensors[0].Offset%8 != 0 {
		t.Errorf("%v, %d tensors", f.Metadata, len(f.Tensors))
	}
	s, err := Values[uint16](f.Tensors[0], 0, len(long))
	if err != nil || !slices.Equal(s, long) {
		t.Errorf("short: %v", err)
	}
	if s, err = Values[uint16](f.Tensors[0], 1000, 1003); err != nil || !slices.Equal(s, long[1000:1003]) {
		t.Errorf("part: %v, %v", s, err)
	}
	if v, err := Values[float32](f.Tensors[1], 1, 6); err != nil || !slices.Equal(v, []float32{-2.5, 3, 4, 5, 6}) || !slices.Equal(f.Tensors[1].Shape, []int{2, 3}) {
		t.Errorf("f: %v, %v", v, err)
	}
	if v, err := Values[int64](f.Tensors[2], 0, 2); err != nil || !slices.Equal(v, []int64{-1, 1 << 40}) {
		t.Errorf("i: %v, %v", v, err)
	}
	if v, err := Values[uint32](f.Tensors[3], 0, 1); err != nil || v[0] != 1<<31 {
		t.Errorf("u: %v, %v", v, err)
	}
	if _, err := Values[float32](f.Tensors[3], 0, 1); err == nil || !strings.Contains(err.Error(), "type U32, want F32") {
		t.Errorf("another type: %v", err)
	}
	if _, err := Values[uint32](f.Tensors[3], 0, 2); err == nil {
		t.Error("values beyond the tensor passed")
	}
	if err := Write(&b, nil, Of("a", []uint16{1}, 1), Of("a", []uint16{1}, 1)); err == nil {
		t.Error("a name twice passed")
	}
}
