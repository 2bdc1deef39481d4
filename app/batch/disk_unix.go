//go:build unix

package batch

import "syscall"

// free is the bytes that the file system of an existing folder has left; negative where unknown.
func free(dir string) int64 {
	var s syscall.Statfs_t
	if syscall.Statfs(dir, &s) != nil {
		return -1
	}
	return int64(s.Bavail) * int64(s.Bsize)
}
