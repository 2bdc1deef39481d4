//go:build !unix

package app

// settle can do nothing where a program cannot replace itself: set
// OMP_WAIT_POLICY=passive before the start.
func settle() {}
