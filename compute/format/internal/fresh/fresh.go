// Package fresh makes memory for large arrays that are read from files. Most of
// the time of reading a large file into new memory is the system's: it hands
// the memory out in pages of 4 KiB and clears each. Asked for large pages it is
// several times as fast, which is what NumPy does too.
package fresh

import "unsafe"

// least is the size from which on it matters, bytes.
const least = 4 << 20

// Make is make([]T, n).
func Make[T any](n int) []T {
	v := make([]T, n)
	if size := n * int(unsafe.Sizeof(*new(T))); size >= least {
		largePages(unsafe.Slice((*byte)(unsafe.Pointer(&v[0])), size))
	}
	return v
}
