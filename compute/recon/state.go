package recon

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"unsafe"
)

// ErrState marks a state that does not fit a run, or is damaged.
var ErrState = errors.New("the checkpoint cannot be used")

// fingerprint is of what must be the same for a run to go on. Features that are loaded later are compared then.
func (r *run) fingerprint() string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %+v %q %d %v %+v %d\n", r.hooks.Identity, *r.spec.Net, r.spec.Layers, r.spec.Batch, r.spec.Loss, r.opt, len(r.tasks))
	for _, t := range r.tasks {
		fmt.Fprintf(h, "%q %d %v %d %d %t\n", t.Label, t.StartIteration, t.Weights, len(t.Targets), len(t.Masks), t.Load != nil)
		hashSlice(h, t.Start)
		for _, v := range slices.Concat(t.Targets, t.Masks) {
			hashSlice(h, v)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// hashSlice adds the length and the memory of v: the same bytes on one kind of machine, which is all that a
// state serves.
func hashSlice(h hash.Hash, v []float32) {
	fmt.Fprintln(h, len(v))
	h.Write(unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), 4*len(v)))
}

// targetsHash is of features that were loaded.
func targetsHash(values [][]float32) string {
	h := sha256.New()
	for _, v := range values {
		hashSlice(h, v)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (r *run) checkpoint() error {
	if r.hooks.Checkpoint == nil {
		return nil
	}
	return r.hooks.Checkpoint(r.save)
}

// save writes the run as it stands between two rounds.
func (r *run) save(w io.Writer) error {
	if r.print == "" {
		r.print = r.fingerprint()
	}
	a := &archive{}
	r.archive(a)
	b := bufio.NewWriterSize(w, 1<<20)
	if err := a.write(b); err != nil {
		return fmt.Errorf("write the checkpoint: %w", err)
	}
	return b.Flush()
}

// archive walks the run; when it reads, active images are set up as new ones before they are filled.
func (r *run) archive(a *archive) {
	slots, active := len(r.idle)+len(r.active), len(r.active)
	print := r.print
	if a.text(&print); a.err == nil && print != r.print {
		a.fail("it is of another run: other images, features, options, batch or network")
	}
	a.int(&r.next, 0, len(r.tasks), "the next image")
	a.int(&active, 0, slots, "the number of images at work")
	if a.err != nil {
		return
	}
	if a.reading {
		r.active, r.idle = make([]*image, active), make([]int, slots-active)
	}
	free := make([]bool, slots) // slots not yet named
	for i := range free {
		free[i] = true
	}
	slot := func(v *int) {
		a.int(v, 0, slots-1, "a slot")
		if a.err == nil && !free[*v] {
			a.fail("slot %d comes twice", *v)
		}
		free[*v] = false
	}
	for i := range r.idle {
		slot(&r.idle[i])
	}
	task := 0 // the least that may follow
	for i := range r.active {
		if a.reading {
			r.active[i] = &image{}
		}
		im := r.active[i]
		a.int(&im.task, task, r.next-1, "an image at work")
		slot(&im.slot)
		a.text(&im.targets)
		task = im.task + 1
	}
	for i := 0; i < r.next && a.err == nil; i++ {
		if !slices.ContainsFunc(r.active, func(im *image) bool { return im.task == i }) {
			r.results[i].archive(a, fmt.Sprintf("result%d", i), len(r.spec.Layers), r.units, r.spec.Net.Picture().Len())
		}
	}
	for i := range r.active {
		if a.reading && a.err == nil {
			old := r.active[i]
			im, err := newImage(old.task, old.slot, r.tasks[old.task], r.spec, r.opt)
			if err != nil {
				a.err = err
				return
			}
			im.targets = old.targets
			r.active[i] = im
		}
		if a.err == nil {
			r.active[i].archive(a, fmt.Sprintf("image%d", r.active[i].task))
		}
	}
	if a.reading && a.err == nil && len(a.numbers)+len(a.texts) > 0 {
		a.fail("%d numbers and %d texts are left over", len(a.numbers), len(a.texts))
	}
}

// archive walks what became of a task; units are those of the variables.
func (res *Result) archive(a *archive, prefix string, layers, units, pixels int) {
	a.int(&res.Iterations, 0, maxTrace, "the iterations")
	a.int(&res.Evaluations, 0, maxTrace, "the evaluations")
	a.text(&res.Reason)
	message, notFinite := "", errors.Is(res.Err, ErrNotFinite)
	if res.Err != nil {
		message = res.Err.Error()
	}
	a.text(&message)
	a.bool(&notFinite)
	if a.reading && message != "" {
		res.Err = &storedError{message, notFinite}
	}
	a.float(&res.Total)
	a.series(prefix+"/trace", &res.Trace, maxTrace)
	hasLoss, hasX, hasZ := res.Loss != nil, res.X != nil, res.Z != nil
	for _, b := range [...]*bool{&hasLoss, &hasX, &hasZ} {
		a.bool(b)
	}
	if a.err != nil {
		return
	}
	if a.reading && hasLoss {
		res.Loss = make([]float64, layers)
	}
	if a.reading && hasX {
		res.X = make([]float32, pixels)
	}
	if a.reading && hasZ {
		res.Z = make([]float32, units)
	}
	if hasLoss {
		a.doubles(prefix+"/loss", res.Loss)
	}
	if hasX {
		a.singles(prefix+"/x", res.X)
	}
	if hasZ {
		a.singles(prefix+"/z", res.Z)
	}
}

// storedError is a Result's error that was read from a state.
type storedError struct {
	message   string
	notFinite bool
}

func (e *storedError) Error() string        { return e.message }
func (e *storedError) Is(target error) bool { return e.notFinite && target == ErrNotFinite }

// resume takes up the state of Hooks.Resume.
func (r *run) resume(ctx context.Context) error {
	if r.hooks.Resume == nil {
		return nil
	}
	at, size, err := readerAt(r.hooks.Resume)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrState, err)
	}
	a, err := openArchive(at, size)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrState, err)
	}
	r.print = r.fingerprint()
	if r.archive(a); a.err != nil {
		return fmt.Errorf("%w: %w", ErrState, a.err)
	}
	for _, im := range r.active {
		hash, err := r.setTargets(ctx, im.slot, im.task)
		if err != nil {
			return err
		}
		if hash != im.targets {
			return fmt.Errorf("%w: the features of %q are others than then", ErrState, r.tasks[im.task].Label)
		}
	}
	return nil
}

// readerAt is r itself where it is a file or bytes; else all of it is read.
func readerAt(r io.Reader) (io.ReaderAt, int64, error) {
	if f, ok := r.(interface {
		io.ReaderAt
		io.Seeker
	}); ok {
		size, err := f.Seek(0, io.SeekEnd)
		return f, size, err
	}
	raw, err := io.ReadAll(r)
	return bytes.NewReader(raw), int64(len(raw)), err
}
