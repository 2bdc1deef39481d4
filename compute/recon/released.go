package recon

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"reverie/compute"
)

// Released gives what a function of the released code does where nothing else is said: icnn_lbfgs, icnn_dgn_lbfgs,
// icnn_gd or icnn_dgn_gd (kamitani.md §4.2). Those with dgn are for a network behind a generator. Mean stays the
// lab's: the functions take the network's.
func Released(function string) (Options, error) {
	o := Options{
		Preset: Lab, Optimizer: Descent, Iterations: 200, Factor: 1, EqualWeights: true, NormalizeWeights: true,
		FTol: 2.220446049250313e-9, GTol: 1e-5, History: 10, MaxLineSearch: 20, Mean: mean, Start: mean, Noise: true,
		GD:     DescentOptions{Rate: Schedule{2, 1e-10}, Momentum: Schedule{0.9, 0.9}, Normalize: true},
		Latent: LatentOptions{Lower: []float64{0}, Upper: []float64{100}, Random: true},
	}
	switch function {
	case "icnn_gd":
		o.GD.Decay, o.GD.Blur = Schedule{0.2, 1e-10}, Schedule{2, 0.5}
	case "icnn_dgn_gd":
		o.GD.Decay = Schedule{0.01, 0.01}
	case "icnn_lbfgs", "icnn_dgn_lbfgs":
		o.Optimizer, o.Iterations = LBFGS, 500
	default:
		return Options{}, fmt.Errorf("reconstruction: the released code has no function %q: icnn_lbfgs, icnn_dgn_lbfgs, icnn_gd, icnn_dgn_gd", function)
	}
	return o, nil
}

// FromReleased gives the options of a call of such a function with arguments, under the names of the released code.
// A value is a bool, an int, int64 or float64, a string, a []float64 (feat_lower_bound, feat_upper_bound) or a
// [][2]float64 (gen_feat_bounds); nil is None. What belongs to a Task, to displays and to files is passed over: of
// layer_weight, initial_image and initial_gen_feat it counts whether they are given, of channel and mask nothing.
// A name that the function does not take is an error.
func FromReleased(function string, arguments map[string]any) (Options, error) {
	o, err := Released(function)
	if err != nil {
		return Options{}, err
	}
	c := call{latent: strings.Contains(function, "dgn"), arguments: arguments, options: &o, taken: map[string]bool{}}
	c.read()
	for name := range arguments {
		if !c.taken[name] && !slices.Contains(passedOver, name) {
			c.errs = append(c.errs, fmt.Errorf("%s takes no option %.100q", function, name))
		}
	}
	if err := errors.Join(c.errs...); err != nil {
		return Options{}, fmt.Errorf("options of the released code: %w", err)
	}
	return o, o.check()
}

// passedOver are the names that say nothing about a course.
var passedOver = []string{
	"channel", "mask", "input_layer_gen", "output_layer_gen", "disp", "disp_every", "save_intermediate",
	"save_intermediate_every", "save_intermediate_path", "save_intermediate_ext", "save_intermediate_postprocess", "return_gen_feat",
}

// call is one call of a released function.
type call struct {
	latent    bool
	arguments map[string]any
	options   *Options
	taken     map[string]bool
	errs      []error
}

func (c *call) read() {
	o := c.options
	given := func(name string) bool {
		c.taken[name] = true
		return c.arguments[name] != nil
	}
	loss := "l2"
	get(c, "loss_type", &loss, asString)
	if i := slices.Index(compute.Losses, loss); i >= 0 {
		o.Loss = compute.Loss(i)
	} else {
		c.errs = append(c.errs, fmt.Errorf("loss_type is %.40q, want one of %v", loss, compute.Losses))
	}
	if given("layer_weight") { // taken as they are
		o.EqualWeights, o.NormalizeWeights = false, false
	}
	if c.latent {
		o.Latent.Random = !given("initial_gen_feat")
	} else {
		o.Noise = !given("initial_image")
	}
	if o.Optimizer == LBFGS {
		get(c, "maxiter", &o.Iterations, asInt)
		if c.latent {
			c.pairs("gen_feat_bounds")
		}
		return
	}
	get(c, "iter_n", &o.Iterations, asInt)
	c.schedule("lr", &o.GD.Rate)
	c.schedule("momentum", &o.GD.Momentum)
	c.schedule("decay", &o.GD.Decay)
	if c.latent {
		c.bound("feat_lower_bound", &o.Latent.Lower)
		c.bound("feat_upper_bound", &o.Latent.Upper)
		return
	}
	get(c, "grad_normalize", &o.GD.Normalize, asBool)
	jitter, size := false, 32
	get(c, "image_jitter", &jitter, asBool)
	if get(c, "jitter_size", &size, asInt); jitter {
		o.GD.Jitter = size
	}
	blur := true
	c.schedule("sigma", &o.GD.Blur)
	if get(c, "image_blur", &blur, asBool); !blur {
		o.GD.Blur = Schedule{}
	}
	c.penalty("use_p_norm_reg", "p", "lamda", 3, &o.GD.PNorm)
	c.penalty("use_TV_norm_reg", "TVbeta", "TVlamda", 2, &o.GD.TV)
	c.clip("clip_extreme", "e_pct", 1, &o.GD.ClipExtreme)
	c.clip("clip_small_norm", "n_pct", 5, &o.GD.ClipSmallNorm)
	c.clip("clip_small_contribution", "c_pct", 5, &o.GD.ClipSmallGain)
}

// get sets what an argument of this name says, where there is one.
func get[T any](c *call, name string, to *T, as func(any) (T, bool)) {
	c.taken[name] = true
	v := c.arguments[name]
	if v == nil {
		return
	}
	x, ok := as(v)
	if !ok {
		c.errs = append(c.errs, fmt.Errorf("%s is of type %T, want %T", name, v, *to))
		return
	}
	*to = x
}

func asBool(v any) (bool, bool)     { b, ok := v.(bool); return b, ok }
func asString(v any) (string, bool) { s, ok := v.(string); return s, ok }

func asInt(v any) (int, bool) {
	f, ok := asFloat(v)
	return int(f), ok && f == float64(int(f))
}

func asFloat(v any) (float64, bool) {
	switch x := v.(type) {
	case int:
		return float64(x), true
	case int64:
		return float64(x), true
	case float64:
		return x, true
	}
	return 0, false
}

func asFloats(v any) ([]float64, bool) {
	if x, ok := asFloat(v); ok {
		return []float64{x}, true
	}
	x, ok := v.([]float64)
	return slices.Clone(x), ok
}

func (c *call) schedule(name string, s *Schedule) {
	get(c, name+"_start", &s.From, asFloat)
	get(c, name+"_end", &s.To, asFloat)
}

func (c *call) penalty(use, order, weight string, p float64, r *Regulariser) {
	on, v := false, Regulariser{p, Schedule{0.5, 0.5}}
	get(c, use, &on, asBool)
	get(c, order, &v.Order, asFloat)
	if c.schedule(weight, &v.Weight); on {
		*r = v
	}
}

func (c *call) clip(use, percent string, p float64, to *Clip) {
	on, v := false, Clip{4, Schedule{p, p}}
	get(c, use, &on, asBool)
	get(c, use+"_every", &v.Every, asInt)
	if c.schedule(percent, &v.Percent); on {
		*to = v
	}
}

// bound is one of descent's; None is no bound.
func (c *call) bound(name string, b *[]float64) {
	if v, there := c.arguments[name]; there && v == nil {
		*b = nil
	}
	get(c, name, b, asFloats)
}

// pairs are the bounds of L-BFGS, one pair a unit.
func (c *call) pairs(name string) {
	var p [][2]float64
	get(c, name, &p, func(v any) ([][2]float64, bool) { p, ok := v.([][2]float64); return p, ok })
	if len(p) == 0 {
		return
	}
	l := &c.options.Latent
	l.Lower, l.Upper = make([]float64, len(p)), make([]float64, len(p))
	for i, b := range p {
		l.Lower[i], l.Upper[i] = b[0], b[1]
	}
}
