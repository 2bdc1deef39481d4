//go:build !linux

package fresh

func largePages([]byte) {}
