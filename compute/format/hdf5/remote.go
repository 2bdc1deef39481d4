package hdf5

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"reverie/compute/format/guard"
)

// remote is a file open in a child.
type remote struct {
	path string
	size int64
	file *os.File // for what needs no library
	p    *guard.Process

	shared *Reader // the child is its worker; nil is a child of this file only
	worker *worker
	failed atomic.Bool // the child answered an error: it is not used again
	closed atomic.Bool
}

// limitsFor bounds a child by the size of its file. It holds pieces of arrays only, but text and the
// library's own tables whole.
func limitsFor(size int64) guard.Limits {
	l := limits
	l.Memory += 2 * size
	l.CPU += time.Duration(size/(20<<20)) * time.Second
	l.Total += time.Duration(size/(1<<20)) * time.Second
	return l
}

// limits are those of an empty file.
var limits = guard.Limits{Memory: 1 << 30, CPU: 20 * time.Second, Total: 10 * time.Minute, Silence: 15 * time.Second, Wait: 5 * time.Minute}

func startRemote(ctx context.Context, path string, size int64, shared *Reader) (source, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open HDF5 file: %w", err)
	}
	r := &remote{path: path, size: size, file: file, shared: shared}
	if shared != nil {
		if r.worker, err = shared.take(); err == nil {
			r.p = r.worker.p
		}
	} else {
		r.p, err = guard.Start(ctx, role, limitsFor(size))
	}
	if err == nil {
		_, err = r.exchange(&request{Op: opOpen, Name: path, Type: int(size)}, nil)
		if err != nil {
			r.p.Close()
		}
	}
	if err != nil {
		file.Close()
		return nil, r.explain("open HDF5 file "+path, err)
	}
	return r, nil
}

func (r *remote) close() error {
	if r.closed.Swap(true) {
		return nil
	}
	r.file.Close()
	if r.shared != nil && !r.failed.Load() {
		if _, err := r.exchange(&request{Op: opClose}, nil); err == nil {
			r.shared.give(r.worker)
			return nil
		}
	}
	r.p.Close()
	return nil
}

func (r *remote) ask(req *request, alloc func(n int) []byte) (*reply, error) {
	what := fmt.Sprintf("read %s in %s", display(req.Name), r.path)
	if req.Op == opNumbers && req.Field == "" {
		lay, err := r.exchange(&request{Op: opLayout, Name: req.Name, Trust: req.Trust}, nil)
		if err != nil {
			return nil, r.explain(what, err)
		}
		if p := r.plan(req, lay); p != nil {
			if err := p.read(alloc); err != nil {
				return nil, fmt.Errorf("%s: %w", what, err)
			}
			return lay, nil
		}
	}
	rep, err := r.exchange(req, alloc)
	if err != nil {
		return nil, r.explain(what, err)
	}
	return rep, nil
}

// explain words the death of a child; what the child itself said is said already.
func (r *remote) explain(what string, err error) error {
	var dead *guard.Error
	var said *failure
	switch {
	case errors.As(err, &said):
		return err
	case errors.As(err, &dead):
		return fmt.Errorf("%s: the file is damaged in a way that stopped reading it: %w; the program itself is fine; copy or download the file again", what, err)
	case errors.Is(err, os.ErrClosed):
		return fmt.Errorf("%s: the file is closed", what)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// exchange asks the child.
func (r *remote) exchange(req *request, alloc func(n int) []byte) (rep *reply, err error) {
	defer func() {
		if err != nil {
			r.failed.Store(true)
		}
	}()
	if r.closed.Load() && req.Op != opClose {
		return nil, os.ErrClosed
	}
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(req); err != nil {
		return nil, err
	}
	d := drain{r: r, req: req, alloc: alloc}
	err = r.p.Call(b.Bytes(), func(kind byte, n int, content io.Reader) error {
		switch kind {
		case frameBegin:
			return d.begin(content)
		case framePiece:
			return d.piece(n, content)
		case frameReply:
			rep = &reply{}
			return gob.NewDecoder(content).Decode(rep)
		}
		return errGarbled
	})
	switch {
	case err != nil:
		return nil, err
	case rep == nil || req.Op == opRefPath && rep.Failure == nil && len(rep.Names) != 1:
		return nil, errGarbled
	case rep.Failure != nil:
		return nil, rep.Failure
	case alloc != nil && (!d.begun || d.left != 0):
		return nil, errGarbled
	}
	return rep, nil
}

// errGarbled is what a child says whose memory was overwritten.
var errGarbled = &guard.Error{What: "its reader answered nonsense"}

// drain puts the pieces of an array into the caller's memory.
type drain struct {
	r     *remote
	req   *request
	alloc func(n int) []byte

	begun bool
	shape []int
	dst   []byte
	size  int // bytes of a number
	left  int // bytes
}

func (d *drain) begin(content io.Reader) error {
	shape, err := readWords(content)
	if err != nil {
		return err
	}
	n := 1
	for _, v := range shape {
		if v < 0 || v > 0 && n > 1<<56/v {
			return errGarbled
		}
		n *= v
	}
	d.size = sizes[d.req.Type]
	if d.begun || d.alloc == nil || plausible(shape, n, d.size, d.r.size, d.req.Trust || d.req.ByColumns) != nil {
		return errGarbled
	}
	d.begun, d.shape = true, shape
	if n > 0 {
		d.dst = d.alloc(n)
	}
	d.left = len(d.dst)
	return nil
}

// sizes are the bytes of the kinds of numbers, in their order.
var sizes = [...]int{4, 8, 1, 2, 4, 8, 1, 2, 4, 8}

// piece reads a block into its place, run by run.
func (d *drain) piece(n int, content io.Reader) error {
	where, err := readWords(content)
	rank := len(d.shape)
	if err != nil || !d.begun || len(where) != 2*rank {
		return errGarbled
	}
	start, count := where[:rank], where[rank:]
	total := d.size
	for a, m := range d.shape {
		if count[a] < 1 || start[a] < 0 || count[a] > m || start[a] > m-count[a] {
			return errGarbled
		}
		total *= count[a]
	}
	if total != n-8-16*rank || total > d.left {
		return errGarbled
	}
	d.left -= total
	// Trailing axes that are whole make one run.
	run, axis := d.size, rank-1
	for ; axis >= 0; axis-- {
		run *= count[axis]
		if count[axis] != d.shape[axis] {
			break
		}
	}
	at := append([]int(nil), start...)
	for {
		off := 0
		for a := range rank {
			off = off*d.shape[a] + at[a]
		}
		if _, err := io.ReadFull(content, d.dst[off*d.size:][:run]); err != nil {
			return err
		}
		a := axis - 1
		for ; a >= 0; a-- {
			if at[a]++; at[a] < start[a]+count[a] {
				break
			}
			at[a] = start[a]
		}
		if a < 0 {
			return nil
		}
	}
}

// readWords decodes what words made.
func readWords(r io.Reader) ([]int, error) {
	var b [8]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint64(b[:])
	if n > 128 {
		return nil, errGarbled
	}
	out := make([]int, n)
	for i := range out {
		if _, err := io.ReadFull(r, b[:]); err != nil {
			return nil, err
		}
		out[i] = int(binary.LittleEndian.Uint64(b[:]))
	}
	return out, nil
}
