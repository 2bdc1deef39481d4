package mat

// RowMajor returns the elements v of an array of the dimensions, given in column-major order, in row-major
// order: NumPy's, last axis fastest. Where the orders agree, as in vectors, v itself is returned. It panics
// when v has another number of elements than dims.
func RowMajor[T any](dims []int, v []T) []T {
	var d []int // axes of length 1 change nothing
	n := 1
	for _, k := range dims {
		n *= k
		if k != 1 {
			d = append(d, k)
		}
	}
	if n != len(v) {
		panic("mat: dimensions do not fit the number of elements")
	}
	if len(d) < 2 || n == 0 {
		return v
	}
	out := make([]T, n)
	rows, cols := d[0], d[len(d)-1]
	inner := n / rows / cols // of the axes between
	// The place of a middle index: its axes count from the left in v and from the right in out.
	from, to, idx := 0, 0, make([]int, len(d))
	for range inner {
		transpose(out[to*cols:], v[from*rows:], rows, cols, inner)
		from++
		for k, step := 1, inner; k < len(d)-1; k++ {
			step /= d[k]
			idx[k]++
			to += step
			if idx[k] < d[k] {
				break
			}
			to -= idx[k] * step
			idx[k] = 0
		}
	}
	return out
}

// transpose copies v[i + j·rows·inner] to out[j + i·cols·inner] for rows i and columns j, in blocks that
// stay in the cache.
func transpose[T any](out, v []T, rows, cols, inner int) {
	const block = 32
	for i0 := 0; i0 < rows; i0 += block {
		for j0 := 0; j0 < cols; j0 += block {
			for i := i0; i < min(i0+block, rows); i++ {
				for j := j0; j < min(j0+block, cols); j++ {
					out[j+i*cols*inner] = v[i+j*rows*inner]
				}
			}
		}
	}
}

// ColumnMajor is the way back: the elements v of an array of the dimensions, given in row-major order, in
// column-major order.
func ColumnMajor[T any](dims []int, v []T) []T {
	back := make([]int, len(dims))
	for i, d := range dims {
		back[len(dims)-1-i] = d
	}
	return RowMajor(back, v)
}
