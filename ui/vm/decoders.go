package vm

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"reverie/app/session"
)

// Decoders is what the decoder inspector shows: folders below a root, one of
// them, one of its units. It belongs to the drawing goroutine; reading goes on
// elsewhere and comes back through the mailbox. Of what was asked twice, only
// the newest is taken.
type Decoders struct {
	Root    string
	Folders []session.DecoderFolder
	Shown   []int // of Folders, those that the filter leaves
	At      int   // of Folders, −1 for none
	View    *session.DecoderView
	Number  int // of the unit looked at
	Unit    *session.UnitView

	trainer session.Trainer
	mail    *Mailbox
	changed func()
	problem func(action string, err error)

	filter                     []string
	root, folder, unit, search task
}

// task is work of which only the newest counts.
type task struct {
	n      int
	cancel context.CancelFunc // nil while none is under way
}

// begin ends the work before and starts anew.
func (t *task) begin() (context.Context, int) {
	t.end()
	ctx, cancel := context.WithCancel(context.Background())
	t.cancel = cancel
	return ctx, t.n
}

func (t *task) end() {
	if t.cancel != nil {
		t.cancel()
		t.cancel = nil
	}
	t.n++
}

// take reports whether a result is of the newest work, and ends it.
func (t *task) take(n int) bool {
	if n != t.n {
		return false
	}
	t.end()
	return true
}

// NewDecoders shows nothing. changed and problem are called on the drawing goroutine.
func NewDecoders(t session.Trainer, mail *Mailbox, changed func(), problem func(action string, err error)) *Decoders {
	return &Decoders{trainer: t, mail: mail, changed: changed, problem: problem, At: -1}
}

// Open lists the folders of decoders below a root and shows the first.
func (d *Decoders) Open(root string) {
	d.folder.end()
	d.unit.end()
	d.search.end()
	ctx, n := d.root.begin()
	d.Root, d.Folders, d.Shown, d.At, d.View, d.Unit, d.Number = root, nil, nil, -1, nil, nil, 0
	d.changed()
	go func() {
		list, err := d.trainer.Decoders(ctx, root)
		d.mail.Post(func() {
			if !d.root.take(n) {
				return
			}
			if err != nil {
				d.problem("look for decoders in "+root, err)
			}
			d.Folders = list
			d.sift()
			if len(d.Shown) > 0 {
				d.Choose(d.Shown[0])
			}
			d.changed()
		})
	}()
}

// Listing reports whether folders are being looked for.
func (d *Decoders) Listing() bool { return d.root.cancel != nil }

// Reading reports whether a folder is being opened.
func (d *Decoders) Reading() bool { return d.folder.cancel != nil }

// Choose opens a folder and shows the unit that was looked at, where it has it.
func (d *Decoders) Choose(i int) {
	if i < 0 || i >= len(d.Folders) || i == d.At && (d.View != nil || d.Reading()) {
		return
	}
	d.unit.end()
	d.search.end()
	ctx, n := d.folder.begin()
	d.At, d.View, d.Unit = i, nil, nil
	path := d.Folders[i].Path
	d.changed()
	go func() {
		v, err := d.trainer.Decoder(ctx, path)
		d.mail.Post(func() {
			if !d.folder.take(n) {
				return
			}
			if err != nil {
				d.problem("open these decoders", err)
				d.changed()
				return
			}
			d.View = v
			if d.Number >= v.Units() {
				d.Number = 0
			}
			d.Show(d.Number)
		})
	}()
}

// Show reads a unit.
func (d *Decoders) Show(unit int) {
	if d.View == nil || unit < 0 || unit >= d.View.Units() {
		return
	}
	d.search.end()
	d.read(unit)
}

func (d *Decoders) read(unit int) {
	ctx, n := d.unit.begin()
	d.Number = unit
	path := d.View.Path
	d.changed()
	go func() {
		u, err := d.trainer.DecoderUnit(ctx, path, unit)
		d.mail.Post(func() {
			if !d.unit.take(n) {
				return
			}
			d.Unit = u
			if err != nil {
				d.Unit = nil
				d.problem(fmt.Sprintf("read unit %d", unit), err)
			}
			d.changed()
		})
	}()
}

// Step goes to the next unit (1) or the one before (−1), around the ends.
func (d *Decoders) Step(by int) {
	if d.View != nil {
		n := d.View.Units()
		d.Show(((d.Number+by)%n + n) % n)
	}
}

// StepFolder goes to the next folder that is shown, or the one before.
func (d *Decoders) StepFolder(by int) {
	if i := slices.Index(d.Shown, d.At) + by; i >= 0 && i < len(d.Shown) {
		d.Choose(d.Shown[i])
	}
}

// Filter shows the folders alone that have all words of a text in their layer,
// region, subject, fold or method.
func (d *Decoders) Filter(text string) {
	d.filter = strings.Fields(strings.ToLower(text))
	d.sift()
	d.changed()
}

func (d *Decoders) sift() {
	d.Shown = nil
	for i, f := range d.Folders {
		about := strings.ToLower(strings.Join([]string{f.Layer, f.ROI, f.Subject, f.Fold, f.Method}, " "))
		if !slices.ContainsFunc(d.filter, func(w string) bool { return !strings.Contains(about, w) }) {
			d.Shown = append(d.Shown, i)
		}
	}
}

// Random shows any unit.
func (d *Decoders) Random() {
	if d.View != nil {
		d.Show(rand.IntN(d.View.Units()))
	}
}

// Best looks for the unit with the highest correlation on a condition and shows it.
func (d *Decoders) Best(condition int) {
	if d.View == nil || condition < 0 || condition >= len(d.View.Conditions) || d.Searching() {
		return
	}
	ctx, n := d.search.begin()
	path := d.View.Path
	d.changed()
	go func() {
		at, err := d.trainer.BestUnit(ctx, path, condition)
		if ctx.Err() != nil {
			return
		}
		d.mail.Post(func() {
			if !d.search.take(n) {
				return
			}
			if err == nil {
				d.read(at)
				return
			}
			d.problem("find the best unit", err)
			d.changed()
		})
	}()
}

// Searching reports whether the best unit is being looked for.
func (d *Decoders) Searching() bool { return d.search.cancel != nil }

// Halt ends the search.
func (d *Decoders) Halt() {
	d.search.end()
	d.changed()
}

// Folder is the chosen folder's line; nil where there is none.
func (d *Decoders) Folder() *session.DecoderFolder {
	if d.At < 0 || d.At >= len(d.Folders) {
		return nil
	}
	return &d.Folders[d.At]
}
