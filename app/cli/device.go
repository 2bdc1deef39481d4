package cli

import (
	"context"
	"errors"
	"flag"

	"reverie/app/device"
	"reverie/app/engine"
	"reverie/compute"
)

// deviceFlags adds the options that say what computes. Every command that
// computes has them.
func deviceFlags(fs *flag.FlagSet) *device.Choice {
	c := new(device.Choice)
	fs.StringVar(&c.Backend, "backend", device.Auto, "`backend`: auto (a GPU where there is one), gl or cpu")
	fs.StringVar(&c.Device, "device", "", "`GPU` to compute on: number or part of its name, see reverie doctor")
	fs.BoolVar(&c.Exact, "exact", false, "no Winograd convolutions: slower, rounding errors a few times smaller")
	return c
}

// openEngine opens the network on the chosen device and says what was noteworthy about the choice.
func openEngine(ctx context.Context, e *env, network string, c *device.Choice) (*engine.Engine, error) {
	if err := c.Check(); err != nil {
		return nil, usage("%v", err)
	}
	eng, err := engine.New(ctx, engine.Options{Network: network, Device: *c})
	if err != nil {
		return nil, wrongDevice(c.Device, err)
	}
	if w := eng.Backend().Warning(); w != "" {
		e.progress.note(w)
	}
	return eng, nil
}

// wrongDevice makes a usage error of one in opening a GPU whose name fits none of this machine.
func wrongDevice(name string, err error) error {
	if name != "" && errors.Is(err, compute.ErrNoDevice) && !device.Known(name) {
		return usage("%v", err)
	}
	return err
}
