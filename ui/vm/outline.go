package vm

import (
	"context"
	"strconv"

	"reverie/app/inspect"
)

// Outline is the tree of a file as it is shown: what was read of it so far.
// It belongs to the drawing goroutine; reading goes on elsewhere and comes back
// through the mailbox.
type Outline struct {
	Doc *inspect.Doc

	mail    *Mailbox
	ctx     context.Context
	cancel  context.CancelFunc
	changed func()
	rows    map[string]*Row
}

// Row is a line of the tree.
type Row struct {
	Name, Shape, Type string
	Preview           string // first values
	Note              string
	Branch            bool

	node     *inspect.Node
	children []string
	asked    bool // its children are read or being read
}

const (
	previewValues = 6
	// mostRows bounds the children shown of one node, and mostPreviews those whose values are read.
	mostRows     = 2000
	mostPreviews = 200
)

// OpenOutline opens a file. done is called on the drawing goroutine; changed
// then whenever there is more to show.
func OpenOutline(path string, mail *Mailbox, changed func(), done func(*Outline, error)) (cancel func()) {
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		d, err := inspect.Open(ctx, path)
		if err != nil {
			stop()
			mail.Post(func() { done(nil, err) })
			return
		}
		o := &Outline{Doc: d, mail: mail, ctx: ctx, cancel: stop, changed: changed, rows: map[string]*Row{}}
		top, rows := o.read("", d.Roots)
		mail.Post(func() {
			o.take("", top, rows)
			done(o, nil)
		})
	}()
	return stop
}

// Close ends what is being read.
func (o *Outline) Close() {
	o.cancel()
	go o.Doc.Close() // it waits for what is being read
}

// Children are the lines below one, or at the top (""); those of a line that was
// not opened yet come after Expand.
func (o *Outline) Children(id string) []string {
	if r := o.rows[id]; r != nil {
		return r.children
	}
	return nil
}

// Row is a line.
func (o *Outline) Row(id string) *Row { return o.rows[id] }

// Expand reads what is below a line.
func (o *Outline) Expand(id string) {
	r := o.rows[id]
	if r == nil || r.asked || r.node == nil {
		return
	}
	r.asked = true
	go func() {
		list, err := r.node.Children(o.ctx)
		if err != nil {
			o.mail.Post(func() {
				r.Note = Sentence(err.Error())
				o.changed()
			})
			return
		}
		children, rows := o.read(id, list)
		o.mail.Post(func() {
			o.take(id, children, rows)
			o.changed()
		})
	}()
}

// read makes the lines of nodes, with values of the first; not on the drawing goroutine.
func (o *Outline) read(parent string, list []*inspect.Node) ([]string, map[string]*Row) {
	rows := map[string]*Row{}
	var ids []string
	for i, n := range list {
		id := parent + "/" + strconv.Itoa(i)
		ids = append(ids, id)
		if i == mostRows {
			rows[id] = &Row{Name: "… and " + Count(len(list)-i, "") + " more"}
			break
		}
		r := &Row{Name: n.Name, Shape: inspect.Shape(n.Shape), Type: n.Type, Note: n.Note, Branch: !n.Leaf(), node: n}
		if r.Type == "" {
			r.Type = n.Kind
		}
		if n.Valued() && i < mostPreviews {
			r.Preview = n.Preview(o.ctx, previewValues)
		}
		rows[id] = r
	}
	return ids, rows
}

func (o *Outline) take(id string, children []string, rows map[string]*Row) {
	if o.rows[id] == nil {
		o.rows[id] = &Row{}
	}
	o.rows[id].children, o.rows[id].asked = children, true
	for k, r := range rows {
		o.rows[k] = r
	}
}
