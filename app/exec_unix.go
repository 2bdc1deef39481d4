//go:build unix

package app

import (
	"os"
	"syscall"
)

// passiveThreads starts the program anew with OpenMP's threads asleep between
// uses: spinning, they would take the cores from the window and from Go. The
// library reads the setting before main, so it must be in the environment.
func passiveThreads() {
	if os.Getenv("OMP_WAIT_POLICY") != "" {
		return
	}
	self, err := os.Executable()
	if err != nil {
		return
	}
	// Where the call fails the program goes on, only less politely.
	_ = syscall.Exec(self, os.Args, append(os.Environ(), "OMP_WAIT_POLICY=passive"))
}
