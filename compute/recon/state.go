package recon

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"reflect"
	"slices"
)

// stateMagic begins the state of a run: its version is the number at the end.
const stateMagic = "reverie run 1\n"

// ErrState marks a state that does not fit a run, or is damaged.
var ErrState = errors.New("the checkpoint cannot be used")

// stateHeader tells runs apart and holds what is short.
type stateHeader struct {
	Fingerprint string         `json:"fingerprint"`
	Next        int            `json:"next"`
	Idle        []int          `json:"idle"`
	Active      []activeHeader `json:"active"`
	Results     []resultHeader `json:"results"` // of finished tasks
}

type activeHeader struct {
	Task int `json:"task"`
	Slot int `json:"slot"`
}

type resultHeader struct {
	Task        int    `json:"task"`
	Iterations  int    `json:"iterations"`
	Evaluations int    `json:"evaluations"`
	Reason      string `json:"reason"`
	Err         string `json:"error,omitempty"`
	NotFinite   bool   `json:"not_finite,omitempty"`
}

// fingerprint is of what must be the same for a run to go on.
func (r *run) fingerprint() (string, error) {
	h := sha256.New()
	e := json.NewEncoder(h)
	if err := e.Encode([]any{r.spec.Net, r.spec.Layers, r.spec.Batch, r.spec.Loss, r.opt, len(r.tasks)}); err != nil {
		return "", err
	}
	for _, t := range r.tasks {
		if err := e.Encode([]any{t.Label, t.StartIteration, t.Weights, len(t.Start), len(t.Targets), len(t.Masks)}); err != nil {
			return "", err
		}
		h.Write(flat(reflect.ValueOf(t.Start)))
		for _, v := range slices.Concat(t.Targets, t.Masks) {
			fmt.Fprintln(h, len(v))
			h.Write(flat(reflect.ValueOf(v)))
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func (r *run) checkpoint() error {
	if r.hooks.Checkpoint == nil {
		return nil
	}
	return r.hooks.Checkpoint(r.save)
}

// save writes the run as it stands between two rounds. What is written ends in a checksum.
func (r *run) save(w io.Writer) error {
	if r.print == "" {
		var err error
		if r.print, err = r.fingerprint(); err != nil {
			return err
		}
	}
	head := stateHeader{Fingerprint: r.print, Next: r.next, Idle: r.idle}
	for _, im := range r.active {
		head.Active = append(head.Active, activeHeader{im.task, im.slot})
	}
	for i, res := range r.results[:r.next] {
		if res.Reason == "" {
			continue // still active
		}
		h := resultHeader{Task: i, Iterations: res.Iterations, Evaluations: res.Evaluations, Reason: res.Reason}
		if res.Err != nil {
			h.Err, h.NotFinite = res.Err.Error(), errors.Is(res.Err, ErrNotFinite)
		}
		head.Results = append(head.Results, h)
	}
	raw, err := json.Marshal(head)
	if err != nil {
		return err
	}
	sum := crc32.NewIEEE()
	b := bufio.NewWriterSize(io.MultiWriter(w, sum), 1<<20)
	d := &dump{w: b}
	d.bytes([]byte(stateMagic))
	d.long(len(raw))
	d.bytes(raw)
	for _, h := range head.Results {
		res := &r.results[h.Task]
		for _, v := range []any{&res.X, &res.Z, &res.Loss, &res.Total, &res.Trace} {
			d.value(reflect.ValueOf(v).Elem())
		}
	}
	for _, im := range r.active {
		d.image(im)
	}
	if d.err == nil {
		d.err = b.Flush()
	}
	if d.err != nil {
		return d.err
	}
	return binary.Write(w, binary.LittleEndian, sum.Sum32())
}

// resume takes up the state of Hooks.Resume.
func (r *run) resume(ctx context.Context) error {
	if r.hooks.Resume == nil {
		return nil
	}
	raw, err := io.ReadAll(r.hooks.Resume)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrState, err)
	}
	fail := func(format string, args ...any) error {
		return fmt.Errorf("%w: "+format, append([]any{ErrState}, args...)...)
	}
	if len(raw) < len(stateMagic)+12 || !bytes.HasPrefix(raw, []byte(stateMagic)) {
		return fail("it is none, or of another version of the program")
	}
	body := raw[:len(raw)-4]
	if crc32.ChecksumIEEE(body) != binary.LittleEndian.Uint32(raw[len(raw)-4:]) {
		return fail("it is damaged or cut short")
	}
	l := &load{b: body[len(stateMagic):]}
	var head stateHeader
	if err := json.Unmarshal(l.take(l.long()), &head); err != nil || l.err != nil {
		return fail("its header is damaged")
	}
	if r.print, err = r.fingerprint(); err != nil {
		return err
	}
	if head.Fingerprint != r.print {
		return fail("it is of another run: other images, features, options, batch or network")
	}
	if head.Next < 0 || head.Next > len(r.tasks) || len(head.Idle)+len(head.Active) != len(r.idle) {
		return fail("its header is damaged")
	}
	for _, h := range head.Results {
		if h.Task < 0 || h.Task >= head.Next {
			return fail("its header is damaged")
		}
		res := &r.results[h.Task]
		res.Iterations, res.Evaluations, res.Reason = h.Iterations, h.Evaluations, h.Reason
		switch {
		case h.NotFinite:
			res.Err = fmt.Errorf("reconstruction of %q: %s: %w", res.Label, h.Reason, ErrNotFinite)
		case h.Err != "":
			res.Err = errors.New(h.Err)
		}
		for _, v := range []any{&res.X, &res.Z, &res.Loss, &res.Total, &res.Trace} {
			l.value(reflect.ValueOf(v).Elem())
		}
	}
	for _, a := range head.Active {
		if a.Task < 0 || a.Task >= head.Next || a.Slot < 0 || a.Slot >= r.spec.Batch {
			return fail("its header is damaged")
		}
		if err := r.setTargets(ctx, a.Slot, a.Task); err != nil {
			return err
		}
		im, err := newImage(a.Task, a.Slot, r.tasks[a.Task], r.spec, r.opt)
		if err != nil {
			return err
		}
		l.image(im)
		r.active = append(r.active, im)
	}
	if l.err != nil || len(l.b) > 0 {
		return fail("it is damaged: %v, %d bytes left over", l.err, len(l.b))
	}
	r.next, r.idle = head.Next, head.Idle
	return nil
}
