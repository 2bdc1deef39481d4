//go:build linux || darwin || freebsd || netbsd || openbsd

package slurm

import (
	"errors"
	"os"
	"syscall"
)

// lock holds a file for this process until unlock, or until the process dies.
// A file system without locks passes.
func lock(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	for {
		if err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != syscall.EINTR {
			break
		}
	}
	if err == syscall.EWOULDBLOCK {
		f.Close()
		return nil, errors.New("another run follows the tasks of this folder: stop it, or let it do the work")
	}
	return func() { f.Close() }, nil
}
