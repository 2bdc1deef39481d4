package session

import (
	"context"
	"image"
	"time"

	"reverie/app/job"
	"reverie/compute/brain"
	"reverie/compute/recon"
)

// The values of BatchSpec.Prior.
const (
	PriorAuto = "auto" // as the paper: natural images alone
	PriorOn   = "on"
	PriorOff  = "off"
	PriorBoth = "both"
)

// The values of BatchSpec.Layouts.
const (
	LayoutOurs = "ours" // PNG, losses.csv, record.json, montage
	LayoutLab  = "lab"  // recon_img mat, normalised jpg, snapshots as jpg
)

// BatchSpec is what a batch reconstructs and how: every session's stimuli from every ROI with every
// layer set and prior. It is kept as batch.json in the folder of the results.
type BatchSpec struct {
	Version  int            `json:"version"`
	Network  string         `json:"network"` // ID of the network
	Subjects []BatchSubject `json:"subjects"`
	// Sessions are those to reconstruct; empty is ImageNetTest, or all but training where a subject has no such.
	Sessions []brain.Session `json:"sessions,omitempty"`
	Labels   []string        `json:"labels,omitempty"` // of the stimuli; empty is all
	Source   Source          `json:"source"`
	Store    string          `json:"store,omitempty"`    // for Stored: the folder
	Decoders string          `json:"decoders,omitempty"` // for Decoded: folder of trained decoders; empty trains ridge on the way
	// ImageryDecoders are those of the imagery variant, where it is decoded with trained ones.
	ImageryDecoders string   `json:"imagery_decoders,omitempty"`
	ROIs            []string `json:"rois"`
	// LayerSets are sets of layers: names of layers and groups with commas between them, as "DNN1-4" or "conv1_1,fc6".
	LayerSets []string `json:"layer_sets"`
	// Channels of layers that take part alone, as conv1_1:0,3,5-9;fc6:0-99; empty is all.
	Channels  string `json:"channels,omitempty"`
	Prior     string `json:"prior"`               // auto, on, off or both
	Generator string `json:"generator,omitempty"` // ID of the prior; empty is the first of Engine.Priors
	Bounds    string `json:"bounds,omitempty"`    // file with the bounds of its input
	Trials    bool   `json:"trials,omitempty"`    // every trial by itself
	// DropRepetitions leaves out the blocks that repeat the stimulus before them.
	DropRepetitions bool   `json:"drop_repetitions,omitempty"`
	Start           string `json:"start,omitempty"` // picture that reconstructions over pixels start from
	// Pixels and Latent are the options without and with the prior.
	Pixels    recon.Options `json:"pixels"`
	Latent    recon.Options `json:"latent"`
	Snapshots string        `json:"snapshots"` // none, log or every:N
	Layouts   []string      `json:"layouts"`
	Batch     int           `json:"batch,omitempty"`  // most images evaluated together; 0 chooses
	Memory    int64         `json:"memory,omitempty"` // most bytes; 0 is 8 GiB
}

// BatchSubject are files and folders that are opened together.
type BatchSubject struct {
	Paths []string `json:"paths,omitempty"`
	Demo  bool     `json:"demo,omitempty"` // the built-in subject instead
}

// BatchGroup are the images of one folder of results.
type BatchGroup struct {
	Subject string        `json:"subject"`
	Session brain.Session `json:"session"`
	ROI     string        `json:"roi,omitempty"`
	Layers  string        `json:"layers"` // the set's name
	Prior   bool          `json:"prior"`
	Images  int           `json:"images"`
	Done    int           `json:"done"`
	Path    string        `json:"path"` // below the batch's folder, slashes between
}

// BatchEstimate is what a batch will take, of what is left of it.
type BatchEstimate struct {
	Groups      []BatchGroup
	Images      int // in all
	Done        int // there already
	Evaluations int // at least
	Batch       int // images evaluated together
	Time        time.Duration
	Memory      int64 // bytes at the peak
	Device      int64 // of them on a GPU; 0 with a processor
	Disk        int64 // of the results, about
	Cache       int64 // of decoded features on the way, removed at the end
	Free        int64 // negative while unknown
	Notes       []string
}

// BatchUpdate tells how far a batch is.
type BatchUpdate struct {
	Group    BatchGroup // that Finished belong to, or that is at work
	Images   int        // of all groups
	Done     int
	Fraction float64 // of all iterations
	Finished []BatchPicture
}

// BatchPicture is a finished image.
type BatchPicture struct {
	Label       string
	Picture     *image.NRGBA // nil where none came of it
	Original    *image.NRGBA
	Correlation float64 // NaN without an original
	File        string  // path
	Problem     string
}

// Batcher reconstructs batches. Its methods may be called from any goroutine; callbacks come from its own and must not block.
type Batcher interface {
	// EstimateBatch tells what a batch into a folder will take. It computes some iterations on trial.
	EstimateBatch(ctx context.Context, spec BatchSpec, out string, report job.Reporter) (BatchEstimate, error)
	// RunBatch reconstructs what is not in the folder yet. A cancelled or killed batch goes on when it is
	// run again. overwrite begins anew where the folder has something else (app/batch.DifferentError).
	// report counts iterations of all images.
	RunBatch(ctx context.Context, spec BatchSpec, out string, overwrite bool, gate *job.Gate, update func(BatchUpdate), report job.Reporter) error
}
