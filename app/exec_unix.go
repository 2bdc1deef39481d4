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
	begun := true
	tell := func(name, value string) {
		begun = false
		os.Setenv(name, value) // in the place of an empty one, which a second would stand behind unseen
	}
	if os.Getenv("OMP_WAIT_POLICY") == "" {
		tell("OMP_WAIT_POLICY", "passive")
	}
	if core := blas.Better(); core != "" {
		tell("OPENBLAS_CORETYPE", core)
	}
	if begun {
		return
	}
	self, err := os.Executable()
	if err != nil {
		return
	}
	// Where the call fails the program goes on, only slower and less politely.
	_ = syscall.Exec(self, os.Args, os.Environ())
}
