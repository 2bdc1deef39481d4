package safetensors

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
)

// Numbers are the types that Write and Values take.
type Numbers interface {
	uint16 | uint32 | int64 | float32
}

// Out is a tensor to be written.
type Out struct {
	Name  string
	dtype string
	shape []int
	size  int64
	write func(io.Writer) error
}

// Of makes values, in C order, a tensor of a shape, whose lengths must multiply to their number.
func Of[T Numbers](name string, values []T, shape ...int) Out {
	n := 1
	for _, s := range shape {
		n *= s
	}
	if n != len(values) {
		panic(fmt.Sprintf("safetensors: %d values for the shape %v of %q", len(values), shape, name))
	}
	dtype, size := element[T]()
	return Out{Name: name, dtype: dtype, shape: append([]int{}, shape...), size: int64(len(values)) * int64(size),
		write: func(w io.Writer) error {
			raw := make([]byte, 0, chunk)
			for len(values) > 0 {
				n := min(len(values), chunk/size)
				raw, _ = binary.Append(raw[:0], binary.LittleEndian, values[:n])
				if _, err := w.Write(raw); err != nil {
					return err
				}
				values = values[n:]
			}
			return nil
		}}
}

func element[T Numbers]() (dtype string, size int) {
	var v T
	switch any(v).(type) {
	case uint16:
		return "U16", 2
	case uint32:
		return "U32", 4
	case int64:
		return "I64", 8
	}
	return "F32", 4
}

// entry is a tensor in the header.
type entry struct {
	DType   string   `json:"dtype"`
	Shape   []int    `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"`
}

// Write writes a file: the same input gives the same bytes. Tensors need names
// of their own; their bytes stand in the order given.
func Write(w io.Writer, metadata map[string]string, tensors ...Out) error {
	header := map[string]any{}
	if len(metadata) > 0 {
		header["__metadata__"] = metadata
	}
	at := int64(0)
	for _, t := range tensors {
		if _, twice := header[t.Name]; twice {
			return fmt.Errorf("write safetensors: two tensors %q", t.Name)
		}
		header[t.Name] = entry{t.dtype, t.shape, [2]int64{at, at + t.size}}
		at += t.size
	}
	raw, err := json.Marshal(header) // maps in the order of their keys
	if err != nil {
		return fmt.Errorf("write safetensors: %w", err)
	}
	for len(raw)%8 != 0 { // values are aligned
		raw = append(raw, ' ')
	}
	if err := binary.Write(w, binary.LittleEndian, uint64(len(raw))); err != nil {
		return err
	}
	if _, err := w.Write(raw); err != nil {
		return err
	}
	for _, t := range tensors {
		if err := t.write(w); err != nil {
			return err
		}
	}
	return nil
}

// Values reads values from … to−1 of a tensor, in C order. Its type must be T's.
func Values[T Numbers](t *Tensor, from, to int) ([]T, error) {
	dtype, size := element[T]()
	switch {
	case t.DType != dtype:
		return nil, t.errorf("type %s, want %s", t.DType, dtype)
	case from < 0 || to < from || to > t.Len():
		return nil, t.errorf("values %d to %d of %d", from, to, t.Len())
	}
	out := make([]T, to-from)
	raw := make([]byte, min(chunk, len(out)*size))
	for at := 0; at < len(out); {
		n := min(len(out)-at, chunk/size)
		if err := t.readAt(raw[:n*size], t.Offset+int64(from+at)*int64(size)); err != nil {
			return nil, err
		}
		decode(out[at:at+n], raw)
		at += n
	}
	return out, nil
}

func decode[T Numbers](dst []T, raw []byte) {
	le := binary.LittleEndian
	switch dst := any(dst).(type) {
	case []uint16:
		for i := range dst {
			dst[i] = le.Uint16(raw[2*i:])
		}
	case []uint32:
		for i := range dst {
			dst[i] = le.Uint32(raw[4*i:])
		}
	case []int64:
		for i := range dst {
			dst[i] = int64(le.Uint64(raw[8*i:]))
		}
	case []float32:
		for i := range dst {
			dst[i] = math.Float32frombits(le.Uint32(raw[4*i:]))
		}
	}
}
