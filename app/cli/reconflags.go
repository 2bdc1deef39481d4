package cli

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"reverie/app/engine"
	"reverie/app/job"
	"reverie/app/pipeline"
	"reverie/app/session"
	"reverie/compute"
	"reverie/compute/brain"
	"reverie/compute/nn"
	"reverie/compute/recon"
)

// reconChoice is what the command line says of how to reconstruct. What it does not say is the preset's.
type reconChoice struct {
	fs       *flag.FlagSet
	preset   *string
	prior    *string
	bounds   *string
	start    *string // a picture's path, or one of the words
	released *string
	lab      *pipeline.LabOptions // of released, once read
	set      map[string]func(o *recon.Options, value string) error
}

// reconFlags defines the flags that every command that reconstructs shares.
func reconFlags(fs *flag.FlagSet, prior string) *reconChoice {
	c := &reconChoice{fs: fs, set: map[string]func(*recon.Options, string) error{}}
	c.preset = fs.String("preset", "paper", "`preset`: paper or lab")
	c.prior = fs.String("prior", prior, "image `prior`: none, auto (as the paper: for natural images from brain activity, where there is a generator), built-in, a generator's file or its name in reverie models")
	c.bounds = fs.String("bounds", "", "`file` with the upper bounds of the generator's input; the one among the models by default")
	c.released = fs.String("released", "", "options of a released run, its options.pkl `file`; other options change single ones")
	c.start = fs.String("start", "", "first image: mean, noise or a picture's `file`; with a prior zeros or random")
	c.text("optimizer", "`lbfgs` or gd (gradient descent with momentum); the preset's: lbfgs for pixels, gd with a prior", func(o *recon.Options, s string) error {
		o.Optimizer = recon.Optimizer(s)
		if o.Optimizer != recon.LBFGS && o.Optimizer != recon.Descent {
			return fmt.Errorf("%q is neither %s nor %s", s, recon.LBFGS, recon.Descent)
		}
		return nil
	})
	c.text("iterations", "how `many`; the preset's 200", func(o *recon.Options, s string) (err error) {
		o.Iterations, err = strconv.Atoi(s)
		return err
	})
	c.text("loss", "`loss`: l2, l1, inner or gram", func(o *recon.Options, s string) error {
		i := slices.Index(compute.Losses, s)
		if i < 0 {
			return fmt.Errorf("%q is none of %v", s, compute.Losses)
		}
		o.Loss = compute.Loss(i)
		return nil
	})
	c.schedules()
	c.stabilisers()
	c.number("factor", "`factor` before the weighted sum: 0.5 in the paper, 1 in the code", func(o *recon.Options) *float64 { return &o.Factor })
	c.number("ftol", "L-BFGS ends when the loss falls by less than this `part`", func(o *recon.Options) *float64 { return &o.FTol })
	c.number("gtol", "L-BFGS ends when no component of the gradient is larger than `this`", func(o *recon.Options) *float64 { return &o.GTol })
	c.text("seed", "`seed` of noise, jitter and random latent vectors", func(o *recon.Options, s string) (err error) {
		o.Seed, err = strconv.ParseUint(s, 0, 64)
		return err
	})
	return c
}

func (c *reconChoice) schedules() {
	c.schedule("rate", "learning `rate` of gd, as 2 or from:to, 2:0", func(o *recon.Options) *recon.Schedule { return &o.GD.Rate })
	c.schedule("momentum", "`momentum` of gd", func(o *recon.Options) *recon.Schedule { return &o.GD.Momentum })
	c.schedule("decay", "by which `part` gd takes the variables back in each iteration, 0.2:0", func(o *recon.Options) *recon.Schedule { return &o.GD.Decay })
	c.schedule("blur", "Gaussian `sigma` in pixels after each step of gd, 2:0.5", func(o *recon.Options) *recon.Schedule { return &o.GD.Blur })
	c.text("gradient", "`normalized` by its mean absolute value, as the code does, or literal", func(o *recon.Options, s string) error {
		o.GD.Normalize = s == "normalized"
		if s != "normalized" && s != "literal" {
			return fmt.Errorf("%q is neither normalized nor literal", s)
		}
		return nil
	})
}

func (c *reconChoice) stabilisers() {
	c.text("jitter", "shift the image by up to so many `pixels` in each iteration of gd", func(o *recon.Options, s string) (err error) {
		o.GD.Jitter, err = strconv.Atoi(s)
		return err
	})
	for name, at := range map[string]func(*recon.Options) *recon.Regulariser{
		"p-norm":          func(o *recon.Options) *recon.Regulariser { return &o.GD.PNorm },
		"total-variation": func(o *recon.Options) *recon.Regulariser { return &o.GD.TV },
	} {
		c.text(name, "penalty on the image, as `order:weight` or order:from:to", func(o *recon.Options, s string) error {
			v, err := numbers(s, 2, 3)
			if err == nil {
				*at(o) = recon.Regulariser{Order: v[0], Weight: recon.Schedule{From: v[1], To: v[len(v)-1]}}
			}
			return err
		})
	}
	for name, at := range map[string]func(*recon.Options) *recon.Clip{
		"clip-extreme":    func(o *recon.Options) *recon.Clip { return &o.GD.ClipExtreme },
		"clip-small-norm": func(o *recon.Options) *recon.Clip { return &o.GD.ClipSmallNorm },
		"clip-small-gain": func(o *recon.Options) *recon.Clip { return &o.GD.ClipSmallGain },
	} {
		c.text(name, "set pixels back, as `every:percent` or every:from:to, 4:1", func(o *recon.Options, s string) error {
			v, err := numbers(s, 2, 3)
			if err == nil {
				*at(o) = recon.Clip{Every: int(v[0]), Percent: recon.Schedule{From: v[1], To: v[len(v)-1]}}
			}
			return err
		})
	}
}

// text defines a flag that changes the options where it is given.
func (c *reconChoice) text(name, usage string, apply func(*recon.Options, string) error) {
	c.fs.String(name, "", usage)
	c.set[name] = apply
}

func (c *reconChoice) number(name, usage string, at func(*recon.Options) *float64) {
	c.text(name, usage, func(o *recon.Options, s string) (err error) {
		*at(o), err = strconv.ParseFloat(s, 64)
		return err
	})
}

func (c *reconChoice) schedule(name, usage string, at func(*recon.Options) *recon.Schedule) {
	c.text(name, usage, func(o *recon.Options, s string) error {
		v, err := numbers(s, 1, 2)
		if err == nil {
			*at(o) = recon.Schedule{From: v[0], To: v[len(v)-1]}
		}
		return err
	})
}

// numbers reads numbers between colons.
func numbers(s string, least, most int) ([]float64, error) {
	parts := strings.Split(s, ":")
	if len(parts) < least || len(parts) > most {
		return nil, fmt.Errorf("%q: want %d to %d numbers with colons between them", s, least, most)
	}
	var out []float64
	for _, p := range parts {
		v, err := strconv.ParseFloat(p, 64)
		if err != nil {
			return nil, fmt.Errorf("%q is no number", p)
		}
		out = append(out, v)
	}
	return out, nil
}

// options are the preset's, for pixels or for a generator, with what the command line says.
func (c *reconChoice) options(prior bool) (recon.Options, error) {
	o, err := recon.DefaultsFor(recon.Preset(*c.preset), prior)
	if err != nil {
		return o, usage("%v", err)
	}
	if *c.released != "" {
		if c.lab, err = pipeline.ReadLabOptions(*c.released); err != nil {
			return o, err
		}
		if o, err = c.lab.Options(); err != nil {
			return o, fmt.Errorf("%s: %w", *c.released, err)
		}
		switch behind := c.lab.Behind(); {
		case behind && !prior:
			return o, usage("--released: %s went through a generator: choose one with --prior", c.lab.Method())
		case !behind && prior:
			return o, usage("--released: %s went without a generator: add --prior none", c.lab.Method())
		}
	}
	c.fs.Visit(func(f *flag.Flag) {
		apply := c.set[f.Name]
		if apply == nil || err != nil {
			return
		}
		if e := apply(&o, f.Value.String()); e != nil {
			err = usage("--%s: %v", f.Name, e)
		}
	})
	if err != nil {
		return o, err
	}
	switch *c.start {
	case "noise":
		o.Noise = true
	case "random":
		o.Latent.Random = true
	case "zeros", "mean":
		o.Noise, o.Latent.Random = false, false
	}
	return o, nil
}

// generator opens the prior that the command line asks for; nil is none. Where it leaves that to the
// preset, natural images decoded from activity have the first of those there are, as in the paper.
func (c *reconChoice) generator(ctx context.Context, eng *engine.Engine, decodedOf string, meter *job.Meter) (*pipeline.Prior, error) {
	id, list := *c.prior, eng.Priors()
	switch {
	case id == "auto" && decodedOf == string(brain.NaturalTest) && len(list) > 0:
		id = list[0].ID
	case id == "none", id == "", id == "auto":
		if *c.bounds != "" {
			return nil, usage("--bounds is for a generator: choose one with --prior")
		}
		return nil, nil
	case id == "built-in":
		if len(list) == 0 {
			return nil, usage("no generator for %s: give a file with --prior, or add one with reverie models add", eng.Model().Net.Name)
		}
		id = list[0].ID
	}
	return eng.Prior(ctx, id, *c.bounds, meter)
}

// startAt gives jobs the first image of the command line, where it is a picture.
func (c *reconChoice) startAt(m *pipeline.Model, prior *pipeline.Prior, layers []string, jobs []pipeline.Job) error {
	if c.lab != nil {
		if err := c.lab.Apply(m, layers, jobs); err != nil {
			return fmt.Errorf("%s: %w", *c.released, err)
		}
	}
	if slices.Contains([]string{"", "mean", "noise", "zeros", "random"}, *c.start) {
		return nil
	}
	if prior != nil {
		return usage("--start with a picture is for pixels; with a prior zeros or random")
	}
	img, err := m.Picture(*c.start)
	if err != nil {
		return err
	}
	for i := range jobs {
		jobs[i].From.Picture = session.RawOf(img)
	}
	return nil
}

// maskJobs leaves the chosen channels of some layers; the other layers take part whole.
func maskJobs(m *pipeline.Model, text string, layers []string, jobs []pipeline.Job) error {
	if text == "" {
		return nil
	}
	chosen, err := pipeline.Channels(text, func(l string) (nn.Shape, bool) { return m.Shape(l), slices.Contains(layers, l) })
	if err != nil {
		return usage("--%v", err)
	}
	masks := make([][]float32, len(layers))
	for i, l := range layers {
		if c := chosen[l]; c != nil {
			if masks[i], err = recon.ChannelMask(m.Shape(l), c); err != nil {
				return usage("--channels: %v", err)
			}
		}
	}
	for i := range jobs {
		jobs[i].Masks = masks
	}
	return nil
}
