package gl

import (
	"context"
	"fmt"

	"reverie/compute"
	"reverie/compute/gl/plan"
)

func (p *program) SetTarget(slot, layer int, target compute.Target) error {
	if p.closed {
		return compute.ErrClosed
	}
	if err := compute.CheckTarget(p.spec, p.units, slot, layer, target); err != nil {
		return err
	}
	if !p.spec.Gradient {
		return nil // features alone have no use for it
	}
	var failed error
	err := p.b.call(context.Background(), func() { failed = p.setTarget(slot, layer, target) })
	if err == nil {
		err = failed
	}
	if err == nil {
		p.weight[layer][slot] = target.Weight
	}
	return err
}

func (p *program) setTarget(slot, layer int, target compute.Target) error {
	if target.Mask != nil && p.plan.Masks == nil {
		if err := p.addMasks(); err != nil {
			return fmt.Errorf("gl: masks for %s: %w", p.spec.Net.Name, err)
		}
	}
	if p.plan.Masks != nil {
		p.pad(layer, target.Mask)
		t := p.plan.Masks[layer]
		p.exec.upload(t, int64(slot)*p.plan.Tensors[t].Image, p.padded[layer])
	}
	values := target.Values
	if p.spec.Loss == compute.Gram && target.Mask != nil { // the loss is of masked values on both sides
		p.product = append(p.product[:0], values...)
		for i, m := range target.Mask {
			p.product[i] *= m
		}
		values = p.product
	}
	p.pad(layer, values)
	t := p.plan.Targets[layer]
	at := int64(slot) * p.plan.Tensors[t].Image
	if p.plan.Aim[layer] == nil {
		p.exec.upload(t, at, p.padded[layer])
		return p.b.check()
	}
	// The target's products are made where the image's are: of equal values, equal bits.
	p.exec.upload(p.plan.States[layer], 0, p.padded[layer])
	l, err := p.exec.list(p.first[:1], p.b.getRate(), p.plan.Aim[layer])
	if err != nil {
		return err
	}
	if err := p.exec.run(context.Background(), l); err != nil {
		return err
	}
	p.exec.move(p.plan.Matrices[layer], t, at, p.plan.Tensors[t].Image)
	return p.exec.settle()
}

// pad lays values out as the device has them; nil is 1 everywhere.
func (p *program) pad(layer int, values []float32) {
	l := p.plan.Tensors[p.plan.States[layer]].Layout
	if values != nil {
		l.Scatter(p.padded[layer], values)
		return
	}
	l.Fill(p.padded[layer], 1)
}

// addMasks goes over to the plan with masks, all of them 1.
func (p *program) addMasks() error {
	pl, err := plan.Masked(p.spec, p.layers, p.profile, p.b.lim)
	if err != nil {
		return err
	}
	if err := p.exec.extend(pl, p.room); err != nil {
		return err
	}
	p.take(pl)
	return nil
}

// Picture is kept from the latest evaluation, of which backward leaves nothing else.
func (p *program) Picture(i int, dst []float32) error {
	if p.closed {
		return compute.ErrClosed
	}
	if err := compute.CheckPicture(p.spec, p.made, i, dst); err != nil {
		return err
	}
	var failed error
	err := p.b.call(context.Background(), func() {
		at := int64(i) * p.plan.Tensors[p.plan.Picture].Image
		p.exec.stage(p.plan.Picture, at, 0, int64(4*len(dst)))
		if failed = p.exec.settle(); failed == nil {
			p.exec.fetch(p.plan.Picture, at, 0, dst)
		}
	})
	if err != nil {
		return err
	}
	return failed
}
