package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"reverie/app/job"
	"reverie/app/models"
	"reverie/app/pipeline"
	"reverie/app/session"
)

// Network names the network and its layers in forward order.
func (e *Engine) Network() (string, []string) {
	m := e.Model()
	return m.Net.Name, m.Net.Layers()
}

// Model is the network with its weights.
func (e *Engine) Model() *pipeline.Model { return e.model.Load() }

// Models is the list of the user's model files.
func (e *Engine) Models() *models.Store { return e.store }

// Networks lists the networks built in and those remembered.
func (e *Engine) Networks() []session.Network {
	now := e.Model()
	out := []session.Network{{ID: "demo", Name: "Demo network", Note: "VGG19's topology at 1/8 of the width, 128×128, trained on drawn scenes and photographs of things"},
		{ID: "vgg19-seeded", Name: "VGG19, seeded", Note: "full size, seeded random weights, not trained"}}
	if list, err := e.store.Entries(); err == nil {
		for _, m := range list {
			if m.Role == models.VGG19 {
				out = append(out, session.Network{ID: m.Path, Name: m.Name(), Note: m.About})
			}
		}
	}
	for _, n := range out[:len(out):len(out)] {
		n.ID, n.Name = n.ID+pipeline.ImageryVariant, n.Name+", imagery variant"
		n.Note = "average pooling and leaky ReLU, as for imagery in the paper; " + n.Note
		out = append(out, n)
	}
	for i := range out {
		out[i].InUse = out[i].ID == now.ID()
	}
	return out
}

// errComputing tells that the network cannot be changed now.
var errComputing = errors.New("the network cannot be changed while something is computed: wait for it, or cancel it")

// UseNetwork computes with another network from now on: one of Networks or a
// file. On an error everything is as before.
func (e *Engine) UseNetwork(ctx context.Context, id string, report job.Reporter) error {
	meter := job.NewMeter(report)
	m, err := openModel(ctx, e.store, id, func(done, total int64) { meter.Step("read the model", int(done>>20), int(total>>20)) })
	if err != nil {
		return err
	}
	if !e.run.TryLock() {
		return errComputing
	}
	defer e.run.Unlock()
	e.model.Store(m)
	return nil
}

// openModel opens a built-in network, a file, or what a name means in the list
// of models: a role such as vgg19, a file name, the beginning of a SHA-256.
func openModel(ctx context.Context, store *models.Store, name string, progress models.Progress) (*pipeline.Model, error) {
	name, variant := strings.CutSuffix(name, pipeline.ImageryVariant)
	open := func() (*pipeline.Model, error) {
		if variant {
			return pipeline.OpenModel(ctx, name+pipeline.ImageryVariant, progress)
		}
		return pipeline.OpenModel(ctx, name, progress)
	}
	if name == "" || slices.Contains(pipeline.Models, name) {
		return open()
	}
	if _, err := os.Stat(name); err != nil {
		m, err := store.Find(name)
		if err != nil {
			return nil, fmt.Errorf("no network %q: it is neither one of %v, nor a model file, nor one that reverie models lists", name, pipeline.Models)
		}
		if m.Role != models.VGG19 {
			return nil, fmt.Errorf("%s is no network to reconstruct with: %s", m.Path, m.Role.Name())
		}
		name = m.Path
	}
	return open()
}
