//go:build !unix

package slr

// processor is not measured here.
func processor() float64 { return 0 }
