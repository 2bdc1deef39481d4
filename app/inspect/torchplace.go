package inspect

import (
	"archive/zip"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"

	"reverie/compute/format/pickle"
	"reverie/compute/format/torch"
)

// torchPlaces finds where the values of a tensor begin in a PyTorch file, for state
// dicts, whose tensors stand by name in one dictionary. Package torch reads tensors
// whole and gives no places; what is not found here is read by it.
type torchPlaces struct {
	r    io.ReaderAt
	size int64
	path string

	once  sync.Once
	byKey map[string]place
}

// place is a tensor that stands in C order without gaps.
type place struct {
	shape []int
	typ   string
	at    int64 // in the file
}

// maxStatePickle bounds the pickle that is read a second time.
const maxStatePickle = 16 << 20

// find is where the values of a tensor begin. A tensor has the name of its key, or
// its end where all keys begin alike.
func (p *torchPlaces) find(t *torch.Tensor) (int64, bool) {
	p.once.Do(func() {
		if p.read() != nil {
			p.byKey = nil
		}
	})
	found, n := place{}, 0
	if x, ok := p.byKey[t.Name]; ok {
		found, n = x, 1
	} else {
		for key, x := range p.byKey {
			if strings.HasSuffix(key, "."+t.Name) {
				found = x
				n++
			}
		}
	}
	ok := n == 1 && found.typ == t.DType && slices.Equal(found.shape, t.Shape)
	return found.at, ok
}

var errNotFlat = errors.New("no state dict")

// storageClasses are the element types of storages.
var storageClasses = map[string]string{"FloatStorage": "float32", "DoubleStorage": "float64", "HalfStorage": "float16",
	"BFloat16Storage": "bfloat16", "CharStorage": "int8", "ByteStorage": "uint8", "ShortStorage": "int16", "IntStorage": "int32",
	"LongStorage": "int64", "BoolStorage": "bool"}

// read decodes the pickle, finds the storages and the tensors of the dictionary.
func (p *torchPlaces) read() error {
	head := make([]byte, 4)
	if n, _ := p.r.ReadAt(head, 0); n < 4 {
		return errNotFlat
	}
	var tree pickle.Value
	var err error
	at := map[string]int64{}
	if string(head) == "PK\x03\x04" {
		tree, err = p.zip(at)
	} else {
		tree, err = p.legacy(at)
	}
	if err != nil {
		return err
	}
	p.byKey = map[string]place{}
	for _, pair := range statePairs(tree) {
		key, ok := pickle.Text(pair.Key)
		if !ok {
			continue
		}
		x, storage, ok := contiguous(pair.Value)
		if start, found := at[storage]; ok && found {
			x.at += start
			p.byKey[key] = x
		}
	}
	return nil
}

func (p *torchPlaces) decoder(off, size int64) *pickle.Decoder {
	return pickle.NewDecoder(p.r, off, size)
}

// zip reads PREFIX/data.pkl; the storages are PREFIX/data/KEY.
func (p *torchPlaces) zip(at map[string]int64) (pickle.Value, error) {
	z, err := zip.NewReader(p.r, p.size)
	if err != nil {
		return nil, err
	}
	var first *zip.File
	for _, m := range z.File {
		if (m.Name == "data.pkl" || strings.HasSuffix(m.Name, "/data.pkl")) && (first == nil || len(m.Name) < len(first.Name)) {
			first = m
		}
	}
	if first == nil || first.UncompressedSize64 > maxStatePickle {
		return nil, errNotFlat
	}
	root := strings.TrimSuffix(first.Name, "data.pkl") + "data/"
	for _, m := range z.File {
		if key, ok := strings.CutPrefix(m.Name, root); ok && m.Method == zip.Store {
			if at[key], err = m.DataOffset(); err != nil {
				return nil, err
			}
		}
	}
	off, err := first.DataOffset()
	if err != nil {
		return nil, err
	}
	return p.decoder(off, int64(first.UncompressedSize64)).Decode()
}

// legacy reads the fourth pickle; behind the fifth, a list of keys, stand the
// storages, each behind its count of 8 bytes.
func (p *torchPlaces) legacy(at map[string]int64) (pickle.Value, error) {
	d := p.decoder(0, p.size)
	sizes := map[string]int64{}
	d.Persistent = func(id pickle.Value) (pickle.Value, error) {
		t, ok := id.(*pickle.Tuple)
		if ok && len(t.Items) >= 5 {
			class, _ := t.Items[1].(pickle.Global)
			key, _ := pickle.Text(t.Items[2])
			n, _ := t.Items[4].(int64)
			sizes[key] = n * int64(elements[storageClasses[class.Name]].size)
		}
		return &pickle.Persistent{ID: id}, nil
	}
	var list [5]pickle.Value
	for i := range list {
		var err error
		if list[i], err = d.Decode(); err != nil {
			return nil, err
		}
	}
	keys, ok := list[4].(*pickle.List)
	if !ok {
		return nil, errNotFlat
	}
	off := d.Offset()
	for _, k := range keys.Items {
		key, _ := pickle.Text(k)
		var count [8]byte
		if n, _ := p.r.ReadAt(count[:], off); n < 8 || sizes[key] <= 0 || binary.LittleEndian.Uint64(count[:]) > uint64(p.size) {
			return nil, errNotFlat
		}
		at[key] = off + 8
		off += 8 + sizes[key]
	}
	return list[3], nil
}

// statePairs are the entries of a dict or an OrderedDict, or of the one among its
// values that has tensors where it has none itself.
func statePairs(v pickle.Value) []pickle.Pair {
	pairs := dictPairs(v)
	for _, p := range pairs {
		if _, _, ok := contiguous(p.Value); ok {
			return pairs
		}
	}
	for _, p := range pairs {
		inner := dictPairs(p.Value)
		for _, q := range inner {
			if _, _, ok := contiguous(q.Value); ok {
				return inner
			}
		}
	}
	return nil
}

func dictPairs(v pickle.Value) []pickle.Pair {
	switch x := v.(type) {
	case *pickle.Dict:
		return x.Pairs
	case *pickle.Object:
		if x.Class == (pickle.Global{Module: "collections", Name: "OrderedDict"}) {
			return x.Pairs.Pairs
		}
	}
	return nil
}

// contiguous reads the call that rebuilds a tensor of (storage, offset, shape,
// stride, …), where the strides are those of C order. at is from the storage's start.
func contiguous(v pickle.Value) (x place, storage string, ok bool) {
	o, ok := v.(*pickle.Object)
	for depth := 0; ok && depth < 4 && (o.Class == pickle.Global{Module: "torch._utils", Name: "_rebuild_parameter"}) && len(o.Args) > 0; depth++ {
		o, ok = o.Args[0].(*pickle.Object)
	}
	if !ok || len(o.Args) < 4 {
		return x, "", false
	}
	g, _ := o.Class.(pickle.Global)
	if g.Module != "torch._utils" || g.Name != "_rebuild_tensor_v2" && g.Name != "_rebuild_tensor" {
		return x, "", false
	}
	ref, ok := o.Args[0].(*pickle.Persistent)
	if !ok {
		return x, "", false
	}
	id, ok := ref.ID.(*pickle.Tuple)
	if !ok || len(id.Items) < 5 || len(id.Items) > 5 && id.Items[5] != nil {
		return x, "", false
	}
	class, _ := id.Items[1].(pickle.Global)
	x.typ = storageClasses[class.Name]
	storage, _ = pickle.Text(id.Items[2])
	offset, ok1 := o.Args[1].(int64)
	shape, ok2 := o.Args[2].(*pickle.Tuple)
	stride, ok3 := o.Args[3].(*pickle.Tuple)
	if x.typ == "" || !ok1 || !ok2 || !ok3 || len(shape.Items) != len(stride.Items) || offset < 0 || offset > 1<<48 {
		return x, "", false
	}
	x.at = offset * int64(elements[x.typ].size)
	x.shape = make([]int, len(shape.Items))
	want := int64(1)
	for i := len(x.shape) - 1; i >= 0; i-- {
		d, ok1 := shape.Items[i].(int64)
		s, ok2 := stride.Items[i].(int64)
		if !ok1 || !ok2 || d < 0 || d > 1<<40 || want > 1<<40 || d > 1 && s != want {
			return x, "", false
		}
		x.shape[i] = int(d)
		want *= max(d, 1)
	}
	return x, storage, true
}
