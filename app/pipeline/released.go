package pipeline

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"reverie/app/session"
	"reverie/compute/recon"
)

// Options are the choices of a run of the released code.
func (o *LabOptions) Options() (recon.Options, error) {
	if o.Method() == "" {
		return recon.Options{}, errors.New("the options do not tell which of the released functions they are for: want iter_n or maxiter")
	}
	args := map[string]any{}
	fields := o.fields()
	for _, name := range o.Keys {
		if !o.Has(name) {
			args[name] = nil
			continue
		}
		switch p := fields[name].(type) {
		case *bool:
			args[name] = *p
		case *int:
			args[name] = *p
		case *float64:
			args[name] = *p
		case *string:
			args[name] = *p
		case *[]float64:
			args[name] = *p
		case *[][2]float64:
			args[name] = *p
		default: // given, and taken up by Apply
			args[name] = true
		}
	}
	return recon.FromReleased(o.Method(), args)
}

// Behind tells whether the run went through a generator.
func (o *LabOptions) Behind() bool { return strings.Contains(o.Method(), "dgn") }

// Apply gives jobs what the options say of layers and of the first image: weights, channels, masks. Layers
// that the weights leave out count nothing.
func (o *LabOptions) Apply(m *Model, layers []string, jobs []Job) error {
	var weights []float64
	if o.Has("layer_weight") {
		for _, l := range layers {
			weights = append(weights, o.LayerWeight[l])
		}
	}
	masks := make([][]float32, len(layers))
	for i, l := range layers {
		var err error
		if c, ok := o.Channel[l]; ok {
			masks[i], err = recon.ChannelMask(m.Shape(l), c)
		}
		if a, ok := o.Mask[l]; ok {
			masks[i], err = a.mask(m, l)
		}
		if err != nil {
			return fmt.Errorf("layer %s: %w", l, err)
		}
	}
	start, err := o.start(m)
	if err != nil {
		return err
	}
	for i := range jobs {
		jobs[i].Weights = weights
		if slices.ContainsFunc(masks, func(v []float32) bool { return v != nil }) {
			jobs[i].Masks = masks
		}
		jobs[i].From = start
	}
	return nil
}

// mask is an array as a mask of a layer: of its units, or of the pixels of all channels.
func (a LabArray) mask(m *Model, layer string) ([]float32, error) {
	v := make([]float32, len(a.Data))
	for i, x := range a.Data {
		v[i] = float32(x)
	}
	s := m.Shape(layer)
	switch {
	case len(a.Shape) == 2 && s.H*s.W > 1:
		return recon.PlaneMask(s, v, a.Shape[0], a.Shape[1])
	case len(v) != s.Len():
		return nil, fmt.Errorf("its mask has shape %v, the layer %v", a.Shape, s)
	}
	return v, nil
}

// start is where the run began: an image, a latent vector or neither.
func (o *LabOptions) start(m *Model) (session.Point, error) {
	var p session.Point
	if a := o.InitialGenFeat; a != nil {
		for _, v := range a.Data {
			p.Latent = append(p.Latent, float32(v))
		}
	}
	if a := o.InitialImage; a != nil {
		in := m.Net.Input
		if len(a.Shape) != 3 || a.Shape[0] != in.H || a.Shape[1] != in.W || a.Shape[2] != 3 {
			return p, fmt.Errorf("the first image of the options has shape %v, the network takes %d×%d", a.Shape, in.H, in.W)
		}
		p.Picture = &session.Raw{W: in.W, H: in.H}
		for _, v := range a.Data {
			p.Picture.RGB = append(p.Picture.RGB, float32(v))
		}
	}
	return p, nil
}
