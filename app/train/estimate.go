package train

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"reverie/app/dataset/decoders"
)

// Part are the decoders of a layer for some data.
type Part struct {
	Layer               Layer
	Data                *Data
	Voxels              int
	Trained, InThisPart int // units there already; units of the job's shard
}

// Estimate is what a job will take.
type Estimate struct {
	Parts  []Part
	Units  int           // still to be trained
	Time   time.Duration // by a trial, without the features; see Trial
	Memory int64
	Disk   int64 // of what is left, at the most
	Free   int64 // bytes free; negative while unknown
}

// Size is what an estimate needs to know of a job's data; Load is not called.
type Size struct{ Samples, Stimuli, Voxels int }

// Estimate tells what the job will take. sizes are those of its Data; Source
// may be nil. It fits some units of noise and takes some seconds.
func (j *Job) Estimate(ctx context.Context, sizes []Size) (Estimate, error) {
	if err := j.check(); err != nil {
		return Estimate{}, err
	}
	e := Estimate{Free: free(existing(j.Root)), Memory: j.memory(sizes)}
	at := map[[2]int]int{}
	for l := range j.Layers {
		for d := range j.Data {
			at[[2]int{l, d}] = len(e.Parts)
			e.Parts = append(e.Parts, Part{Layer: j.Layers[l], Data: &j.Data[d], Voxels: sizes[d].Voxels})
		}
	}
	left := make([]int, len(j.Data))
	for _, i := range j.items() {
		p, n := &e.Parts[at[[2]int{i.layer, i.data}]], j.units(i)
		p.InThisPart += n
		if decoders.There(j.Root, p.Layer.Name, p.Data.Subject, p.Data.ROI, p.Data.Fold, i.chunk*j.Options.chunk()) {
			p.Trained += n
			continue
		}
		e.Units += n
		left[i.data] += n
		e.Disk += int64(n) * int64(6*j.perUnit(p.Voxels)+24)
	}
	for d, n := range left {
		if n == 0 {
			continue
		}
		setUp, unit, err := j.trial(ctx, sizes[d])
		if err != nil {
			return e, err
		}
		e.Time += setUp + time.Duration(n)*unit
	}
	return e, nil
}

// Left counts the chunks of the job's shard that are not there yet. Load is not called.
func (j *Job) Left() (int, error) {
	if err := j.check(); err != nil {
		return 0, err
	}
	n := 0
	for _, i := range j.items() {
		l, d := j.Layers[i.layer], j.Data[i.data]
		if !decoders.There(j.Root, l.Name, d.Subject, d.ROI, d.Fold, i.chunk*j.Options.chunk()) {
			n++
		}
	}
	return n, nil
}

// existing is the innermost folder of a path that is there.
func existing(dir string) string {
	for dir != "" {
		if _, err := os.Stat(dir); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			break
		}
		dir = up
	}
	return "."
}

func (j *Job) perUnit(voxels int) int {
	if j.Options.Voxels > 0 && j.Options.Voxels < voxels {
		return j.Options.Voxels
	}
	return voxels
}

// memory is about what the job will hold at the most.
func (j *Job) memory(sizes []Size) int64 {
	most, stimuli := int64(0), 0
	for _, s := range sizes {
		n, v := int64(s.Samples), int64(s.Voxels)
		most = max(most, 5*n*v*8+v*v*4+int64(j.Options.chunk()*j.perUnit(s.Voxels)*24))
		stimuli = max(stimuli, s.Stimuli)
	}
	units := 0
	for _, l := range j.Layers {
		units += l.Units()
	}
	return most + min(j.Options.heldBytes(), int64(units)*int64(stimuli)*4)
}

// trial times the fit of some units of noise for samples of a size: the set-up
// that units share, and a unit. Samples and voxels beyond some thousands are
// left out and their share is added by the operations counted.
func (j *Job) trial(ctx context.Context, s Size) (setUp, unit time.Duration, err error) {
	const mostVoxels, mostSamples = 2000, 1200
	small := Size{min(s.Samples, mostSamples), min(s.Stimuli, mostSamples), min(s.Voxels, mostVoxels)}
	if small.Samples < 2 || small.Voxels < 1 {
		return 0, 0, nil
	}
	t := Job{Options: j.Options, Layers: j.Layers}
	units := 256
	if j.Options.Method == SLR {
		units = 8
	}
	setUp, unit, err = t.Time(ctx, small, units)
	if err != nil {
		return 0, 0, err
	}
	n, v := float64(s.Samples)/float64(small.Samples), float64(s.Voxels)/float64(small.Voxels)
	setUp = time.Duration(float64(setUp) * n * v * v)
	// The correlations with all voxels: two operations for each stimulus and voxel that the trial left out.
	const perSecond = 2e10
	rest := float64(s.Stimuli)*float64(s.Voxels) - float64(small.Stimuli)*float64(small.Voxels)
	return setUp, unit + time.Duration(2*rest/perSecond*float64(time.Second)), nil
}
