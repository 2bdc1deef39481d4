package brain

// Subset copies the samples at the given indices, in that order.
func (s Samples) Subset(index []int) Samples {
	out := Samples{Voxels: s.Voxels, X: make([]float64, 0, len(index)*s.Voxels), Labels: make([]string, 0, len(index))}
	for _, i := range index {
		out.X = append(out.X, s.Row(i)...)
		out.Labels = append(out.Labels, s.Labels[i])
		if len(s.Runs) > 0 {
			out.Runs = append(out.Runs, s.Runs[i])
		}
	}
	return out
}
