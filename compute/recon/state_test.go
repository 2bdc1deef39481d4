package recon

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"reverie/compute"
	"reverie/compute/cpu"
)

// stateRuns are the modes with everything that a state must hold.
var stateRuns = []string{"pixel lbfgs", "latent lbfgs", "pixel gd", "latent gd random", "gd everything", "gd masks"}

// stateRun is a small run of five images in two slots.
func stateRun(t *testing.T, b compute.Backend, m modeRun, targets map[string][]float32) (compute.Program, []Task, Options) {
	t.Helper()
	plain, joined := modeNets(t)
	spec, opt := plain, m.options(t)
	if m.Latent {
		spec = joined
	}
	spec.Layers, spec.Batch, opt.Iterations = m.Layers, 2, 6
	if opt.Optimizer == LBFGS { // long enough for the oldest pairs to go
		opt.Iterations, opt.History = 11, 4
	}
	p, err := b.Compile(spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	var tasks []Task
	for i := range 5 {
		task := modeTask(t, m, spec, targets)
		task.Label = fmt.Sprint("image ", i)
		for l := range task.Targets {
			task.Targets[l] = slices.Clone(task.Targets[l])
			task.Targets[l][0] += float32(i)
		}
		switch values := task.Targets; i {
		case 1: // loaded when its turn has come
			task.Targets, task.Load = nil, func(context.Context) ([][]float32, error) { return values, nil }
		case 2: // begins later, so that images end at different times
			task.StartIteration = 3
		case 3: // cannot be had
			task.Targets, task.Load = nil, func(context.Context) ([][]float32, error) { return nil, errors.New("no such file") }
		}
		tasks = append(tasks, task)
	}
	return p, tasks, opt
}

func sameResult(t *testing.T, what string, a, b Result) {
	t.Helper()
	message := func(err error) string { return fmt.Sprint(err, errors.Is(err, ErrNotFinite)) }
	if !slices.Equal(a.X, b.X) || !slices.Equal(a.Z, b.Z) || !slices.Equal(a.Loss, b.Loss) || !slices.Equal(a.Trace, b.Trace) || a.Total != b.Total ||
		a.Iterations != b.Iterations || a.Evaluations != b.Evaluations || a.Reason != b.Reason || message(a.Err) != message(b.Err) || a.Label != b.Label {
		t.Fatalf("%s: %q differs: %d and %d evaluations, %q and %q, total %g and %g", what, a.Label, a.Evaluations, b.Evaluations, a.Reason, b.Reason, a.Total, b.Total)
	}
}

// A run that goes on from any of its states ends in the same bits, frames and all.
func TestResumeFromEveryRound(t *testing.T) {
	b, err := cpu.Open(cpu.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	file, targets := readModes(t), modeTargets(t, b)
	for _, name := range stateRuns {
		t.Run(name, func(t *testing.T) {
			p, tasks, opt := stateRun(t, b, file.run(t, name), targets)
			type frame struct {
				task, iteration int
				total           float64
				sum             float32
			}
			var frames, done []frame
			var states [][]byte
			var framesAt []int
			observe := func(to *[]frame) func(Frame) {
				return func(f Frame) {
					s := f.X[7] + f.X[len(f.X)-1]
					if f.Z != nil {
						s += f.Z[3]
					}
					*to = append(*to, frame{f.Task, f.Iteration, f.Total, s})
				}
			}
			whole, err := Run(t.Context(), p, tasks, opt, Hooks{Observe: observe(&frames), Checkpoint: func(save func(io.Writer) error) error {
				var w bytes.Buffer
				err := save(&w)
				states, framesAt = append(states, w.Bytes()), append(framesAt, len(frames))
				return err
			}, Done: func(task int, r *Result) { done = append(done, frame{task: task}) }})
			if err != nil {
				t.Fatal(err)
			}
			if len(done) != len(tasks) || whole[3].Err == nil || whole[0].X == nil {
				t.Fatalf("%d of %d done, %v", len(done), len(tasks), whole[3].Err)
			}
			for k, s := range states {
				var rest []frame
				got, err := Run(t.Context(), p, tasks, opt, Hooks{Observe: observe(&rest), Resume: bytes.NewReader(s)})
				if err != nil {
					t.Fatalf("round %d: %v", k, err)
				}
				for i := range got {
					sameResult(t, fmt.Sprintf("from round %d", k), got[i], whole[i])
				}
				if !slices.Equal(rest, frames[framesAt[k]:]) {
					t.Fatalf("from round %d: %d frames, want %d, or others", k, len(rest), len(frames)-framesAt[k])
				}
			}
			mid := states[len(states)/2]
			t.Logf("%d rounds; a state of %d bytes", len(states), len(mid))
			refuseStates(t, p, tasks, opt, mid)
		})
	}
}

// refuseStates gives a run states that are damaged or of other runs.
func refuseStates(t *testing.T, p compute.Program, tasks []Task, opt Options, state []byte) {
	t.Helper()
	refuse := func(what, want string, tasks []Task, opt Options, state io.Reader, id string) {
		t.Helper()
		_, err := Run(t.Context(), p, tasks, opt, Hooks{Resume: state, Identity: id})
		if !errors.Is(err, ErrState) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", what, err, want)
		}
	}
	for _, n := range []int{0, 1, 100, len(state) / 2, len(state) - 1} {
		refuse(fmt.Sprintf("%d bytes", n), "", tasks, opt, bytes.NewReader(state[:n]), "")
	}
	for i := 0; i < len(state); i += len(state)/50 + 1 {
		bad := slices.Clone(state)
		bad[i] ^= 4
		refuse(fmt.Sprintf("a bit of byte %d", i), "", tasks, opt, bytes.NewReader(bad), "")
	}
	other := opt
	other.Iterations++
	refuse("other options", "another run", tasks, other, bytes.NewReader(state), "")
	refuse("another backend", "another run", tasks, opt, io.MultiReader(bytes.NewReader(state)), "gl")
	fewer := slices.Clone(tasks)
	fewer[0].Targets = slices.Clone(fewer[0].Targets)
	fewer[0].Targets[0] = slices.Clone(fewer[0].Targets[0])
	fewer[0].Targets[0][5]++
	refuse("other features", "another run", fewer, opt, bytes.NewReader(state), "")
	first, err := firstState(t, p, tasks, opt)
	if err != nil {
		t.Fatal(err)
	}
	loaded := slices.Clone(tasks)
	values, _ := tasks[1].Load(t.Context())
	values = slices.Clone(values)
	values[0] = slices.Clone(values[0])
	values[0][0]++
	loaded[1].Load = func(context.Context) ([][]float32, error) { return values, nil }
	refuse("other loaded features", "features of \"image 1\"", loaded, opt, bytes.NewReader(first), "")
}

func firstState(t *testing.T, p compute.Program, tasks []Task, opt Options) ([]byte, error) {
	stop := errors.New("enough")
	var w bytes.Buffer
	_, err := Run(t.Context(), p, tasks, opt, Hooks{Checkpoint: func(save func(io.Writer) error) error {
		if err := save(&w); err != nil {
			return err
		}
		return stop
	}})
	if !errors.Is(err, stop) {
		return nil, fmt.Errorf("want the error of the hook, got %v", err)
	}
	return w.Bytes(), nil
}

// Results that failed, and images that were let go, come out of a state as they went in.
func TestResumeKeepsFailures(t *testing.T) {
	f := newFake(t, 1)
	f.spoil = func(call, slot int, l []float64, g []float32) {
		if call == 9 {
			l[0] = math.Inf(1)
		}
	}
	tasks := []Task{task(t, f, 0), task(t, f, 1)}
	opt := defaults(t, Paper)
	opt.Iterations = 20
	var last []byte
	hooks := Hooks{
		Checkpoint: func(save func(io.Writer) error) error {
			var w bytes.Buffer
			defer func() { last = w.Bytes() }()
			return save(&w)
		},
		Done: func(task int, r *Result) {
			if task == 0 {
				r.X = nil
			}
		},
	}
	whole, err := Run(t.Context(), f, tasks, opt, hooks)
	if err != nil {
		t.Fatal(err)
	}
	calls := f.calls.Load()
	got, err := Run(t.Context(), f, tasks, opt, Hooks{Resume: bytes.NewReader(last)})
	if err != nil || f.calls.Load() != calls {
		t.Fatalf("%v; %d evaluations after the end", err, f.calls.Load()-calls)
	}
	for i := range got {
		sameResult(t, "after the end", got[i], whole[i])
	}
	if !errors.Is(got[0].Err, ErrNotFinite) || got[0].X != nil || got[1].X == nil {
		t.Errorf("error %v, X %v", got[0].Err, got[0].X)
	}
}

// FuzzResume feeds states with a true checksum: whatever they say, Run ends without a panic.
func FuzzResume(f *testing.F) {
	run := func(t testing.TB, opt Options, hooks Hooks) error {
		p := newFake(t, 2)
		tasks := []Task{task(t, p, 0), task(t, p, 1), task(t, p, 2)}
		_, err := Run(context.Background(), p, tasks, opt, hooks)
		return err
	}
	lbfgs, _ := Defaults(Paper)
	lbfgs.Iterations = 5
	gd := lbfgs
	gd.Optimizer, gd.GD.Jitter, gd.GD.Blur = Descent, 2, Schedule{1, 0.5}
	for i, opt := range []Options{lbfgs, gd} {
		if err := run(f, opt, Hooks{Checkpoint: func(save func(io.Writer) error) error {
			var w bytes.Buffer
			defer func() { f.Add(w.Bytes(), i == 1) }()
			return save(&w)
		}}); err != nil {
			f.Fatal(err)
		}
	}
	f.Fuzz(func(t *testing.T, state []byte, descent bool) {
		if len(state) > checksumSize {
			sum := crc32.ChecksumIEEE(state[:len(state)-checksumSize])
			binary.LittleEndian.PutUint64(state[len(state)-checksumSize:], uint64(sum))
		}
		opt := lbfgs
		if descent {
			opt = gd
		}
		_ = run(t, opt, Hooks{Resume: bytes.NewReader(state)})
	})
}

// BenchmarkState writes the state of one image at work by L-BFGS at the demo's size, all pairs there.
func BenchmarkState(b *testing.B) {
	n := 3 * 128 * 128
	o, err := NewLBFGSB(make([]float64, n), nil, nil, LBFGSBOptions{MaxIterations: 200})
	if err != nil {
		b.Fatal(err)
	}
	g := make([]float64, n)
	for o.Iterations() < 12 {
		f := 0.0
		for i, x := range o.X() {
			d := x - float64(i%7)
			f += d * d * float64(1+i%5)
			g[i] = 2 * d * float64(1+i%5)
		}
		if o.Tell(f, g) != Running {
			break
		}
	}
	for b.Loop() {
		a := &archive{}
		o.archive(a, "x")
		var size countWriter
		if err := a.write(&size); err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(size))
		b.ReportMetric(float64(size)/float64(n), "bytes/variable")
	}
}

type countWriter int

func (c *countWriter) Write(b []byte) (int, error) { *c += countWriter(len(b)); return len(b), nil }
