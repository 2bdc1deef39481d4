// Package app wires the program together: flags, the window or a command, and
// an orderly end.
package app

import (
	"context"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"reverie/app/cli"
	"reverie/compute/format/guard"
)

// Main runs the program and returns its exit status. args[0] is the program's name.
func Main(args []string) int {
	guard.Main() // serves and ends here in a child that reads a file
	settle()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(args) > 1 && (cli.Known(args[1]) || strings.HasPrefix(args[1], "-") && !windowFlag(args[1])) {
		return cli.Run(ctx, args[1:], os.Stdout, os.Stderr)
	}
	if len(args) > 1 && !windowFlag(args[1]) {
		if _, err := os.Stat(args[1]); err != nil { // neither a command nor a file
			return cli.Run(ctx, args[1:], os.Stdout, os.Stderr)
		}
	}
	return window(ctx, args[1:], os.Stderr)
}
