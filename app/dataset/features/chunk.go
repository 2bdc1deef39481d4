package features

import "math"

// targetChunk is the size of a chunk at most, unless the trailing axes alone are larger.
const targetChunk = 1 << 20

// chunkShape is bdpy's choice for float32 features [n][unit…]: the first two axes are split about evenly in elements,
// the trailing ones kept whole, and the extents shrunk to what the same number of chunks needs. n is 0 when unknown.
func chunkShape(n int, unit []int) []int {
	inner := 1
	for _, d := range unit[1:] {
		inner *= d
	}
	out := append([]int{n}, unit...)
	if n > 0 && n*unit[0]*inner*4 <= targetChunk {
		return out
	}
	cells := max(1, targetChunk/(4*inner))
	c1 := min(unit[0], max(1, int(math.Sqrt(float64(cells)))))
	c0 := max(1, cells/c1)
	if n > 0 {
		c0 = min(n, c0)
	}
	c1 = even(unit[0], min(unit[0], max(c1, cells/c0)))
	if n > 0 {
		c0 = even(n, c0)
	}
	out[0], out[1] = c0, c1
	return out
}

// even is the smallest extent that covers length in as many chunks.
func even(length, chunk int) int {
	chunks := (length + chunk - 1) / chunk
	return (length + chunks - 1) / chunks
}
