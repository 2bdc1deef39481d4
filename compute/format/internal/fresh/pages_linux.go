package fresh

import (
	"os"
	"syscall"
	"unsafe"
)

// largePages asks for large pages where the memory is not touched yet. What the
// system refuses stays as it is.
func largePages(b []byte) {
	page := os.Getpagesize()
	skip := (page - int(uintptr(unsafe.Pointer(&b[0]))%uintptr(page))) % page
	if len(b) > skip {
		syscall.Madvise(b[skip:], syscall.MADV_HUGEPAGE)
	}
}
