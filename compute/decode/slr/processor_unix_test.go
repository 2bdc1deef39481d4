//go:build unix

package slr

import "syscall"

// processor is the processor time that the process has used, in seconds; on a
// machine that does other work it tells more than the clock.
func processor() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}
