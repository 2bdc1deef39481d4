package engine

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"reverie/app/job"
	"reverie/app/models"
	"reverie/app/pipeline"
	"reverie/app/session"
	"reverie/compute/weights"
)

// Priors lists the generators for the network in use: the built-in one of the
// demo's network; of others those of the user's models, that of relu7 first.
func (e *Engine) Priors() []session.Network {
	m := e.Model()
	if p := pipeline.BuiltInPrior(m); p != nil {
		return []session.Network{{ID: p.ID(), Name: p.Name, Note: p.Note}}
	}
	list, err := e.store.Entries()
	if err != nil {
		return nil
	}
	var out []session.Network
	for _, role := range []models.Role{models.GeneratorRelu7, models.GeneratorRelu6, models.GeneratorPool5} {
		for _, entry := range list {
			if entry.Role == role {
				out = append(out, session.Network{ID: entry.Path, Name: entry.Name(), Note: entry.About})
			}
		}
	}
	return out
}

// Prior is prior for those who save.
func (e *Engine) Prior(ctx context.Context, id, bounds string, meter *job.Meter) (*pipeline.Prior, error) {
	e.one.Lock()
	defer e.one.Unlock()
	return e.prior(ctx, id, bounds, meter)
}

// prior gives a generator by its ID, a path, or what a name means in the list of models; nil for "".
// bounds is a file with the bounds of its input; "" looks in the list. The latest stays in memory.
func (e *Engine) prior(ctx context.Context, id, bounds string, meter *job.Meter) (*pipeline.Prior, error) {
	if id == "" {
		return nil, nil
	}
	if p := pipeline.BuiltInPrior(e.Model()); p != nil && p.ID() == id {
		return p, nil
	}
	if p := e.generator; p != nil && p.ID() == id && bounds == "" {
		return p, nil
	}
	path, role := id, models.Role("")
	if m, err := e.store.Find(id); err == nil {
		path, role = m.Path, m.Role
		if !slices.Contains([]models.Role{models.GeneratorRelu7, models.GeneratorRelu6, models.GeneratorPool5}, role) {
			return nil, fmt.Errorf("%s is no generator: %s", m.Path, role.Name())
		}
	} else if _, err := os.Stat(id); err != nil {
		return nil, fmt.Errorf("no prior %q: it is neither built in for %s, nor a model file, nor one that reverie models lists", id, e.Model().Net.Name)
	}
	if bounds == "" {
		bounds = e.bounds(role)
	}
	p, err := pipeline.OpenPrior(ctx, path, bounds, func(done, total int64) { meter.Step("read the generator", int(done>>20), int(total>>20)) })
	if err == nil {
		e.generator = p
	}
	return p, err
}

// bounds is the remembered file with the bounds of a generator's input; "" without one.
func (e *Engine) bounds(role models.Role) string {
	list, err := e.store.Entries()
	if err != nil {
		return ""
	}
	best := ""
	for _, m := range list {
		if m.Role != models.Bounds {
			continue
		}
		b, err := weights.ReadBounds(m.Path)
		if err != nil || !slices.Contains(b.Layers, strings.TrimPrefix(string(role), "generator-")) {
			continue
		}
		if best == "" || len(b.Layers) == 1 { // relu7 and relu6 have as many units: a name that tells goes first
			best = m.Path
		}
	}
	return best
}
