//go:build !unix

package batch

func free(string) int64 { return -1 }
