//go:build unix

package app

import (
	"os"
	"syscall"

	"reverie/compute/blas"
)

// settle starts the program anew with settings that libraries read before main:
// OpenMP's threads asleep between uses, for spinning they would take the cores
// from the window and from Go, and OpenBLAS's routines for the processor at hand.
func settle() {
	var more []string
	if os.Getenv("OMP_WAIT_POLICY") == "" {
		more = append(more, "OMP_WAIT_POLICY=passive")
	}
	if core := blas.Better(); core != "" {
		more = append(more, "OPENBLAS_CORETYPE="+core)
	}
	if len(more) == 0 {
		return
	}
	self, err := os.Executable()
	if err != nil {
		return
	}
	// Where the call fails the program goes on, only slower and less politely.
	_ = syscall.Exec(self, os.Args, append(os.Environ(), more...))
}
