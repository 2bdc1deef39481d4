package bdata

// ColumnBy is the one column of a key for the samples that SamplesBy keeps with the same options.
func (f *File) ColumnBy(key string, o Options) ([]float64, error) {
	labels, err := f.Labels(o.LabelKey)
	if err != nil {
		return nil, err
	}
	runs, err := f.runs()
	if err != nil {
		return nil, err
	}
	rows, _, err := f.choose(labels, runs, o)
	if err != nil {
		return nil, err
	}
	all, err := f.Column(key)
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(rows))
	for i, r := range rows {
		out[i] = all[r]
	}
	return out, nil
}

// Places are the places in millimetres (voxel_x, voxel_y, voxel_z) of the
// columns that a selection takes, three each; nil where the file has none.
func (f *File) Places(expr string) ([]float32, error) {
	at, err := f.Columns(expr)
	if err != nil {
		return nil, err
	}
	out := make([]float32, 3*len(at))
	for k, key := range []string{"voxel_x", "voxel_y", "voxel_z"} {
		v, err := f.Metadata(key)
		if err != nil {
			return nil, nil // no such row
		}
		for i, j := range at {
			if v[j]-v[j] != 0 {
				return nil, nil // not of all voxels
			}
			out[3*i+k] = float32(v[j])
		}
	}
	return out, nil
}
