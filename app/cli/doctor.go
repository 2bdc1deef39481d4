package cli

import (
	"context"
	"flag"
	"runtime"

	"reverie/compute/cpu"
)

var doctorCommand = command{
	name: "doctor", short: "what this machine computes with",
	examples: []string{"reverie doctor", "reverie doctor --json"},
	run: func(_ context.Context, e *env, fs *flag.FlagSet, args []string) error {
		if _, err := e.parse(fs, args, 0, 0); err != nil {
			return err
		}
		be, err := cpu.Open(cpu.Options{})
		if err != nil {
			return err
		}
		defer be.Close()
		e.say("CPU backend   %s", be.Device())
		e.say("system        %s/%s, %d cores, %s", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version())
		return e.result(map[string]any{
			"cpu": be.Device(), "onednn": cpu.Version(), "os": runtime.GOOS, "arch": runtime.GOARCH, "cores": runtime.NumCPU(), "go": runtime.Version(),
		})
	},
}
