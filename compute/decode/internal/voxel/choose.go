// Package voxel is what the decoders of l2 and slr share: the products of all
// pairs of voxels, and the choice of the largest scores.
package voxel

import (
	"cmp"
	"math"
	"slices"
)

// Chooser finds the largest of many scores without sorting them.
type Chooser struct {
	bins [scoreBins]int32
	edge []int32 // the voxels of the bin in which the choice ends
}

const scoreBins = 2048

// Choose writes the positions of the len(into) largest scores to into, in
// rising order. Scores are finite; those below 0 count as equal and come last.
// Of equal scores the higher positions are taken, or the lower ones where low
// is true: FastL2LiR reverses its order in one way of working and not in the
// other (and leaves ties to an unstable sort).
func (c *Chooser) Choose(scores []float64, low bool, into []uint32) {
	top := 0.0
	for _, s := range scores {
		top = max(top, s)
	}
	scale := 0.0
	if q := (scoreBins - 1) / top; top > 0 && !math.IsInf(q, 0) {
		scale = q
	}
	bin := func(s float64) int {
		if b := int(s * scale); b > 0 {
			return min(b, scoreBins-1)
		}
		return 0
	}
	clear(c.bins[:])
	for _, s := range scores {
		c.bins[bin(s)]++
	}
	edge, left := scoreBins-1, len(into) // left of them are to come from bin edge
	for left > int(c.bins[edge]) {
		left -= int(c.bins[edge])
		edge--
	}
	if cap(c.edge) < int(c.bins[edge]) {
		c.edge = make([]int32, 0, len(scores))
	}
	c.edge = c.edge[:0]
	for j, s := range scores {
		if bin(s) == edge {
			c.edge = append(c.edge, int32(j))
		}
	}
	slices.SortFunc(c.edge, func(i, j int32) int {
		if by := cmp.Compare(max(scores[j], -1), max(scores[i], -1)); by != 0 {
			return by
		}
		if low {
			return cmp.Compare(i, j)
		}
		return cmp.Compare(j, i)
	})
	taken := c.edge[:left]
	slices.Sort(taken)
	n, t := 0, 0
	for j, s := range scores {
		switch b := bin(s); {
		case b > edge:
		case b == edge && t < len(taken) && taken[t] == int32(j):
			t++
		default:
			continue
		}
		into[n] = uint32(j)
		n++
	}
}
