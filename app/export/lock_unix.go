//go:build unix

package export

import (
	"os"
	"syscall"
)

// Hold keeps a file for this process until it is closed, or until the process dies. busy is true where another has
// it. A file system without locks passes.
func Hold(path string) (f *os.File, busy bool, err error) {
	for {
		f, err = os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
		if err != nil {
			return nil, false, err
		}
		for {
			if err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != syscall.EINTR {
				break
			}
		}
		if err == syscall.EWOULDBLOCK {
			f.Close()
			return nil, true, nil
		}
		// Another process may have removed the file at its end between the two steps above.
		a, errA := f.Stat()
		b, errB := os.Stat(path)
		if errA == nil && errB == nil && os.SameFile(a, b) {
			return f, false, nil
		}
		f.Close()
		if errA != nil {
			return nil, false, errA
		}
	}
}
