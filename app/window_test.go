package app

import (
	"bytes"
	"strings"
	"testing"

	"reverie/app/cli"
)

// Each option of the window is one of the program, and a wrong value is told
// before anything is opened.
func TestWindowOptions(t *testing.T) {
	for _, name := range []string{"demo", "theme", "backend", "device", "network"} {
		if !windowFlag("--"+name) || !windowFlag("-"+name+"=x") {
			t.Errorf("--%s does not open the window", name)
		}
	}
	if windowFlag("demo") || windowFlag("--json") {
		t.Error("a command or another option opens the window")
	}
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--backend", "cuda"}, cli.Usage, "auto, gl or cpu"},
		{[]string{"--backend", "cpu", "--device", "0"}, cli.Usage, "not for cpu"},
		{[]string{"--demo", "--nothing"}, cli.Usage, "nothing"},
		{[]string{"--network", "no such network"}, cli.Failed, `no network "no such network"`},
	} {
		var errs bytes.Buffer
		if code := window(t.Context(), c.args, &errs); code != c.code || !strings.Contains(errs.String(), c.want) {
			t.Errorf("%v: exit %d, want %d: %s", c.args, code, c.code, errs.String())
		}
	}
}
