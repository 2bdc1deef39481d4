//go:build !unix

package app

// passiveThreads can do nothing where a program cannot replace itself: set OMP_WAIT_POLICY=passive before the start.
func passiveThreads() {}
