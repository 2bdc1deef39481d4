package vm

import (
	"fmt"
	"math"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"reverie/app/session"
	"reverie/compute/recon"
)

// RunsKept is how many runs stay to look back at; the oldest that is not shown goes first.
const RunsKept = 6

// Title says in a few words what a run is, its number first.
func (r *Run) Title(number int) string {
	how := "pixels"
	if r.Plan.Prior != "" {
		how = "prior"
	}
	what := "L-BFGS"
	if r.Plan.Options.Optimizer == recon.Descent {
		what = "descent"
	}
	s := fmt.Sprintf("%d · %s · %s, %s · %s", number, from(r.Plan), how, what, LayersText(r.Plan.Layers))
	if len(r.Plan.From) > 0 {
		s += fmt.Sprintf(" · from %d", r.Plan.From[0].Iteration)
	}
	if c, n := r.Score(); n > 0 {
		s += fmt.Sprintf(" · r %.2f", c)
	}
	return s
}

func from(p session.Plan) string {
	switch p.Source {
	case session.True:
		return "stimulus"
	case session.Stored:
		return "stored"
	}
	return p.ROI
}

// LayersText names layers in short: DNN1–4 where they are whole groups in a row.
func LayersText(layers []string) string {
	g := Groups(layers)
	if len(g) == 0 {
		return "no layer"
	}
	if len(layers) == 1 {
		return layers[0]
	}
	if len(g) == 1 {
		return g[0].Name
	}
	return g[0].Name + "–" + strings.TrimPrefix(g[len(g)-1].Name, "DNN")
}

// Score is the mean pixel correlation over the finished images that have an original.
func (r *Run) Score() (mean float64, n int) {
	for i := range r.Plan.Stimuli {
		if o, ok := r.Outcome(i); ok && !math.IsNaN(o.Correlation) && o.Picture != nil {
			mean += o.Correlation
			n++
		}
	}
	return mean / float64(max(n, 1)), n
}

// Took is how long the run took so far.
func (r *Run) Took() time.Duration { return r.Progress().Elapsed }

// PlanDifferences lists what differs between two runs, as "learning rate: 2 to 0 and 1 to 0".
func PlanDifferences(a, b session.Plan) []string {
	var out []string
	say := func(name, x, y string) {
		if x != y {
			out = append(out, fmt.Sprintf("%s: %s and %s", name, or(x), or(y)))
		}
	}
	say("features", string(a.Source), string(b.Source))
	say("region", a.ROI, b.ROI)
	say("layers", LayersText(a.Layers), LayersText(b.Layers))
	say("prior", filepath.Base(a.Prior), filepath.Base(b.Prior))
	say("decoders", filepath.Base(a.Decoders), filepath.Base(b.Decoders))
	say("preset", string(a.Options.Preset), string(b.Options.Preset))
	for _, f := range fields {
		say(strings.ToLower(f.Name[:1])+f.Name[1:], f.get(a.Options), f.get(b.Options))
	}
	if len(a.From) != len(b.From) || len(a.From) > 0 && a.From[0].Iteration != b.From[0].Iteration {
		out = append(out, "where they started")
	}
	return out
}

func or(s string) string {
	if s == "" || s == "." {
		return "none"
	}
	return s
}

// SameStimuli tells that two runs are of the same images.
func SameStimuli(a, b session.Plan) bool {
	return slices.EqualFunc(a.Stimuli, b.Stimuli, func(x, y session.Stimulus) bool { return reflect.DeepEqual(x, y) })
}
