package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"reverie/app/cli"
	"reverie/app/device"
	"reverie/app/engine"
	"reverie/app/pipeline"
	"reverie/ui"
)

func windowFlag(arg string) bool {
	name, _, _ := strings.Cut(strings.TrimLeft(arg, "-"), "=")
	return strings.HasPrefix(arg, "-") && (name == "demo" || name == "theme" || name == "backend" || name == "device" || name == "network")
}

// window opens the main window and returns the exit status: reverie [--demo]
// [--theme light|dark|system] [--backend auto|gl|cpu] [--device GPU]
// [--network NAME|FILE] [FILE…].
func window(ctx context.Context, args []string, stderr io.Writer) int {
	fs := flag.NewFlagSet("reverie", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	demo := fs.Bool("demo", false, "open the built-in subject at once")
	theme := fs.String("theme", "", "light, dark or system; the one used last by default")
	backend := fs.String("backend", "", "auto, gl or cpu; the one used last by default")
	gpu := fs.String("device", "", "number or part of the name of a GPU")
	network := fs.String("network", "", "demo, vgg19-seeded, or a file with VGG19's weights")
	err := fs.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return cli.Run(ctx, nil, os.Stdout, stderr)
	}
	choice := device.Choice{Backend: *backend, Device: *gpu}
	if err == nil {
		err = choice.Check()
	}
	if err != nil {
		fmt.Fprintf(stderr, "reverie: %v\nTry: reverie --help\n", err)
		return cli.Usage
	}
	// The window opens the device itself, once it is on the screen.
	eng, err := engine.New(ctx, engine.Options{Network: *network, Later: true})
	if err == nil {
		defer eng.Close()
		err = ui.Run(eng, ui.Options{Version: pipeline.Version(), Open: fs.Args(), Demo: *demo, Theme: *theme, Backend: *backend, Device: *gpu, Network: *network != ""})
	}
	if err != nil {
		fmt.Fprintf(stderr, "reverie: start: %v\n", err)
		return cli.Failed
	}
	return cli.OK
}
