package engine

import (
	"errors"
	"fmt"
	"path/filepath"

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

// Close frees the backend.
func (e *Engine) Close() error { return e.Backend().Close() }

// Backend and Model are what the commands compute with.
func (e *Engine) Backend() *device.Backend {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.be
}

// Model is the network with its weights.
func (e *Engine) Model() *pipeline.Model { return e.model }

// Device says what computes.
func (e *Engine) Device() string { return title(e.Backend()) }

func title(b *device.Backend) string {
	kind := "CPU: "
	if b.Name() == device.GL {
		kind = "GPU: "
	}
	return kind + b.Device()
}

// Computing tells what computes now.
func (e *Engine) Computing() session.Computing {
	b := e.Backend()
	p := b.Plan()
	return session.Computing{Device: title(b), Why: b.Why(), Memory: b.Memory(), Plan: p.Summary, Hash: p.Hash, Used: p.Memory, Notes: b.Notes()}
}

// Devices lists what could compute. It asks every GPU and takes a moment.
func (e *Engine) Devices() []session.Device {
	var out []session.Device
	now := e.Backend().Choice()
	for _, d := range device.List() {
		out = append(out, session.Device{Backend: d.Choice.Backend, Device: d.Choice.Device, Name: d.Name, Problem: d.Problem,
			Chosen: d.Choice.Backend == now.Backend && d.Choice.Device == now.Device})
	}
	return out
}

// errBusy tells that the device cannot be changed now.
var errBusy = errors.New("the device cannot be changed while something is computed: wait for it, or cancel it")

// UseDevice computes on another device from now on; on an error everything is as before.
func (e *Engine) UseDevice(backend, name string) error {
	if !e.run.TryLock() {
		return errBusy
	}
	defer e.run.Unlock()
	next, err := device.Open(e.choice(device.Choice{Backend: backend, Device: name}))
	if err != nil {
		return fmt.Errorf("change the device: %w", err)
	}
	old := e.Backend()
	e.mu.Lock()
	e.be = next
	e.mu.Unlock()
	return old.Close()
}

// Provenance notes in a record what computed it.
func (e *Engine) Provenance(rec *pipeline.Record) {
	b := e.Backend()
	rec.Backend, rec.Device = b.Name(), title(b)
	if p := b.Plan(); p.Hash != "" {
		rec.Plan = &pipeline.Plan{Hash: p.Hash, Summary: p.Summary, Bytes: p.Memory}
	}
	rec.Notes = append(rec.Notes, b.Notes()...)
}
