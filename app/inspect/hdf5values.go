package inspect

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"reverie/compute/format/hdf5"
)

// anyValues writes the value of an attribute.
func anyValues(v any, most int) []string {
	switch v := v.(type) {
	case nil:
		return nil
	case string:
		return quoted([]string{v})
	case []string:
		return quoted(v[:min(len(v), most)])
	case float64:
		return floats([]float64{v})
	case []float64:
		return floats(v[:min(len(v), most)])
	case []int64:
		return integers(v[:min(len(v), most)])
	case []uint64:
		return unsigned(v[:min(len(v), most)])
	case []bool:
		var out []string
		for _, b := range v[:min(len(v), most)] {
			out = append(out, strconv.FormatBool(b))
		}
		return out
	case [][]float64:
		return sequences(v, most, floats)
	case [][]int64:
		return sequences(v, most, integers)
	}
	return []string{clean(fmt.Sprint(v), longest)}
}

// sequences writes the first sequences, of each no more than eight values.
func sequences[T any](v [][]T, most int, write func([]T) []string) []string {
	var out []string
	for _, s := range v[:min(len(v), most)] {
		t := strings.Join(write(s[:min(len(s), 8)]), " ")
		if len(s) > 8 {
			t += " …"
		}
		out = append(out, "["+t+"]")
	}
	return out
}

// references are the paths of what references stand for.
func references(h *hdf5.File, refs []string) ([]string, error) {
	var out []string
	for _, r := range refs {
		p := "null"
		if r != "" {
			var err error
			if p, err = h.RefPath(r); err != nil {
				return out, err
			}
		}
		out = append(out, "→ "+clean(p, 60))
	}
	return out, nil
}

// attributeRefs are the references of an attribute, one or several.
func attributeRefs(h *hdf5.File, v any, most int) ([]string, error) {
	switch v := v.(type) {
	case string:
		return references(h, []string{v})
	case []string:
		return references(h, v[:min(len(v), most)])
	}
	return anyValues(v, most), nil
}

// errWhole says why there are no first values of what the library reads whole only.
var errWhole = errors.New("too many to read for their beginning")

// hdf5Values reads the first n elements of a dataset in C order.
func hdf5Values(h *hdf5.File, path string, i hdf5.Info, n int) ([]string, error) {
	v, err := hdf5Block(h, path, i, n)
	return v[:min(len(v), n)], err
}

func hdf5Block(h *hdf5.File, path string, i hdf5.Info, n int) ([]string, error) {
	if i.Null {
		return nil, nil
	}
	start, count := firstBlock(i.Shape, n)
	switch i.Class {
	case hdf5.Float:
		if i.Bytes <= 4 {
			v, err := hdf5.ReadBlock[float32](h, path, start, count)
			return floats(v), err
		}
		v, err := hdf5.ReadBlock[float64](h, path, start, count)
		return floats(v), err
	case hdf5.Integer, hdf5.Enum:
		if !i.Signed && i.Class == hdf5.Integer {
			v, err := hdf5.ReadBlock[uint64](h, path, start, count)
			return unsigned(v), err
		}
		v, err := hdf5.ReadBlock[int64](h, path, start, count)
		return integers(v), err
	case hdf5.Bool:
		v, err := hdf5.ReadBlock[int64](h, path, start, count)
		return booleans(v), err
	}
	if product(i.Shape) > wholeElements || i.Stored > wholeBytes {
		return nil, errWhole
	}
	switch i.Class {
	case hdf5.RegionRef:
		v, err := h.Regions(path)
		var out []string
		for _, r := range v[:min(len(v), n)] {
			s := "null"
			if r.Path != "" {
				s = clean(r.Path, 60) + ", " + plural(len(r.Blocks), map[bool]string{true: "point", false: "block"}[r.Points])
			}
			out = append(out, "→ "+s)
		}
		return out, err
	case hdf5.String:
		v, err := h.Strings(path)
		return quoted(v[:min(len(v), n)]), err
	case hdf5.Reference:
		v, err := h.Refs(path)
		if err != nil {
			return nil, err
		}
		return references(h, v[:min(len(v), n)])
	case hdf5.Sequence:
		v, err := hdf5.Sequences[float64](h, path)
		return sequences(v, n, floats), err
	}
	return nil, fmt.Errorf("values of type %s are not read", i.Class)
}

// firstBlock is the smallest block at the start that holds the first n elements in C
// order: it has less than twice as many.
func firstBlock(shape []int, n int) (start, count []int) {
	start, count = make([]int, len(shape)), make([]int, len(shape))
	inner := 1 // elements of the axes behind
	for k := len(shape) - 1; k >= 0; k-- {
		count[k] = min(shape[k], (n-1)/inner+1)
		inner = product([]int{inner, max(shape[k], 1)})
	}
	return start, count
}
