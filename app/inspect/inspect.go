// Package inspect shows what is in a file: its kind, facts about it, and a tree
// of groups, arrays and tensors with shapes, types and first values.
//
// Contract:
//   - Contents decide what a file is. Names decide only where contents cannot:
//     text files and Caffe's binary files have no mark.
//   - Open reads descriptions, not arrays. Children and values are read when asked
//     for, and of large arrays no more than what is asked for and the block of the
//     file it lies in.
//   - Whatever goes to libhdf5 goes to a child process: the program must have
//     called guard.Main.
//   - A damaged file is an error that says what the file looks like and what is
//     wrong with it. A file of no known format is an error that wraps ErrUnknown.
//   - Values come in the order in which the file's own program counts: MATLAB's
//     first axis fastest, all others' last axis fastest.
package inspect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
)

// ErrUnknown is wrapped when a file is of no format that Reverie opens.
var ErrUnknown = errors.New("of no format that Reverie opens")

// opens is what to tell who brings another file.
const opens = "Reverie opens subject files (.h5, .mat), features (.mat, .npy, .h5 and folders of them), models (.caffemodel, .prototxt, .binaryproto, .pt, .pth, .safetensors), arrays (.npy, .npz, .mat, .h5, .pkl), tables (.csv, .tsv) and pictures"

// Doc is a file or folder open for looking at. Close it after use. Its nodes may
// be used by several goroutines at once.
type Doc struct {
	Path  string
	Kind  string // a short sentence: "NumPy array"
	Size  int64  // bytes of the file; of a folder 0
	Facts []Fact
	Roots []*Node

	closers []io.Closer
}

// Fact is something to know about a file or a node.
type Fact struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// The kinds of nodes.
const (
	Group     = "group"
	Dataset   = "dataset"
	Array     = "array"
	Struct    = "struct"
	Cell      = "cell"
	Text      = "text"
	Attribute = "attribute"
	Tensor    = "tensor"
	Layer     = "layer"
	Dict      = "dict"
	List      = "list"
	Object    = "object"
	Value     = "value"
	Link      = "link"
	Column    = "column"
	File      = "file"
	Folder    = "folder"
)

// Node is a part of a file.
type Node struct {
	Name  string
	Kind  string
	Type  string // as the file says: "float64 LE", "<f4", "single"
	Shape []int  // nil where it has none, empty for a scalar
	// Bytes are what the content takes: in the file, packed or not, of HDF5, and unpacked of all others; 0 where
	// that is not known.
	Bytes int64
	// Note is what else there is to know: how it is packed, where a link leads.
	Note string

	children func(ctx context.Context) ([]*Node, error)
	values   func(ctx context.Context, n int) ([]string, error)

	total int // number of values where it is not that of the elements; −1 is unknown

	mu   sync.Mutex
	kept []*Node
	have bool
}

// Leaf tells that the node never has children.
func (n *Node) Leaf() bool { return n.children == nil }

// Children reads what the node holds; it is kept.
func (n *Node) Children(ctx context.Context) ([]*Node, error) {
	if n.children == nil {
		return nil, nil
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.have {
		return n.kept, nil
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	kept, err := n.children(ctx)
	if err != nil {
		return nil, err
	}
	n.kept, n.have = kept, true
	return kept, nil
}

// Valued tells whether the node has values of its own.
func (n *Node) Valued() bool { return n.values != nil }

// Values reads the first values as text, at most most of them.
func (n *Node) Values(ctx context.Context, most int) ([]string, error) {
	if n.values == nil || most <= 0 {
		return nil, nil
	}
	if l := n.Amount(); l >= 0 {
		most = min(most, l)
	}
	if most == 0 {
		return nil, nil
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	v, err := n.values(ctx, most)
	return v[:min(len(v), most)], err
}

// Len is the number of elements, −1 where the node has no shape.
func (n *Node) Len() int {
	if n.Shape == nil {
		return -1
	}
	return product(n.Shape)
}

// Amount is how many values there are, −1 where that is not known.
func (n *Node) Amount() int {
	if n.total != 0 {
		return n.total
	}
	return n.Len()
}

// Preview is the first values in one line, with an ellipsis where more follow.
// What cannot be read is said in brackets.
func (n *Node) Preview(ctx context.Context, most int) string {
	v, err := n.Values(ctx, most)
	if err != nil {
		return "[" + err.Error() + "]"
	}
	s := strings.Join(v, ", ")
	if l := n.Amount(); l > len(v) && len(v) > 0 {
		s += ", …"
	}
	return s
}

// Find is the node at a path of names joined by slashes, as dataset or
// metadata/key. Names may have slashes themselves.
func (d *Doc) Find(ctx context.Context, path string) (*Node, error) {
	rest := strings.Trim(path, "/")
	level, at := d.Roots, ""
	for rest != "" {
		var next *Node
		for _, n := range level {
			name := strings.Trim(n.Name, "/")
			if (rest == name || strings.HasPrefix(rest, name+"/")) && (next == nil || len(name) > len(strings.Trim(next.Name, "/"))) {
				next = n
			}
		}
		if next == nil {
			if at == "" {
				at = "the top"
			}
			return nil, fmt.Errorf("%s has no %q at %s, where there are %s", d.Path, rest, at, some(level))
		}
		at = strings.TrimPrefix(at+"/"+next.Name, "/")
		rest = strings.Trim(strings.TrimPrefix(rest, strings.Trim(next.Name, "/")), "/")
		if rest == "" {
			return next, nil
		}
		var err error
		if level, err = next.Children(ctx); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", d.Path, at, err)
		}
	}
	return nil, fmt.Errorf("%s: the path %q names nothing", d.Path, path)
}

// some names a few of the nodes.
func some(list []*Node) string {
	if len(list) == 0 {
		return "none"
	}
	var names []string
	for _, n := range list[:min(len(list), 8)] {
		names = append(names, n.Name)
	}
	s := strings.Join(names, ", ")
	if more := len(list) - len(names); more > 0 {
		s += " and " + Count(more) + " more"
	}
	return s
}

// Close releases the file. Nodes give no more than what they have.
func (d *Doc) Close() error {
	var all error
	for _, c := range d.closers {
		all = errors.Join(all, c.Close())
	}
	d.closers = nil
	return all
}

func (d *Doc) fact(name, format string, args ...any) {
	d.Facts = append(d.Facts, Fact{name, fmt.Sprintf(format, args...)})
}

func (d *Doc) closes(c io.Closer) { d.closers = append(d.closers, c) }

// Open recognises a file or folder and reads its outline. The context counts for
// the whole life of the Doc.
func Open(ctx context.Context, path string) (*Doc, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	d := &Doc{Path: path}
	switch {
	case st.IsDir():
		err = d.folder(ctx)
	case !st.Mode().IsRegular():
		err = fmt.Errorf("it is neither a file nor a folder: %w", ErrUnknown)
	case st.Size() == 0:
		err = fmt.Errorf("the file is empty: %w", ErrUnknown)
	default:
		d.Size = st.Size()
		err = d.file(ctx)
	}
	if err != nil {
		d.Close()
		if !strings.Contains(err.Error(), path) {
			err = fmt.Errorf("%s: %w", path, err)
		}
		return nil, err
	}
	return d, nil
}
