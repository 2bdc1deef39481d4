// Package cli holds the commands. Each takes flags, reports progress on
// standard error and its result on standard output, as text or, with --json, as
// one JSON document. Exit status: 0 done, 1 failed, 2 wrong usage, 130 cancelled.
package cli

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
)

// Exit statuses.
const (
	OK        = 0
	Failed    = 1
	Usage     = 2
	Cancelled = 130
)

// errUsage marks mistakes in the command line.
type errUsage struct{ msg string }

func (e errUsage) Error() string { return e.msg }

func usage(format string, args ...any) error { return errUsage{fmt.Sprintf(format, args...)} }

// command is one of the program's commands.
type command struct {
	name, args, short string
	examples          []string
	run               func(ctx context.Context, e *env, fs *flag.FlagSet, args []string) error
}

var commands []command

func init() {
	commands = []command{demoCommand, doctorCommand, infoCommand, modelsCommand, featuresCommand, trainCommand, decodersCommand, decodeCommand, reconstructCommand, batchCommand, evaluateCommand, rateCommand, movieCommand, compareCommand, benchCommand}
}

// env is what a running command talks to.
type env struct {
	stdout, stderr io.Writer
	json           bool
	progress       *printer
}

// say prints a line of the result, unless the result is JSON.
func (e *env) say(format string, args ...any) {
	e.progress.clear()
	if !e.json {
		fmt.Fprintf(e.stdout, format+"\n", args...)
	}
}

// result prints the JSON document, if one was asked for.
func (e *env) result(v any) error {
	if !e.json {
		return nil
	}
	enc := json.NewEncoder(e.stdout)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// parse reads a command's flags, which may stand before, between or after its
// arguments, and gives the arguments; max < 0 is any number of them.
func (e *env) parse(fs *flag.FlagSet, args []string, min, max int) ([]string, error) {
	var rest []string
	for {
		if err := fs.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, err
			}
			return nil, usage("%v", err)
		}
		if fs.NArg() == 0 {
			break
		}
		rest, args = append(rest, fs.Arg(0)), fs.Args()[1:]
	}
	if len(rest) < min {
		return nil, usage("%s needs a file or folder to work on", fs.Name())
	}
	if max >= 0 && len(rest) > max {
		return nil, usage("%s takes no argument %q", fs.Name(), rest[max])
	}
	return rest, nil
}

// Known reports whether name is a command or a request for help.
func Known(name string) bool {
	for _, c := range commands {
		if c.name == name {
			return true
		}
	}
	return name == "help" || name == "-h" || name == "--help"
}

// Run executes one command line, without the program's name.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
		overview(stdout)
		return OK
	}
	for _, c := range commands {
		if c.name == args[0] {
			return c.execute(ctx, args[1:], stdout, stderr)
		}
	}
	fmt.Fprintf(stderr, "reverie: no command %q\n\n", args[0])
	overview(stderr)
	return Usage
}

func (c command) execute(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	e := &env{stdout: stdout, stderr: stderr, progress: newPrinter(stderr)}
	fs := flag.NewFlagSet(c.name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.BoolVar(&e.json, "json", false, "print one JSON `document` on standard output and nothing else")
	fs.Usage = func() {}
	err := c.run(ctx, e, fs, args)
	e.progress.clear()
	var u errUsage
	switch {
	case err == nil:
		return OK
	case errors.Is(err, flag.ErrHelp):
		c.help(stdout, fs)
		return OK
	case errors.Is(err, context.Canceled):
		fmt.Fprintf(stderr, "reverie %s: cancelled; what was finished is kept\n", c.name)
		return Cancelled
	case errors.As(err, &u):
		fmt.Fprintf(stderr, "reverie %s: %v\nTry: reverie %s --help\n", c.name, err, c.name)
		return Usage
	}
	fmt.Fprintf(stderr, "reverie %s: %v\n", c.name, err)
	return Failed
}

func overview(w io.Writer) {
	fmt.Fprint(w, "Reverie reconstructs what a person sees or imagines from fMRI (deep image reconstruction).\n\n")
	fmt.Fprintf(w, "  reverie %-28s %s\n", "[FILE…]", "the window")
	for _, c := range commands {
		fmt.Fprintf(w, "  reverie %-28s %s\n", c.name+" "+c.args, c.short)
	}
	fmt.Fprint(w, "\nreverie COMMAND --help shows its options and examples.\n")
}

func (c command) help(w io.Writer, fs *flag.FlagSet) {
	fmt.Fprintf(w, "reverie %s %s\n\n%s\n\nOptions\n", c.name, c.args, c.short)
	fs.VisitAll(func(f *flag.Flag) {
		name, text := flag.UnquoteUsage(f)
		if name != "" {
			name = " " + name
		}
		fmt.Fprintf(w, "  --%-24s %s", f.Name+name, text)
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0" {
			fmt.Fprintf(w, " (default %s)", f.DefValue)
		}
		fmt.Fprintln(w)
	})
	fmt.Fprint(w, "\nExamples\n")
	for _, x := range c.examples {
		fmt.Fprintf(w, "  %s\n", x)
	}
}

// list splits a comma-separated flag.
func list(s string) []string {
	var out []string
	for _, p := range strings.Split(s, ",") {
		if p = strings.TrimSpace(p); p != "" && p != "all" {
			out = append(out, p)
		}
	}
	return out
}
