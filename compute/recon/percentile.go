package recon

import "slices"

// percentile is numpy.percentile of v with its linear interpolation. It changes the order of v.
func percentile(v []float64, pct float64) float64 {
	at := min(max(pct, 0), 100) / 100 * float64(len(v)-1)
	k := int(at)
	low := nth(v, k)
	if k+1 >= len(v) {
		return low
	}
	high := slices.Min(v[k+1:])
	if t := at - float64(k); t < 0.5 {
		return low + (high-low)*t
	} else {
		return high - (high-low)*(1-t)
	}
}

// nth brings the k-th smallest value to v[k], none larger before it and none smaller behind it (Hoare's
// quickselect; what it does not settle within a number of passes is sorted).
func nth(v []float64, k int) float64 {
	low, high := 0, len(v) // v[k] is among these
	for passes := 0; high-low > 16 && passes < 64; passes++ {
		pivot := median(v[low], v[(low+high)/2], v[high-1])
		i, j := low, high-1
		for i <= j {
			for v[i] < pivot {
				i++
			}
			for v[j] > pivot {
				j--
			}
			if i <= j {
				v[i], v[j] = v[j], v[i]
				i++
				j--
			}
		}
		switch {
		case k <= j:
			high = j + 1
		case k >= i:
			low = i
		default:
			return v[k]
		}
	}
	slices.Sort(v[low:high])
	return v[k]
}

func median(a, b, c float64) float64 { return max(min(a, b), min(max(a, b), c)) }
