package guard

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// attributes ties the child's life to the parent's.
func attributes(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }

// restrict bounds this process. What the system refuses is left unbounded: the parent still watches.
func restrict(l Limits) {
	set := func(what int, n uint64) { syscall.Setrlimit(what, &syscall.Rlimit{Cur: n, Max: n}) }
	set(syscall.RLIMIT_CORE, 0)
	if l.Total > 0 {
		set(syscall.RLIMIT_CPU, uint64(l.Total/time.Second)+1)
	}
	if text, err := os.ReadFile("/proc/self/statm"); err == nil && l.Memory > 0 {
		if pages, err := strconv.ParseUint(strings.Fields(string(text))[0], 10, 50); err == nil {
			set(syscall.RLIMIT_AS, pages*uint64(os.Getpagesize())+uint64(l.Memory))
		}
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

// widen gives a pipe room for a whole piece of an array, so that both ends work at once.
func widen(pipe *os.File) {
	const setPipeSize = 1031 // F_SETPIPE_SZ
	if c, err := pipe.SyscallConn(); err == nil {
		c.Control(func(fd uintptr) { syscall.Syscall(syscall.SYS_FCNTL, fd, setPipeSize, 1<<20) })
	}
}
