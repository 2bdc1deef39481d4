package inspect

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"slices"
	"strconv"
	"strings"

	"reverie/compute/format/pickle"
)

// mostPickle is how large a pickle may be to be looked into: it is read whole.
const mostPickle = 256 << 20

// maxNesting bounds how deep nodes of pickles and JSON are followed: they may hold themselves.
const maxNesting = 64

// pickled opens a pickle, or a PyTorch file of the legacy container, which begins
// with one that holds its magic number.
func (d *Doc) pickled(ext string) error {
	f, err := os.Open(d.Path)
	if err != nil {
		return err
	}
	defer f.Close()
	v, err := pickle.NewDecoder(f, 0, min(d.Size, 4096)).Decode()
	if n, ok := v.(*big.Int); err == nil && ok && n.Text(16) == "1950a86a20f9469cfc6c" {
		return d.torch()
	}
	if ext == ".pt" || ext == ".pth" {
		return d.torch()
	}
	if d.Size > mostPickle {
		return fmt.Errorf("it has %s: pickles are read whole, up to %s", Bytes(d.Size), Bytes(mostPickle))
	}
	return d.pickle(f, d.Size)
}

// gzip opens a compressed pickle.
func (d *Doc) gzip() error {
	fail := func(err error) error { return fmt.Errorf("it looks like a gzip file, but cannot be read: %w", err) }
	f, err := os.Open(d.Path)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return fail(err)
	}
	head := make([]byte, 512)
	n, err := io.ReadFull(z, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return fail(err)
	}
	if head = head[:n]; n < 3 || head[0] != 0x80 || head[1] > 5 {
		return unknown("", head, "a gzip file of something else than a Python pickle")
	}
	most := min(mostPickle, 200*d.Size+1<<20)
	var all bytes.Buffer
	all.Write(head)
	if _, err := io.Copy(&all, io.LimitReader(z, most-int64(n)+1)); err != nil {
		return fail(err)
	}
	if int64(all.Len()) > most {
		return fail(fmt.Errorf("it unpacks to more than %s, which is more than a file of %s should", Bytes(most), Bytes(d.Size)))
	}
	d.fact("unpacked", "%s", Bytes(int64(all.Len())))
	if err := d.pickle(bytes.NewReader(all.Bytes()), int64(all.Len())); err != nil {
		return fail(err)
	}
	d.Kind += ", gzip"
	return nil
}

func (d *Doc) pickle(r io.ReaderAt, size int64) error {
	asked := ""
	decoder := pickle.NewDecoder(r, 0, size)
	decoder.Global = func(g pickle.Global) error {
		if asked == "" && hostile(g) {
			asked = clean(g.String(), 60)
		}
		return nil
	}
	v, err := decoder.Decode()
	if err != nil {
		return err
	}
	d.Kind = "Python pickle"
	d.fact("safety", "its code was not run")
	if asked != "" {
		d.fact("warning", "it asks to run %s, which no data needs: do not open this file in Python", asked)
	}
	root := pickleNode("value", v, 0)
	class := className(v)
	if m, ok := v.(*pickle.Dict); ok { // bdpy keeps the model with the shape of its target
		if inner, ok := m.Get("model"); ok {
			class = className(inner)
		}
	}
	if strings.HasPrefix(class, "fastl2lir.") || strings.HasPrefix(class, "sklearn.") || strings.HasPrefix(class, "slir.") {
		d.Kind = "decoder model (" + class + "), Python pickle"
	}
	d.Roots = []*Node{root}
	return nil
}

// hostile tells names that attacks ask for and data do not.
func hostile(g pickle.Global) bool {
	root, _, _ := strings.Cut(g.Module, ".")
	switch root {
	case "os", "posix", "nt", "subprocess", "sys", "shutil", "socket", "runpy", "importlib", "pty", "ctypes", "pip":
		return true
	case "builtins", "__builtin__":
		return slices.Contains([]string{"eval", "exec", "execfile", "compile", "open", "__import__", "globals"}, g.Name)
	}
	return false
}

func className(v pickle.Value) string {
	o, ok := v.(*pickle.Object)
	if !ok {
		return ""
	}
	class := o.Class
	if g, ok := class.(pickle.Global); ok && (g.Module == "copy_reg" || g.Module == "copyreg") && len(o.Args) > 0 {
		class = o.Args[0] // _reconstructor(class, base, state)
	}
	if g, ok := class.(pickle.Global); ok {
		return clean(g.String(), 80)
	}
	return ""
}

func pickleNode(name string, v pickle.Value, depth int) *Node {
	n := &Node{Name: clean(name, 80)}
	items := func(list []pickle.Value) {
		n.Shape = []int{len(list)}
		n.children = func(context.Context) ([]*Node, error) {
			var out []*Node
			for i, x := range list {
				out = append(out, pickleNode(strconv.Itoa(i), x, depth+1))
			}
			return out, nil
		}
		if !slices.ContainsFunc(list, func(x pickle.Value) bool { _, plain := scalar(x); return !plain }) {
			n.total, n.children = len(list), nil
			n.values = func(_ context.Context, most int) ([]string, error) {
				var out []string
				for _, x := range list[:min(len(list), most)] {
					s, _ := scalar(x)
					out = append(out, s)
				}
				return out, nil
			}
		}
	}
	switch x := v.(type) {
	case *pickle.Dict:
		n.Kind, n.Type, n.children = Dict, "dict of "+Count(len(x.Pairs)), pairs(x.Pairs, depth)
	case *pickle.List:
		n.Kind, n.Type = List, "list"
		items(x.Items)
	case *pickle.Tuple:
		n.Kind, n.Type = List, "tuple"
		items(x.Items)
	case *pickle.Set:
		n.Kind, n.Type = List, "set"
		items(x.Items)
	case *pickle.Object:
		if a := numpyArray(x); a != nil {
			a.fill(n)
			return n
		}
		n.Kind, n.Type, n.children = Object, className(x), objectNodes(x, depth)
	default:
		n.Kind, n.Shape, n.Type = Value, []int{}, typeName(v)
		n.values = func(context.Context, int) ([]string, error) {
			s, _ := scalar(v)
			return []string{s}, nil
		}
	}
	if depth >= maxNesting {
		n.children, n.Note = nil, "deeper than is followed"
	}
	return n
}

func pairs(list []pickle.Pair, depth int) func(context.Context) ([]*Node, error) {
	return func(context.Context) ([]*Node, error) {
		var out []*Node
		for _, p := range list {
			key, ok := pickle.Text(p.Key)
			if !ok {
				key, _ = scalar(p.Key)
			}
			out = append(out, pickleNode(key, p.Value, depth+1))
		}
		return out, nil
	}
}

// objectNodes are an object's state and what would be put into it.
func objectNodes(o *pickle.Object, depth int) func(context.Context) ([]*Node, error) {
	return func(ctx context.Context) ([]*Node, error) {
		var out []*Node
		if s, ok := o.State.(*pickle.Dict); ok {
			out, _ = pairs(s.Pairs, depth)(ctx)
		} else if o.HasState {
			out = append(out, pickleNode("state", o.State, depth+1))
		}
		more, _ := pairs(o.Pairs.Pairs, depth)(ctx)
		out = append(out, more...)
		for i, x := range o.Items {
			out = append(out, pickleNode(strconv.Itoa(i), x, depth+1))
		}
		if len(out) == 0 {
			for i, x := range o.Args {
				out = append(out, pickleNode("argument "+strconv.Itoa(i+1), x, depth+1))
			}
		}
		return out, nil
	}
}

func typeName(v pickle.Value) string {
	switch v.(type) {
	case nil:
		return "None"
	case bool:
		return "bool"
	case int64, *big.Int:
		return "int"
	case float64:
		return "float"
	case string, pickle.Str:
		return "str"
	case pickle.Bytes:
		return "bytes"
	case pickle.Global:
		return "name"
	}
	return "value"
}

// scalar writes a plain value.
func scalar(v pickle.Value) (string, bool) {
	switch x := v.(type) {
	case nil:
		return "None", true
	case bool:
		return strconv.FormatBool(x), true
	case int64:
		return strconv.FormatInt(x, 10), true
	case *big.Int:
		if x.BitLen() > 256 {
			return fmt.Sprintf("a number of %d bits", x.BitLen()), true
		}
		return x.String(), true
	case float64:
		return real64(x), true
	case string, pickle.Str:
		s, _ := pickle.Text(x)
		return quote(s), true
	case pickle.Bytes:
		return Count(len(x)) + " bytes", true
	case pickle.Global:
		return clean(x.String(), longest), true
	case *pickle.Object: // a number of NumPy's
		a := numpyArray(x)
		if a == nil || len(a.shape) > 0 || elements[a.typ].size == 0 {
			return "", false
		}
		v, err := rawValues(strings.NewReader(a.data), 0, a.typ, a.big, 1)
		return strings.Join(v, ""), err == nil
	}
	return "", false
}
