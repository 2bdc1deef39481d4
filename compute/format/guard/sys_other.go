//go:build !unix

package guard

import (
	"os"
	"os/exec"
	"time"
)

// attributes has nothing to set: the child ends when its pipe does.
func attributes(*exec.Cmd) {}

// restrict bounds nothing here: the parent watches the beats only.
func restrict(Limits) {}

var started = time.Now()

// cpuTime is the time since the start: what spins and what waits count alike here.
func cpuTime() time.Duration { return time.Since(started) }

// widen leaves the pipe as it is.
func widen(*os.File) {}
