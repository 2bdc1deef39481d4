//go:build !linux

package guard

import "os"

const bounded = false

func alive(pid int) bool {
	p, err := os.FindProcess(pid)
	return err == nil && p.Signal(os.Interrupt) == nil
}
