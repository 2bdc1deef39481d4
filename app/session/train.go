package session

import (
	"context"
	"time"

	"reverie/app/dataset/decoders"
	"reverie/app/job"
	"reverie/compute/brain"
)

// TrainPlan is which decoders to train, and how.
type TrainPlan struct {
	Session brain.Session // to train on; empty is ImageNetTraining
	ROIs    []string      // names or expressions, such as "V1 + V2"
	Layers  []string      // of the network; empty is all
	Method  string        // "l2" or "slr"
	Voxels  int           // most voxels of a unit; 0 is all
	Alpha   float64       // of l2
	// FreeBias, Spatial and Precision are l2's (compute/decode/l2); the zero values are the lab's.
	FreeBias  bool
	Spatial   string
	Precision string // "mixed", "float64" or "float32"; empty is mixed
	// Mode, Prune and Iterations are slr's (compute/decode/slr).
	Mode       string // "lab" or "paper"; empty is lab
	Prune      string // "variance", "weight" or "none"; empty is variance
	Iterations int    // 0 is 200
	Store      string // path of stored true features to learn; empty computes them with the network in use
	Absolute   bool   // learn |feature| (Supplementary Fig. 11)
	CV         string // key whose values are left out one by one, such as Run; empty trains on all
	Exclusive  string // key whose values in the test rows are dropped from training, such as category_index
	Memory     int64  // bytes; 0 is 8 GiB
	Workers    int    // 0 is one per core
	Out        string // folder for the decoders
	// Shard of Shards is the part to train, from 1; 0 is everything.
	Shard, Shards int
}

// TrainEstimate is what a plan will take.
type TrainEstimate struct {
	Parts  []TrainPart
	Time   time.Duration // of what is left to train, measured by a trial of some units
	Memory int64         // bytes at the most
	Disk   int64         // bytes of what is left to train
	Free   int64         // bytes free where the decoders go; negative while unknown
	Notes  []string      // what to know before the start
}

// TrainPart are the decoders of one layer from one ROI.
type TrainPart struct {
	Subject, Layer, ROI, Fold string
	Units, Done               int
	Voxels                    int // of the ROI; 0 while unknown
}

// TrainUpdate tells how far training is.
type TrainUpdate struct {
	Part TrainPart
	Path string // of the part's folder
	// PerSecond is units trained in a second, lately.
	PerSecond float64
	// Accuracy, of each condition, where the part is done and there was something to measure it on.
	Accuracy []Accuracy
}

// Accuracy is the feature decoding accuracy of a layer's decoders on one
// condition: the mean over units of the correlation between decoded and true
// values over stimuli, with a 95 % interval across units.
type Accuracy struct {
	Condition       string `json:"condition"`
	Stimuli         int    `json:"stimuli"`
	Units           int    `json:"units"` // that have a correlation
	Left            int    `json:"left"`  // units without one: constant
	Mean, Low, High float64
	Histogram       []int `json:"histogram"` // of the correlations, 40 bins from -1 to 1
}

// UnitView is one decoder, for looking at.
type UnitView struct {
	Unit       int
	Voxels     []uint32  // with a weight, rising
	Weights    []float32 // of these
	Bias       float32
	Mean, Norm float32   // of the unit over training stimuli
	Accuracy   []float32 // per condition of About; NaN where constant
	Iterations int64     // of ARD; 0 for ridge
}

// DecoderFolder is a folder of decoders.
type DecoderFolder struct {
	decoders.About
	Path string
}

// DecoderView is a folder of decoders, for looking at.
type DecoderView struct {
	DecoderFolder
	XYZ      []float32 // places of the voxels in mm, three each; nil where unknown
	Accuracy []Accuracy
}

// Trainer trains decoders and opens trained ones. Its methods may be called
// from any goroutine; callbacks come from its own and must not block.
type Trainer interface {
	// EstimateTraining tells what a plan will take and what of it is there
	// already. It may take some seconds.
	EstimateTraining(ctx context.Context, s *Subject, plan TrainPlan) (TrainEstimate, error)
	// Train carries out a plan. What is there already is kept, and what a
	// cancelled one finished; training again goes on from there.
	Train(ctx context.Context, s *Subject, plan TrainPlan, gate *job.Gate, update func(TrainUpdate), report job.Reporter) error
	// Decoders lists the folders of decoders below a root, ours and the lab's.
	Decoders(ctx context.Context, root string) ([]DecoderFolder, error)
	// Decoder opens one of them.
	Decoder(ctx context.Context, path string) (*DecoderView, error)
	// DecoderUnit reads one of its decoders.
	DecoderUnit(ctx context.Context, path string, unit int) (*UnitView, error)
	// BestUnit is the trained unit with the highest correlation on a condition, by its place in About.Conditions.
	BestUnit(ctx context.Context, path string, condition int) (int, error)
}
