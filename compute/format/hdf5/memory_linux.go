package hdf5

import "syscall"

// memory is the bytes of memory of this machine, 0 when unknown.
func memory() uint64 {
	var s syscall.Sysinfo_t
	if syscall.Sysinfo(&s) != nil {
		return 0
	}
	return uint64(s.Totalram) * uint64(s.Unit)
}
