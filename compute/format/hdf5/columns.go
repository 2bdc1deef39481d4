package hdf5

// gatherAbove is the number of column runs from which whole row blocks are read and the
// columns picked in memory: one small read per row and run would cost more.
const gatherAbove = 32

// gatherBytes bounds the row block then held.
const gatherBytes = 64 << 20

// extent checks runs of columns and returns their total and what they span.
func extent(runs []Span, columns int) (width, low, high int, ok bool) {
	low = columns
	for _, r := range runs {
		if r.From < 0 || r.From >= r.To || r.To > columns || width > 1<<31 {
			return 0, 0, 0, false
		}
		width += r.To - r.From
		low, high = min(low, r.From), max(high, r.To)
	}
	return width, low, high, true
}

// columns reads runs of columns of a matrix.
func (r *reader) columns(runs []Span, s sink) error {
	if len(r.Shape) != 2 {
		return r.l.errorf(r.name, "its shape is %v, a matrix is needed", r.Shape)
	}
	rows := r.Shape[0]
	width, low, high, ok := extent(runs, r.Shape[1])
	if !ok {
		return r.l.errorf(r.name, "columns %v asked of shape %v", runs, r.Shape)
	}
	if rows*width == 0 {
		return s.begin([]int{0}, r.size)
	}
	// More columns than there are come from naming some twice, which costs the caller's own memory.
	if err := r.fits(rows*min(width, r.Shape[1]), r.size); err != nil {
		return err
	}
	if err := plausible([]int{rows, width}, rows*width, r.size, int64(rows*width), true); err != nil {
		return r.l.errorf(r.name, "%w", err)
	}
	if err := s.begin([]int{rows, width}, r.size); err != nil {
		return err
	}
	// A chunk is unpacked for every read that touches it, so chunked data is always gathered.
	direct := len(runs) == 1 || len(runs) <= gatherAbove && r.Chunk == nil
	step, span := s.room()/(width*r.size), high-low
	var block []byte
	if !direct {
		step = min(step, gatherBytes/(span*r.size))
	}
	step = max(1, step)
	if r.Chunk != nil && r.Chunk[0] > 0 {
		step = max(r.Chunk[0], step/r.Chunk[0]*r.Chunk[0])
	}
	step = min(step, rows)
	if !direct {
		block = make([]byte, step*span*r.size)
	}
	for at := 0; at < rows; at += step {
		n := min(step, rows-at)
		out := s.piece([]int{at, 0}, []int{n, width}, n*width*r.size)
		if !direct {
			if err := r.block([]int{at, low}, []int{n, span}, block, []int{n, span}, []int{0, 0}); err != nil {
				return err
			}
			pick(out, block, n, span*r.size, runs, low, r.size)
		} else {
			left := 0
			for _, c := range runs {
				w := c.To - c.From
				if err := r.block([]int{at, c.From}, []int{n, w}, out, []int{n, width}, []int{0, left}); err != nil {
					return err
				}
				left += w
			}
		}
		if err := s.done(); err != nil {
			return err
		}
	}
	return nil
}

// pick copies runs of columns out of n rows of stride bytes whose first column is low.
func pick(out, block []byte, n, stride int, runs []Span, low, size int) {
	at := 0
	for i := range n {
		for _, c := range runs {
			at += copy(out[at:], block[i*stride+(c.From-low)*size:i*stride+(c.To-low)*size])
		}
	}
}
