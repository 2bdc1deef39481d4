package torch

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"

	"reverie/compute/format/internal/num"
	"reverie/compute/format/pickle"
)

// element is a type of torch's.
type element struct {
	name string
	size int64
	kind num.Kind
	read bool // number can convert it
}

// elements lists torch's types by name.
var elements = func() map[string]*element {
	m := map[string]*element{}
	for k := num.Float32; k <= num.Bool; k++ {
		m[k.String()] = &element{k.String(), int64(k.Size()), k, true}
	}
	for name, size := range map[string]int64{"complex32": 4, "complex64": 8, "complex128": 16, "qint8": 1, "quint8": 1, "qint32": 4,
		"float8_e4m3fn": 1, "float8_e5m2": 1, "float8_e4m3fnuz": 1, "float8_e5m2fnuz": 1, "float8_e8m0fnu": 1} {
		m[name] = &element{name: name, size: size}
	}
	return m
}()

// classes are the storage classes of the modules torch, torch.cuda and torch.storage.
var classes = map[string]string{
	"FloatStorage": "float32", "DoubleStorage": "float64", "HalfStorage": "float16", "BFloat16Storage": "bfloat16",
	"CharStorage": "int8", "ByteStorage": "uint8", "ShortStorage": "int16", "IntStorage": "int32", "LongStorage": "int64",
	"BoolStorage": "bool", "ComplexFloatStorage": "complex64", "ComplexDoubleStorage": "complex128",
	"QInt8Storage": "qint8", "QUInt8Storage": "quint8", "QInt32Storage": "qint32",
	"UntypedStorage": "", "_UntypedStorage": "",
}

// storage is a run of elements in the file.
type storage struct {
	key    string
	class  string
	elem   *element // nil: untyped bytes
	numel  int64
	bytes  int64
	offset int64 // in the file, once found
	found  bool
	// A view is part of another storage (legacy files only): shift is where it begins there, in elements.
	root  *storage
	shift int64
}

// persistent resolves the persistent ids of torch's pickles.
func (f *File) persistent(id pickle.Value) (pickle.Value, error) {
	t, ok := id.(*pickle.Tuple)
	if !ok || len(t.Items) == 0 {
		return nil, errors.New("a persistent id that is no tuple: no PyTorch file, or a damaged one")
	}
	switch kind, _ := pickle.Text(t.Items[0]); {
	case kind == "storage" && len(t.Items) >= 5:
		return f.storage(t.Items)
	case kind == "module" && len(t.Items) >= 2: // a module's class with its source text
		return t.Items[1], nil
	}
	return nil, errors.New("a persistent id of an unknown kind: no PyTorch file, or a damaged one")
}

// storage makes a storage of ("storage", class, key, location, numel[, view]).
func (f *File) storage(id []pickle.Value) (*storage, error) {
	g, ok := id[1].(pickle.Global)
	if !ok {
		return nil, errors.New("a storage's class is no name: the file is damaged")
	}
	name, ok := classes[g.Name]
	if !ok || g.Module != "torch" && g.Module != "torch.cuda" && g.Module != "torch.storage" {
		return nil, fmt.Errorf("storages of class %.100q are not known", g.String())
	}
	key, ok := pickle.Text(id[2])
	if !ok || strings.ContainsAny(key, "/\\") {
		return nil, errors.New("a storage's key is no plain text: the file is damaged")
	}
	numel, ok := id[4].(int64)
	if !ok || numel < 0 {
		return nil, fmt.Errorf("storage %.100q: its number of elements is %s: the file is damaged", key, show(id[4]))
	}
	s := &storage{key: key, class: g.Name, elem: elements[name], numel: numel}
	size := int64(1)
	if s.elem != nil {
		size = s.elem.size
	}
	if numel > math.MaxInt64/size || numel*size > f.size {
		return nil, fmt.Errorf("storage %.100q claims %d elements of %s, more than the file's %d bytes", key, numel, g.Name, f.size)
	}
	s.bytes = numel * size
	if old := f.storages[key]; old == nil {
		f.storages[key] = s
	} else if old.class != s.class || old.numel != s.numel {
		return nil, fmt.Errorf("storage %.100q is %d × %s in one place and %d × %s in another: the file is damaged", key, old.numel, old.class, numel, g.Name)
	} else {
		s = old
	}
	if len(id) < 6 || id[5] == nil {
		return s, nil
	}
	return s.part(id[5])
}

// part makes a storage that is part of s of (key, offset, size).
func (s *storage) part(v pickle.Value) (*storage, error) {
	t, ok := v.(*pickle.Tuple)
	if !ok || len(t.Items) != 3 {
		return nil, fmt.Errorf("storage %.100q: its view is no triple: the file is damaged", s.key)
	}
	shift, ok1 := t.Items[1].(int64)
	numel, ok2 := t.Items[2].(int64)
	if !ok1 || !ok2 || shift < 0 || numel < 0 || shift > s.numel || numel > s.numel-shift {
		return nil, fmt.Errorf("storage %.100q: its view lies outside its %d elements: the file is damaged", s.key, s.numel)
	}
	return &storage{key: s.key, class: s.class, elem: s.elem, numel: numel, root: s, shift: shift}, nil
}

// show spells a number for an error.
func show(v pickle.Value) string {
	switch x := v.(type) {
	case int64:
		return strconv.FormatInt(x, 10)
	case *big.Int:
		if x.BitLen() <= 128 {
			return x.String()
		}
		return fmt.Sprintf("a number of %d bits", x.BitLen())
	}
	return "no number"
}

// hostile are modules that no model needs and attacks do.
var hostile = map[string]bool{"os": true, "posix": true, "nt": true, "subprocess": true, "sys": true, "shutil": true, "socket": true,
	"runpy": true, "importlib": true, "pty": true, "webbrowser": true, "ctypes": true, "popen2": true, "pip": true, "asyncio": true,
	"timeit": true, "pdb": true, "bdb": true, "urllib": true, "urllib2": true, "requests": true, "httplib": true}

// hostileBuiltins are functions of the interpreter that attacks need.
var hostileBuiltins = map[string]bool{"eval": true, "exec": true, "execfile": true, "compile": true, "open": true, "file": true,
	"__import__": true, "globals": true, "locals": true, "vars": true, "input": true, "breakpoint": true, "setattr": true, "delattr": true}

// refuse stops at names that only an attack asks for.
func refuse(g pickle.Global) error {
	root, _, _ := strings.Cut(g.Module, ".")
	builtin := root == "builtins" || root == "__builtin__" || root == "__builtins__"
	if hostile[root] || builtin && hostileBuiltins[g.Name] {
		return fmt.Errorf("the file asks to run %.100q, which no model needs: it was not run; do not open this file in Python", g.String())
	}
	return nil
}
