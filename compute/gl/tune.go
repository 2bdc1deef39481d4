package gl

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"

	"reverie/compute"
	"reverie/compute/gl/plan"
	"reverie/compute/nn"
	"reverie/shaders"
)

// Tuned is what tuning found for one convolution.
type Tuned struct {
	Shape    plan.Conv
	Choice   plan.Choice
	Seconds  float64 // of the choice
	Before   float64 // seconds of the way taken without tuning
	Error    float64 // relative, against the simplest kernel
	Tried    int
	Rejected []string // faster ways whose error was over the gate
}

// gates are the largest relative errors of a tuned kernel against the simplest:
// what rounding makes of it, with room for long sums.
type gates struct{ direct, winograd float64 }

var usualGates = gates{direct: 1e-5, winograd: 2e-5}

// Tune measures the ways to compute each convolution of a spec on this device and
// keeps the fastest that is right, for the programs compiled from now on and, in
// the folder Options.Cache, for later. Each shape is kept as it is found: a
// cancelled run loses only the shape at work. progress may be nil.
func (b *Backend) Tune(ctx context.Context, spec compute.Spec, progress func(done, total int, t Tuned)) ([]Tuned, error) {
	layers, err := compute.CheckSpec(spec)
	if err != nil {
		return nil, err
	}
	p, err := plan.Build(spec, layers, b.Profile(), b.lim)
	if err != nil {
		return nil, fmt.Errorf("gl: tune %s: %w", spec.Net.Name, err)
	}
	seen := map[string]bool{}
	var shapes []plan.Conv
	for _, c := range p.Choices {
		if !seen[c.Shape.String()] {
			seen[c.Shape.String()] = true
			shapes = append(shapes, c.Shape)
		}
	}
	var out []Tuned
	for i, c := range shapes {
		var t Tuned
		var failed error
		if err := b.call(ctx, func() {
			if t, failed = b.tune(ctx, c); failed == nil {
				b.keep(c, t.Choice)
				failed = b.saveTuned()
			}
		}); err != nil {
			return out, err
		}
		if failed != nil {
			return out, fmt.Errorf("gl: tune %s: %w", c, failed)
		}
		out = append(out, t)
		if progress != nil {
			progress(i+1, len(shapes), t)
		}
	}
	return out, nil
}

// tune tries tiles first and then, of the best tile of each kind, the variants.
func (b *Backend) tune(ctx context.Context, c plan.Conv) (Tuned, error) {
	type timed struct {
		plan.Choice
		seconds float64
	}
	var all []timed
	tried := map[plan.Choice]float64{}
	try := func(ch plan.Choice) error {
		if _, ok := tried[ch]; ok {
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		s, err := b.measure(ctx, c, ch)
		if b.lost != nil || ctx.Err() != nil {
			return err
		}
		if err != nil {
			s = math.Inf(1) // this driver does not take it; the others may do
		}
		tried[ch] = s
		all = append(all, timed{ch, s})
		return nil
	}
	static := b.Profile()
	static.Tuned = nil
	before := static.Choose(c, b.lim)
	if err := try(before); err != nil {
		return Tuned{}, err
	}
	candidates := c.Candidates(b.lim, b.opt.Exact, static.Texel, !static.Texel)
	for _, ch := range candidates {
		if ch.Split == 1 && ch.Texel == static.Texel {
			if err := try(ch); err != nil {
				return Tuned{}, err
			}
		}
	}
	for _, winograd := range []bool{false, true} {
		best := timed{seconds: math.Inf(1)}
		for _, t := range all {
			if t.Winograd == winograd && t.seconds < best.seconds {
				best = t
			}
		}
		for _, ch := range candidates {
			if ch.Winograd == winograd && ch.Tile == best.Tile {
				if err := try(ch); err != nil {
					return Tuned{}, err
				}
			}
		}
	}
	slices.SortStableFunc(all, func(x, y timed) int {
		switch {
		case x.seconds < y.seconds:
			return -1
		case x.seconds > y.seconds:
			return 1
		}
		return 0
	})
	t := Tuned{Shape: c, Before: tried[before], Tried: len(all)}
	want, err := b.sample(ctx, c, plan.Simplest())
	if err != nil {
		return t, err
	}
	for _, a := range all {
		if math.IsInf(a.seconds, 1) {
			break
		}
		got, err := b.sample(ctx, c, a.Choice)
		if err != nil {
			return t, err
		}
		gate := b.gates.direct
		if a.Winograd {
			gate = b.gates.winograd
		}
		if t.Error = difference(got, want); t.Error <= gate {
			t.Choice, t.Seconds = a.Choice, a.seconds
			return t, nil
		}
		t.Rejected = append(t.Rejected, fmt.Sprintf("%s: error %.1e", a.Choice, t.Error))
	}
	return t, fmt.Errorf("none of %d ways is right on this driver: %v", len(all), t.Rejected)
}

// alone is the plan of one convolution done one way.
func (b *Backend) alone(c plan.Conv, ch plan.Choice) (plan.Single, *plan.Plan, error) {
	s := plan.Single{
		Op:   nn.Op{Kind: nn.Conv, Name: "layer", In: c.In, Out: c.Out},
		Conv: c.Kind, Images: c.Images, Forward: !c.Back, Backward: c.Back,
	}
	profile := b.Profile()
	profile.Tuned = map[string]plan.Choice{c.String(): ch}
	p, err := s.Plan(profile, b.lim)
	return s, p, err
}

// measure gives the device's time for a convolution, on whatever the buffers hold: the shortest of a few.
func (b *Backend) measure(ctx context.Context, c plan.Conv, ch plan.Choice) (float64, error) {
	_, p, err := b.alone(c, ch)
	if err != nil {
		return 0, err
	}
	e, err := b.newExec(p, nil, 0)
	if err != nil {
		return 0, err
	}
	defer e.close()
	groups := p.Forward
	if c.Back {
		groups = p.Backward[1 : len(p.Backward)-1] // without the ways in and out
	}
	l, err := e.list(first(c.Images), b.getRate(), groups)
	if err != nil {
		return 0, err
	}
	if _, err := e.time(l, 0, len(l.commands)); err != nil { // drivers finish compiling now
		return 0, err
	}
	best, total := math.Inf(1), 0.0
	for n := 0; n < 3 || total < 0.01 && n < 20; n++ {
		s, err := e.time(l, 0, len(l.commands))
		if err != nil {
			return 0, err
		}
		best, total = min(best, s), total+s
		if total > 1 || ctx.Err() != nil {
			break
		}
	}
	return best, nil
}

// sample computes a convolution of seeded values.
func (b *Backend) sample(ctx context.Context, c plan.Conv, ch plan.Choice) ([]float32, error) {
	s, p, err := b.alone(c, ch)
	if err != nil {
		return nil, err
	}
	taps, in, out := 9, c.In.Len(), c.Out.Len()
	if c.Kind == plan.Deconv4 {
		taps = 16
	}
	r := rand.New(rand.NewPCG(7, 7))
	fill := func(n int) []float32 {
		v := make([]float32, n)
		for i := range v {
			v[i] = float32(r.NormFloat64())
		}
		return v
	}
	w := nn.Weights{s.Op.Name: {W: fill(c.In.C * c.Out.C * taps), B: fill(c.Out.C)}}
	e, err := b.newExec(p, w, p.Tensors[p.Output].Bytes)
	if err != nil {
		return nil, err
	}
	defer e.close()
	if c.Back {
		d := make([]float32, c.Images*in)
		return d, e.pass(ctx, c.Images, fill(c.Images*out), d, p.Backward)
	}
	y := make([]float32, c.Images*out)
	return y, e.pass(ctx, c.Images, fill(c.Images*in), y, p.Load, p.Forward, p.Extract[0])
}

// difference is ‖got − want‖ / ‖want‖.
func difference(got, want []float32) float64 {
	var d, n float64
	for i, w := range want {
		e := float64(got[i]) - float64(w)
		d, n = d+e*e, n+float64(w)*float64(w)
	}
	return math.Sqrt(d / n)
}

// keep adds a choice; the map is replaced, as plans may be made from the old one.
func (b *Backend) keep(c plan.Conv, ch plan.Choice) {
	b.mu.Lock()
	defer b.mu.Unlock()
	next := map[string]plan.Choice{c.String(): ch}
	for k, v := range b.profile.Tuned {
		if _, ok := next[k]; !ok {
			next[k] = v
		}
	}
	b.profile.Tuned = next
}

// tunedFile is where this GPU's choices are kept with this driver and these shaders.
func (b *Backend) tunedFile() string {
	if b.opt.Cache == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(b.info.Vendor + "\n" + b.info.Name + "\n" + b.info.Version + "\n" + shaders.Hash()))
	return filepath.Join(b.opt.Cache, "tuned", hex.EncodeToString(sum[:12])+".json")
}

type tunedJSON struct {
	Device, Driver string
	Choices        map[string]plan.Choice
}

// loadTuned gives the kept choices; a file that cannot be read is as if there were none.
func (b *Backend) loadTuned() map[string]plan.Choice {
	data, err := os.ReadFile(b.tunedFile())
	var f tunedJSON
	if err != nil || json.Unmarshal(data, &f) != nil {
		return nil
	}
	return f.Choices
}

func (b *Backend) saveTuned() error {
	if b.tunedFile() == "" {
		return nil
	}
	data, err := json.MarshalIndent(tunedJSON{Device: b.info.Name, Driver: b.info.Version, Choices: b.Profile().Tuned}, "", "\t")
	if err != nil {
		return err
	}
	return writeFile(b.tunedFile(), append(data, '\n'))
}
