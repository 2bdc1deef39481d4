// Package train trains decoders: one for each unit of a network's layers, for
// every ROI, into a store of files (app/dataset/decoders).
//
// What is to be done is a list of chunks, some thousand units each, in the order
// of layers, units, data. A file of the store is one chunk: those that are there
// are never touched again, so a job that was stopped at any moment goes on where
// it was, and parts of the list (Shard) may be trained by many machines into one
// folder. A chunk's content depends on its data and options only, not on the
// shards, the number of workers, or what was trained before.
//
// Features are not kept between: each pass takes as many units as the memory
// allows from all training stimuli, from the network or from stored features,
// and trains them for all data.
package train

import (
	"context"
	"errors"
	"fmt"

	"reverie/app/dataset/decoders"
	"reverie/compute/brain"
)

// Layer is a layer whose units are learnt.
type Layer struct {
	Name  string
	Shape []int // [C,H,W], or [units]
}

// Units is the number of units.
func (l Layer) Units() int {
	n := 1
	for _, s := range l.Shape {
		n *= s
	}
	return n
}

// Data is what one set of decoders is trained on: the samples of a subject's ROI, or a fold of them.
type Data struct {
	Subject, ROI, Fold string
	Session            string // trained on
	Selected           string // the expression that chose the voxels
	Key                string // of cross-validation; samples with one of the values Held are left out
	Held               []int
	Load               func(ctx context.Context) (*Samples, error)
}

// Samples are training samples, one per trial, and what the decoders are measured on.
type Samples struct {
	Train brain.Samples
	Tests []Test
	XYZ   []float32 // places of the voxels in mm, three each; nil where unknown
}

// Test are samples that were not trained on, one per stimulus.
type Test struct {
	Condition string
	brain.Samples
}

// Job is what to train.
type Job struct {
	Root    string // folder of the store
	Layers  []Layer
	Data    []Data
	Source  Source
	Options Options
	// Shard of Shards is the part to be trained, from 1; 0 is everything.
	Shard, Shards int
	// Alone says that no other process writes into Root: what interrupted writes left is removed.
	Alone bool
}

// Update tells how far a job is.
type Update struct {
	Layer Layer
	Data  *Data
	Done  int     // units of the layer and data that are trained
	Rate  float64 // units in a second since the start
	Store *decoders.Store
}

func (j *Job) check() error {
	switch {
	case j.Root == "":
		return errors.New("train: no folder for the decoders")
	case len(j.Layers) == 0 || len(j.Data) == 0:
		return errors.New("train: choose at least one layer and one ROI")
	case j.Shards < 0 || j.Shard < 0 || j.Shard > j.Shards || j.Shards > 0 && j.Shard == 0:
		return fmt.Errorf("train: shard %d of %d: want 1/n to n/n", j.Shard, j.Shards)
	}
	return j.Options.check()
}

// item is one chunk of one layer for one of the data.
type item struct{ layer, chunk, data int }

// items lists the chunks of the job's shard, in the order of layers, chunks, data.
func (j *Job) items() []item {
	var all []item
	total := 0
	for l, layer := range j.Layers {
		n := (layer.Units() + j.Options.chunk() - 1) / j.Options.chunk()
		for c := range n {
			for d := range j.Data {
				all = append(all, item{l, c, d})
				total += j.units(all[len(all)-1])
			}
		}
	}
	if j.Shards <= 1 {
		return all
	}
	// Shares of equal numbers of units: an item belongs to the share that its middle lies in.
	var mine []item
	before := 0
	for _, i := range all {
		n := j.units(i)
		if (2*before+n)*j.Shards/(2*total) == j.Shard-1 {
			mine = append(mine, i)
		}
		before += n
	}
	return mine
}

func (j *Job) rangeOf(i item) (from, to int) {
	c := j.Options.chunk()
	return i.chunk * c, min((i.chunk+1)*c, j.Layers[i.layer].Units())
}

func (j *Job) units(i item) int {
	from, to := j.rangeOf(i)
	return to - from
}
