package app

import (
	"flag"
	"fmt"
	"strings"

	"reverie/app/engine"
	"reverie/app/pipeline"
	"reverie/ui"
)

func windowFlag(arg string) bool {
	name, _, _ := strings.Cut(strings.TrimLeft(arg, "-"), "=")
	return strings.HasPrefix(arg, "-") && (name == "demo" || name == "theme")
}

// window opens the main window: reverie [--demo] [--theme light|dark|system] [FILE…].
func window(args []string) error {
	fs := flag.NewFlagSet("reverie", flag.ContinueOnError)
	demo := fs.Bool("demo", false, "open the built-in subject at once")
	theme := fs.String("theme", "", "light, dark or system; the one used last by default")
	if err := fs.Parse(args); err != nil {
		return err
	}
	eng, err := engine.New(engine.Options{})
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	defer eng.Close()
	return ui.Run(eng, ui.Options{Version: pipeline.Version(), Open: fs.Args(), Demo: *demo, Theme: *theme})
}
