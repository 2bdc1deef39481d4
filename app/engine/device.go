package engine

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"reverie/app/device"
	"reverie/app/pipeline"
	"reverie/app/session"
)

// DeviceChoice adds the folder for compiled and tuned kernels, in the program's
// cache folder, to what a user chose.
func DeviceChoice(cache string, c device.Choice) device.Choice {
	if c.Cache == "" {
		c.Cache = filepath.Join(cache, "gl")
	}
	return c
}

func (e *Engine) choice(c device.Choice) device.Choice { return DeviceChoice(e.cache, c) }

// longestEnd is how long Close waits for cancelled work.
const longestEnd = 2 * time.Second

// Close frees the backend once what computes has ended. Work that does not end
// in time keeps it: the process ends anyway.
func (e *Engine) Close() error {
	e.end()
	for end := time.Now().Add(longestEnd); !e.run.TryLock(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			return nil
		}
	}
	defer e.run.Unlock()
	if b := e.Backend(); b != nil {
		return b.Close()
	}
	return nil
}

// Backend is what computes; nil before the first UseDevice of an engine opened with Later.
func (e *Engine) Backend() *device.Backend {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.be
}

// use takes a backend and gives the one before.
func (e *Engine) use(b *device.Backend) *device.Backend {
	e.mu.Lock()
	defer e.mu.Unlock()
	old := e.be
	if e.be = b; old == nil {
		close(e.ready)
	}
	return old
}

// wait waits until there is a device.
func (e *Engine) wait(ctx context.Context) error {
	select {
	case <-e.ready:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-e.life.Done():
		return context.Cause(e.life)
	}
}

// Device says what computes.
func (e *Engine) Device() string { return title(e.Backend()) }

func title(b *device.Backend) string {
	switch {
	case b == nil:
		return "Looking for a GPU…"
	case b.Name() == device.GL:
		return "GPU: " + b.Device()
	}
	return "CPU: " + b.Device()
}

// Computing tells what computes now.
func (e *Engine) Computing() session.Computing {
	b := e.Backend()
	if b == nil {
		return session.Computing{Device: title(nil)}
	}
	p := b.Plan()
	return session.Computing{Device: title(b), Why: b.Why(), Warning: b.Warning(), Failed: b.Failed(), Memory: b.Memory(),
		Plan: p.Summary, Hash: p.Hash, Used: p.Memory, Notes: b.Notes()}
}

// Devices lists what could compute. It asks every GPU and takes a moment.
func (e *Engine) Devices() []session.Device {
	var out []session.Device
	var now device.Choice
	if b := e.Backend(); b != nil {
		now = b.Choice()
	}
	for _, d := range device.List() {
		out = append(out, session.Device{Backend: d.Choice.Backend, Device: d.Choice.Device, Name: d.Name, Problem: d.Problem,
			Chosen: d.Choice.Backend == now.Backend && d.Choice.Device == now.Device})
	}
	return out
}

// errBusy tells that the device cannot be changed now.
var errBusy = errors.New("the device cannot be changed while something is computed: wait for it, or cancel it")

// UseDevice computes on another device from now on. On an error everything is as
// before; the first time, what Auto takes is used then.
func (e *Engine) UseDevice(backend, name string) error {
	e.change.Lock()
	defer e.change.Unlock()
	want := e.choice(device.Choice{Backend: backend, Device: name})
	if e.Backend() == nil { // what computes may be waiting for a device, holding run
		b, err := device.Open(e.life, want)
		if err != nil {
			err = fmt.Errorf("open the device: %w", err)
			other, e2 := device.Open(e.life, e.choice(device.Choice{}))
			if e2 != nil {
				return errors.Join(err, e2)
			}
			b = other
		}
		e.use(b)
		return err
	}
	if !e.run.TryLock() {
		return errBusy
	}
	defer e.run.Unlock()
	next, err := device.Open(e.life, want)
	if err != nil {
		return fmt.Errorf("change the device: %w", err)
	}
	return e.use(next).Close()
}

// Computed says what computed last.
func (e *Engine) Computed() pipeline.Computed {
	b := e.Backend()
	c := pipeline.Computed{Backend: b.Name(), Device: title(b)}
	if p := b.Plan(); p.Hash != "" {
		c.Plan = &pipeline.Plan{Hash: p.Hash, Summary: p.Summary, Bytes: p.Memory}
	}
	return c
}

// Provenance notes in a record what computed it, and what went wrong on the way.
func (e *Engine) Provenance(rec *pipeline.Record) { e.provenance(rec, 0) }

// provenance leaves out the first notes: those of earlier work.
func (e *Engine) provenance(rec *pipeline.Record, noted int) {
	rec.Computed = e.Computed()
	for _, n := range e.Backend().Notes()[noted:] {
		if !slices.Contains(rec.Notes, n) {
			rec.Notes = append(rec.Notes, n)
		}
	}
}
