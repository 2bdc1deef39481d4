package demo

import (
	"context"
	"fmt"
	"path/filepath"

	"reverie/app/dataset/bdata"
)

// regions are the ROI rows as ranges of areas; HVC is everything from LOC on.
var regions = []struct{ name, from, to string }{
	{"V1", "V1", "V1"}, {"V2", "V2", "V2"}, {"V3", "V3", "V3"}, {"V4", "V4", "V4"},
	{"LOC", "LOC", "LOC"}, {"FFA", "FFA", "FFA"}, {"PPA", "PPA", "PPA"},
	{"LVC", "V1", "V3"}, {"HVC", "LOC", "HVC"}, {"VC", "V1", "HVC"},
}

// columns gives the voxels of the areas from … to as [first, end).
func columns(from, to string) (first, end int) {
	at := 0
	for _, a := range areas {
		if a.name == from {
			first = at
		}
		at += a.voxels
		if a.name == to {
			end = at
		}
	}
	return first, end
}

// extra are the columns after the voxels.
var extra = []string{"Session", "Run", "Block", "stimulus_name", "image_index"}

// keys are the metadata rows.
func keys() []bdata.Key {
	n := Voxels + len(extra)
	k := []bdata.Key{{Name: "VoxelData", Description: "1 = voxel data (simulated: no person was scanned)", Value: bdata.Members(n, 0, Voxels)}}
	for _, r := range regions {
		first, end := columns(r.from, r.to)
		k = append(k, bdata.Key{Name: "ROI_" + r.name, Description: "1 = ROI " + r.name + " (simulated)", Value: bdata.Members(n, first, end)})
	}
	for i, name := range extra {
		d := "1 = " + name
		if i >= 3 {
			d = "Label " + name
		}
		k = append(k, bdata.Key{Name: name, Description: d, Value: bdata.Members(n, Voxels+i, Voxels+i+1)})
	}
	return append(k, bdata.Key{Name: "Label", Description: "1 = Label", Value: bdata.Members(n, Voxels+3, n)})
}

// fileName is a session's file.
func fileName(d design) string { return fmt.Sprintf("sub-demo_task-%s_simulated.h5", d.session) }

// write writes one session's file; responses are those of all pictures.
func (d design) write(ctx context.Context, dir string, seed uint64, session int, all []picture, responses [][]float64, report func(done, total int)) error {
	trials := d.trials(seed, session)
	names := map[float64]string{}
	for i, p := range d.images {
		names[float64(i+1)] = all[p].label
	}
	data := &bdata.Data{
		Rows: len(trials), Cols: Voxels + len(extra), Keys: keys(),
		VMap: map[string]map[float64]string{"stimulus_name": names},
		Row: func(i int, dst []float64) error {
			t := trials[i]
			d.sample(seed, session, i, t, responses[d.images[t.image]], dst[:Voxels])
			for k, v := range [...]int{t.set, t.run, t.block, t.image + 1, t.image + 1} {
				dst[Voxels+k] = float64(v)
			}
			report(i+1, len(trials))
			return nil
		},
	}
	return bdata.Write(ctx, filepath.Join(dir, fileName(d)), data)
}
