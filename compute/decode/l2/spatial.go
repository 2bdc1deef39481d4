package l2

import (
	"fmt"
	"math"
)

// Spatial is a normalisation of one sample over the voxels of one unit, by FastL2LiR's names.
type Spatial string

const (
	NoSpatial  Spatial = ""
	Norm1      Spatial = "norm1"      // divided by the sum of absolute values
	Norm2      Spatial = "norm2"      // divided by the Euclidean norm
	Std1       Spatial = "std1"       // standard deviation (ddof 1) made 1, mean kept
	Std1Mean0  Spatial = "std1mean0"  // z-scored, ddof 1
	Norm1Mean0 Spatial = "norm1mean0" // centred, then Norm1
	Norm2Mean0 Spatial = "norm2mean0" // centred, then Norm2
)

func (s Spatial) check() error {
	switch s {
	case NoSpatial, Norm1, Norm2, Std1, Std1Mean0, Norm1Mean0, Norm2Mean0:
		return nil
	}
	return fmt.Errorf("l2: no spatial normalisation %q: use norm1, norm2, std1, std1mean0, norm1mean0 or norm2mean0", string(s))
}

// Apply normalises one sample in place. It reports false where the sample has
// no size to divide by; row is spoilt then.
func (s Spatial) Apply(row []float64) bool {
	mean, size := 0.0, 0.0
	switch s {
	case NoSpatial:
		return true
	case Std1, Std1Mean0, Norm1Mean0, Norm2Mean0:
		for _, x := range row {
			mean += x
		}
		mean /= float64(len(row))
	}
	for i, x := range row {
		x -= mean
		row[i] = x
		if s == Norm1 || s == Norm1Mean0 {
			size += math.Abs(x)
		} else {
			size += x * x
		}
	}
	switch s {
	case Norm2, Norm2Mean0:
		size = math.Sqrt(size)
	case Std1, Std1Mean0:
		size = math.Sqrt(size / float64(len(row)-1))
	}
	if !(size > 0) || math.IsInf(size, 0) {
		return false
	}
	back := 0.0
	if s == Std1 {
		back = mean
	}
	for i, x := range row {
		row[i] = x/size + back
	}
	return true
}
