//go:build unix && !linux

package guard

import (
	"os"
	"os/exec"
	"syscall"
	"time"
)

// attributes has nothing to set: the child ends when its pipe does.
func attributes(*exec.Cmd) {}

// restrict bounds this process as far as the system does. Address space is not bounded here.
func restrict(l Limits) {
	syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{})
	if l.Total > 0 {
		n := uint64(l.Total/time.Second) + 1
		r := syscall.Rlimit{}
		r.Cur, r.Max = n, n
		syscall.Setrlimit(syscall.RLIMIT_CPU, &r)
	}
}

// cpuTime is what this process has used.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// widen leaves the pipe as it is.
func widen(*os.File) {}
