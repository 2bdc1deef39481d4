package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"
	"unicode/utf8"

	"reverie/app/inspect"
)

var infoCommand = command{
	name: "info", args: "FILE…", short: "what is in a file: its kind, and a tree with shapes, types and first values",
	examples: []string{
		"reverie info sub-01_ImageNetTest.h5", "reverie info --json S2_figureImage.mat",
		"reverie info --at conv5_1 --values 20 VGG_ILSVRC_19_layers.caffemodel", "reverie info --depth 1 --all decoded_features/",
	},
	run: func(ctx context.Context, e *env, fs *flag.FlagSet, args []string) error {
		var o infoOptions
		fs.IntVar(&o.depth, "depth", 3, "show `N` levels of the tree; 0 shows none")
		fs.IntVar(&o.values, "values", 5, "show the first `N` values of each array")
		fs.StringVar(&o.at, "at", "", "show only what stands at `PATH` in the file, as metadata/key")
		fs.BoolVar(&o.all, "all", false, "show long lists whole")
		paths, err := e.parse(fs, args, 1, -1)
		if err != nil {
			return err
		}
		if o.depth < 0 || o.values < 0 {
			return usage("--depth and --values are 0 or more")
		}
		var docs []fileInfo
		var failed []error
		for i, path := range paths {
			d, err := describe(ctx, path, o)
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if err != nil {
				failed = append(failed, err)
				if len(paths) > 1 {
					docs = append(docs, fileInfo{Path: path, Error: err.Error()})
				}
				continue
			}
			if docs = append(docs, d); i > 0 {
				e.say("")
			}
			d.print(e)
		}
		if len(docs) > 0 {
			if err := e.result(docs); err != nil {
				return err
			}
		}
		return errors.Join(failed...)
	},
}

// infoOptions choose what is shown of a file.
type infoOptions struct {
	depth, values int
	at            string
	all           bool
	path          string // of the file that is shown
}

// short is an error of a part of the file, without the file's name.
func (o infoOptions) short(err error) string {
	return strings.ReplaceAll(strings.ReplaceAll(err.Error(), " in "+o.path, ""), o.path+": ", "")
}

// longList is how many entries of a list are shown without --all.
const longList = 25

type fileInfo struct {
	Path  string         `json:"path"`
	Kind  string         `json:"kind,omitempty"`
	Size  int64          `json:"bytes,omitempty"`
	Facts []inspect.Fact `json:"content,omitempty"`
	Tree  []*nodeInfo    `json:"tree,omitempty"`
	More  int            `json:"more,omitempty"` // further entries of the tree's first level
	Error string         `json:"error,omitempty"`
}

type nodeInfo struct {
	Name     string      `json:"name"`
	Kind     string      `json:"kind"`
	Type     string      `json:"type,omitempty"`
	Shape    []int       `json:"shape,omitempty"` // none of a scalar
	Bytes    int64       `json:"bytes,omitempty"`
	Note     string      `json:"note,omitempty"`
	Values   []string    `json:"values,omitempty"`
	Error    string      `json:"error,omitempty"` // why values or children cannot be read
	Children []*nodeInfo `json:"children,omitempty"`
	More     int         `json:"more,omitempty"` // further children

	scalar, longer bool // longer than Values
}

// describe opens a file and reads what is to be shown.
func describe(ctx context.Context, path string, o infoOptions) (fileInfo, error) {
	o.path = path
	d, err := inspect.Open(ctx, path)
	if err != nil {
		return fileInfo{}, err
	}
	defer d.Close()
	out := fileInfo{Path: path, Kind: d.Kind, Size: d.Size, Facts: d.Facts}
	roots := d.Roots
	if o.at != "" {
		n, err := d.Find(ctx, o.at)
		if err != nil {
			return out, err
		}
		roots, out.Facts = []*inspect.Node{n}, nil
	}
	out.Tree, out.More = o.nodes(ctx, roots, 1)
	return out, nil
}

// nodes reads a level of the tree and those below it.
func (o infoOptions) nodes(ctx context.Context, list []*inspect.Node, level int) (out []*nodeInfo, more int) {
	if level > o.depth {
		return nil, 0
	}
	if !o.all && len(list) > longList+5 { // a few more are no longer than saying so
		list, more = list[:longList], len(list)-longList
	}
	for _, n := range list {
		i := &nodeInfo{Name: n.Name, Kind: n.Kind, Type: n.Type, Shape: n.Shape, Bytes: n.Bytes, Note: n.Note,
			scalar: n.Shape != nil && len(n.Shape) == 0}
		out = append(out, i)
		v, err := n.Values(ctx, o.values)
		if i.Values = v; err != nil {
			i.Error = o.short(err)
		}
		i.longer = len(v) > 0 && n.Amount() > len(v)
		if n.Leaf() || level == o.depth {
			continue
		}
		children, err := n.Children(ctx)
		if err != nil {
			i.Error = o.short(err)
			continue
		}
		i.Children, i.More = o.nodes(ctx, children, level+1)
	}
	return out, more
}

// print writes the facts in two columns and the tree in four.
func (d fileInfo) print(e *env) {
	kind := d.Kind
	if d.Size > 0 {
		kind += ", " + inspect.Bytes(d.Size)
	}
	e.say("%s\n  %s", d.Path, kind)
	width := 16
	for _, f := range d.Facts {
		width = max(width, min(utf8.RuneCountInString(f.Name), 28))
	}
	for _, f := range d.Facts {
		e.say("  %s  %s", pad(f.Name, width), f.Text)
	}
	if len(d.Tree) == 0 {
		return
	}
	rows := [][4]string{{"name", "type", "shape", heading(d.Tree)}}
	if k := d.Tree[0].Kind; k == inspect.File || k == inspect.Folder {
		rows[0] = [4]string{"name", "size"}
	}
	rows = tree(rows, d.Tree, d.More, "")
	var widths [3]int
	for _, r := range rows {
		for k := range widths {
			widths[k] = max(widths[k], min(utf8.RuneCountInString(r[k]), 46))
		}
	}
	e.say("")
	for _, r := range rows {
		line := "  "
		for k, w := range widths {
			line += pad(r[k], w) + "  "
		}
		e.say("%s", strings.TrimRight(line+r[3], " "))
	}
}

// tree makes rows of nodes, those of a level indented under the one they belong to.
func tree(rows [][4]string, list []*nodeInfo, more int, indent string) [][4]string {
	for _, n := range list {
		name := n.Name
		if n.Kind == inspect.Group || n.Kind == inspect.Folder {
			name += "/"
		}
		shape := inspect.Shape(n.Shape)
		if n.scalar {
			shape = ""
		}
		typ := n.Type
		if typ == "" && n.Kind != inspect.Group && n.Kind != inspect.Folder {
			typ = n.Kind
		}
		if n.Kind == inspect.File {
			typ = inspect.Bytes(n.Bytes)
		}
		rows = append(rows, [4]string{indent + name, typ, shape, n.last()})
		rows = tree(rows, n.Children, n.More, indent+"  ")
	}
	if more > 0 {
		rows = append(rows, [4]string{fmt.Sprintf("%s… and %s more", indent, inspect.Count(more))})
	}
	return rows
}

// heading names the last column: layers have inputs and outputs there.
func heading(list []*nodeInfo) string {
	flow, values := false, false
	var look func(list []*nodeInfo)
	look = func(list []*nodeInfo) {
		for _, n := range list {
			flow = flow || strings.Contains(n.Note, "→")
			values = values || len(n.Values) > 0
			look(n.Children)
		}
	}
	look(list)
	switch {
	case flow && values:
		return "first values, or input → output"
	case flow:
		return "input → output"
	case values:
		return "first values"
	}
	return ""
}

// last is the last column: first values, and what else there is to know.
func (n *nodeInfo) last() string {
	const most = 110
	s := strings.Join(n.Values, ", ")
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	} else if n.longer {
		s += ", …"
	}
	notes := n.Note
	if n.Error != "" {
		notes = strings.TrimPrefix(notes+"; cannot be read: "+n.Error, "; ")
	}
	switch {
	case s == "":
		return notes
	case notes != "":
		return s + "  (" + notes + ")"
	}
	return s
}

// pad fills a text up to a width; longer ones stay.
func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(width-utf8.RuneCountInString(s), 0))
}
