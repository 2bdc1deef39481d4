package app

import (
	"flag"
	"fmt"
	"strings"

	"reverie/app/device"
	"reverie/app/engine"
	"reverie/app/pipeline"
	"reverie/ui"
)

func windowFlag(arg string) bool {
	name, _, _ := strings.Cut(strings.TrimLeft(arg, "-"), "=")
	return strings.HasPrefix(arg, "-") && (name == "demo" || name == "theme" || name == "backend" || name == "device" || name == "network")
}

// window opens the main window: reverie [--demo] [--theme light|dark|system]
// [--backend auto|gl|cpu] [--device GPU] [--network NAME|FILE] [FILE…].
func window(args []string) error {
	fs := flag.NewFlagSet("reverie", flag.ContinueOnError)
	demo := fs.Bool("demo", false, "open the built-in subject at once")
	theme := fs.String("theme", "", "light, dark or system; the one used last by default")
	backend := fs.String("backend", "", "auto, gl or cpu; the one used last by default")
	gpu := fs.String("device", "", "number or part of the name of a GPU")
	network := fs.String("network", "", "demo, vgg19-seeded, or a file with VGG19's weights")
	if err := fs.Parse(args); err != nil {
		return err
	}
	eng, err := engine.New(engine.Options{Network: *network, Device: device.Choice{Backend: *backend, Device: *gpu}})
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	defer eng.Close()
	return ui.Run(eng, ui.Options{Version: pipeline.Version(), Open: fs.Args(), Demo: *demo, Theme: *theme, Backend: *backend, Device: *gpu})
}
