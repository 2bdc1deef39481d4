package vm

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"reverie/compute"
	"reverie/compute/recon"
)

// ReconForm holds every choice of a reconstruction as the window shows it. What
// is not changed follows the preset, for pixels or with a prior.
type ReconForm struct {
	Preset recon.Preset
	Prior  bool
	set    map[string]string // by the field's name, of what was changed
}

// NewReconForm starts with the paper's choices.
func NewReconForm() *ReconForm { return &ReconForm{Preset: recon.Paper, set: map[string]string{}} }

// Field is one choice.
type Field struct {
	Group, Name string
	Hint        string   // unit and form of the value
	Choices     []string // of a list; nil of a text
	get         func(o recon.Options) string
	put         func(o *recon.Options, s string) error
	// applies gives why the field has no effect now; "" where it has.
	applies func(o recon.Options, prior bool) string
}

// Fields are all choices in order. The optimiser and the iterations stand elsewhere in the panel too.
func Fields() []Field { return slices.Clone(fields) }

// The words of optimisers.
const (
	WordLBFGS   = "L-BFGS"
	WordDescent = "Gradient descent"
)

const (
	groupGeneral = "Optimiser"
	groupLBFGS   = "L-BFGS"
	groupGD      = "Gradient descent"
	groupSteady  = "Stabilisers of gradient descent"
	groupStart   = "Start"
)

func onlyLBFGS(o recon.Options, _ bool) string {
	if o.Optimizer == recon.Descent {
		return "of L-BFGS"
	}
	return ""
}

func onlyDescent(o recon.Options, _ bool) string {
	if o.Optimizer != recon.Descent {
		return "of gradient descent"
	}
	return ""
}

func onlySteady(o recon.Options, prior bool) string {
	if prior {
		return "for pixels, not with a prior"
	}
	return onlyDescent(o, prior)
}

func onlyPixels(_ recon.Options, prior bool) string {
	if prior {
		return "for pixels, not with a prior"
	}
	return ""
}

func onlyPrior(_ recon.Options, prior bool) string {
	if !prior {
		return "with a prior"
	}
	return ""
}

func always(recon.Options, bool) string { return "" }

var fields = []Field{
	choice(groupGeneral, "Optimiser", []string{WordLBFGS, WordDescent}, always,
		func(o *recon.Options) int { return map[bool]int{true: 1}[o.Optimizer == recon.Descent] },
		func(o *recon.Options, i int) { o.Optimizer = []recon.Optimizer{recon.LBFGS, recon.Descent}[i] }),
	number(groupGeneral, "Iterations", "", always, func(o recon.Options) float64 { return float64(o.Iterations) },
		func(o *recon.Options, v float64) error { return whole32(v, 1, 100000, &o.Iterations) }),
	choice(groupGeneral, "Loss", compute.Losses, always, func(o *recon.Options) int { return int(o.Loss) },
		func(o *recon.Options, i int) { o.Loss = compute.Loss(i) }),
	float(groupGeneral, "Factor of the loss", "½ in the paper", always, func(o *recon.Options) *float64 { return &o.Factor }),
	choice(groupGeneral, "Weights of layers", []string{"1/‖target‖²", "their sum made 1"}, always,
		func(o *recon.Options) int { return map[bool]int{true: 1}[o.NormalizeWeights] },
		func(o *recon.Options, i int) { o.NormalizeWeights = i == 1 }),

	float(groupLBFGS, "Least fall of the loss", "ftol, 0 is none", onlyLBFGS, func(o *recon.Options) *float64 { return &o.FTol }),
	float(groupLBFGS, "Least gradient", "gtol, 0 is none", onlyLBFGS, func(o *recon.Options) *float64 { return &o.GTol }),
	number(groupLBFGS, "Correction pairs", "", onlyLBFGS, func(o recon.Options) float64 { return float64(o.History) },
		func(o *recon.Options, v float64) error { return whole32(v, 1, 100, &o.History) }),
	float(groupLBFGS, "First step", "grey levels, 0 is SciPy's", onlyLBFGS, func(o *recon.Options) *float64 { return &o.FirstStep }),

	schedule(groupGD, "Learning rate", "2 to 0", onlyDescent, func(o *recon.Options) *recon.Schedule { return &o.GD.Rate }),
	schedule(groupGD, "Momentum", "0.9", onlyDescent, func(o *recon.Options) *recon.Schedule { return &o.GD.Momentum }),
	schedule(groupGD, "Decay", "part taken back each time", onlyDescent, func(o *recon.Options) *recon.Schedule { return &o.GD.Decay }),
	choice(groupGD, "Gradient", []string{"divided by its mean size", "literal"}, onlyDescent,
		func(o *recon.Options) int { return map[bool]int{true: 1}[!o.GD.Normalize] },
		func(o *recon.Options, i int) { o.GD.Normalize = i == 0 }),
	choice(groupGD, "Rate multiplies", []string{"the gradient (paper)", "the momentum (code)"}, onlyDescent,
		func(o *recon.Options) int { return map[bool]int{true: 1}[!o.GD.RateInside] },
		func(o *recon.Options, i int) { o.GD.RateInside = i == 0 }),

	schedule(groupSteady, "Blur", "sigma in pixels, 2 to 0.5; 0 is off", onlySteady, func(o *recon.Options) *recon.Schedule { return &o.GD.Blur }),
	number(groupSteady, "Jitter", "pixels, 0 is off", onlySteady, func(o recon.Options) float64 { return float64(o.GD.Jitter) },
		func(o *recon.Options, v float64) error { return whole32(v, 0, 112, &o.GD.Jitter) }),
	regular("p-norm", func(o *recon.Options) *recon.Regulariser { return &o.GD.PNorm }),
	regular("Total variation", func(o *recon.Options) *recon.Regulariser { return &o.GD.TV }),
	clip("Clip extreme values", func(o *recon.Options) *recon.Clip { return &o.GD.ClipExtreme }),
	clip("Clip small pixels", func(o *recon.Options) *recon.Clip { return &o.GD.ClipSmallNorm }),
	clip("Clip small contributions", func(o *recon.Options) *recon.Clip { return &o.GD.ClipSmallGain }),

	choice(groupStart, "First image", []string{"mean colour", "noise"}, onlyPixels,
		func(o *recon.Options) int { return map[bool]int{true: 1}[o.Noise] },
		func(o *recon.Options, i int) { o.Noise = i == 1 }),
	float(groupStart, "Dither", "grey levels", onlyPixels, func(o *recon.Options) *float64 { return &o.Dither }),
	choice(groupStart, "First latent vector", []string{"zeros", "random"}, onlyPrior,
		func(o *recon.Options) int { return map[bool]int{true: 1}[o.Latent.Random] },
		func(o *recon.Options, i int) { o.Latent.Random = i == 1 }),
	number(groupStart, "Seed", "of what is random", always, func(o recon.Options) float64 { return float64(o.Seed) },
		func(o *recon.Options, v float64) error {
			var n int
			err := whole32(v, 0, 1<<31, &n)
			o.Seed = uint64(n)
			return err
		}),
}

// Options are the preset's with the changes, or what is wrong with one of them: the field's name and why.
func (f *ReconForm) Options() (recon.Options, error) {
	o := f.preset()
	for _, d := range fields {
		if s, ok := f.set[d.Name]; ok {
			if err := d.put(&o, s); err != nil {
				return o, fmt.Errorf("%s: %w", d.Name, err)
			}
		}
	}
	return o, nil
}

func (f *ReconForm) preset() recon.Options {
	o, err := recon.DefaultsFor(f.Preset, f.Prior)
	if err != nil {
		panic(err) // Preset is one of two
	}
	return o
}

// current is Options as far as they are right.
func (f *ReconForm) current() recon.Options {
	o := f.preset()
	for _, d := range fields {
		if s, ok := f.set[d.Name]; ok {
			_ = d.put(&o, s) // told by Set
		}
	}
	return o
}

// Value is what a field shows.
func (f *ReconForm) Value(d Field) string {
	if s, ok := f.set[d.Name]; ok {
		return s
	}
	return d.get(f.preset())
}

// Set changes a field; the preset's own value takes the change back. A wrong value stays, with its error.
func (f *ReconForm) Set(d Field, s string) error {
	o := f.preset()
	err := d.put(&o, s)
	if err == nil && d.get(o) == d.get(f.preset()) {
		delete(f.set, d.Name)
		return nil
	}
	f.set[d.Name] = s
	return err
}

// ValueOf is Value by name.
func (f *ReconForm) ValueOf(name string) string {
	return f.Value(fields[slices.IndexFunc(fields, func(d Field) bool { return d.Name == name })])
}

// SetNamed is Set by name.
func (f *ReconForm) SetNamed(name, s string) error {
	i := slices.IndexFunc(fields, func(d Field) bool { return d.Name == name })
	return f.Set(fields[i], s)
}

// Changed tells that a field departs from the preset.
func (f *ReconForm) Changed(d Field) bool { _, ok := f.set[d.Name]; return ok }

// Why tells why a field has no effect now; "" where it has.
func (f *ReconForm) Why(d Field) string { return d.applies(f.current(), f.Prior) }

// Reset takes the changes of a group back, or all where it is "".
func (f *ReconForm) Reset(group string) {
	for _, d := range fields {
		if group == "" || d.Group == group {
			delete(f.set, d.Name)
		}
	}
}

// Changes counts the fields that depart from the preset.
func (f *ReconForm) Changes() int { return len(f.set) }

func choice(group, name string, choices []string, applies func(recon.Options, bool) string, get func(*recon.Options) int, put func(*recon.Options, int)) Field {
	return Field{Group: group, Name: name, Choices: choices, applies: applies,
		get: func(o recon.Options) string { return choices[get(&o)] },
		put: func(o *recon.Options, s string) error {
			i := slices.Index(choices, s)
			if i < 0 {
				return fmt.Errorf("want one of %s", strings.Join(choices, ", "))
			}
			put(o, i)
			return nil
		}}
}

func number(group, name, hint string, applies func(recon.Options, bool) string, get func(recon.Options) float64, put func(*recon.Options, float64) error) Field {
	return Field{Group: group, Name: name, Hint: hint, applies: applies,
		get: func(o recon.Options) string { return trim(get(o)) },
		put: func(o *recon.Options, s string) error {
			v, err := parse(s)
			if err != nil {
				return err
			}
			return put(o, v)
		}}
}

func float(group, name, hint string, applies func(recon.Options, bool) string, at func(*recon.Options) *float64) Field {
	return number(group, name, hint, applies, func(o recon.Options) float64 { return *at(&o) }, func(o *recon.Options, v float64) error {
		if v < 0 {
			return errors.New("want 0 or more")
		}
		*at(o) = v
		return nil
	})
}

// schedule is written as 2 to 0, or as one number where it stays.
func schedule(group, name, hint string, applies func(recon.Options, bool) string, at func(*recon.Options) *recon.Schedule) Field {
	return Field{Group: group, Name: name, Hint: hint, applies: applies,
		get: func(o recon.Options) string { return course(*at(&o)) },
		put: func(o *recon.Options, s string) (err error) {
			*at(o), err = parseCourse(s)
			return err
		}}
}

func course(s recon.Schedule) string {
	if s.From == s.To {
		return trim(s.From)
	}
	return trim(s.From) + " to " + trim(s.To)
}

func parseCourse(s string) (recon.Schedule, error) {
	a, b, two := strings.Cut(strings.NewReplacer("->", ":", "→", ":", "to", ":").Replace(s), ":")
	if !two {
		b = a
	}
	from, err := parse(a)
	if err != nil {
		return recon.Schedule{}, err
	}
	to, err := parse(b)
	if err == nil && (from < 0 || to < 0) {
		err = errors.New("want 0 or more")
	}
	return recon.Schedule{From: from, To: to}, err
}

// regular is written as order, weight.
func regular(name string, at func(*recon.Options) *recon.Regulariser) Field {
	return Field{Group: groupSteady, Name: name, Hint: "order, weight; off", applies: onlySteady,
		get: func(o recon.Options) string {
			if r := at(&o); r.Weight != (recon.Schedule{}) {
				return trim(r.Order) + ", " + course(r.Weight)
			}
			return "off"
		},
		put: func(o *recon.Options, s string) error {
			order, weight, on, err := pair(s)
			*at(o) = recon.Regulariser{Order: order, Weight: weight}
			if err == nil && on && order < 1 {
				err = errors.New("want an order of 1 or more")
			}
			return err
		}}
}

// clip is written as every, percent.
func clip(name string, at func(*recon.Options) *recon.Clip) Field {
	return Field{Group: groupSteady, Name: name, Hint: "every, percent; off", applies: onlySteady,
		get: func(o recon.Options) string {
			if c := at(&o); c.Every > 0 {
				return fmt.Sprintf("%d, %s", c.Every, course(c.Percent))
			}
			return "off"
		},
		put: func(o *recon.Options, s string) error {
			every, percent, on, err := pair(s)
			*at(o) = recon.Clip{}
			if err != nil || !on {
				return err
			}
			at(o).Percent = percent
			if percent.From > 100 || percent.To > 100 {
				return errors.New("want at most 100 percent")
			}
			return whole32(every, 1, 100000, &at(o).Every)
		}}
}

func pair(s string) (float64, recon.Schedule, bool, error) {
	if s = strings.TrimSpace(s); s == "" || s == "off" || s == "0" {
		return 0, recon.Schedule{}, false, nil
	}
	a, b, ok := strings.Cut(s, ",")
	if !ok {
		return 0, recon.Schedule{}, false, errors.New("want two numbers with a comma, or off")
	}
	first, err := parse(a)
	if err != nil {
		return 0, recon.Schedule{}, false, err
	}
	second, err := parseCourse(b)
	return first, second, true, err
}

func parse(s string) (float64, error) {
	v, err := strconv.ParseFloat(strings.ReplaceAll(strings.TrimSpace(s), ",", "."), 64)
	if err != nil || v-v != 0 {
		return 0, fmt.Errorf("%q is no number", strings.TrimSpace(s))
	}
	return v, nil
}

func trim(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

func whole32(v, low, high float64, to *int) error {
	if v != float64(int(v)) || v < low || v > high {
		return fmt.Errorf("want a whole number from %s to %s", trim(low), trim(high))
	}
	*to = int(v)
	return nil
}
