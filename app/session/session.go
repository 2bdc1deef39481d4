// Package session holds what the program shows and does: the open subject, the
// plan of a reconstruction, and the engine that carries it out. The window and
// the commands both work through it.
package session

import (
	"context"
	"image"

	"reverie/app/job"
	"reverie/compute/brain"
)

// ROI is a region of interest of a dataset.
type ROI struct {
	Name   string // V1 … VC, without the ROI_ prefix of the file
	Voxels int
}

// Stimulus is something a subject saw or imagined.
type Stimulus struct {
	Label   string        // as in the subject's file
	Session brain.Session // the session it was shown in
	Image   string        // path of the picture; empty where there is none
}

// Dataset is one session's file.
type Dataset struct {
	Session       brain.Session
	File          string
	Samples, Runs int
	ROIs          []ROI
	Stimuli       []Stimulus
}

// Subject is the open data of one person.
type Subject struct {
	Name      string
	Dir       string
	Simulated bool     // made by the program, no person behind it
	Notes     []string // what was missing or odd, for the user
	// Caution stands beside every picture made from this subject's activity; empty is none.
	Caution  string
	Datasets []Dataset
}

// Source says whose features a reconstruction starts from.
type Source string

const (
	Decoded Source = "decoded" // from brain activity
	True    Source = "true"    // of the stimulus itself: the method's ceiling
)

// Plan is what to reconstruct and how.
type Plan struct {
	Stimuli    []Stimulus
	ROI        string   // for Decoded
	Layers     []string // of the network, any subset
	Source     Source
	Preset     string // "paper" or "lab"
	Iterations int    // 0 is the preset's 200
}

// Update is one new picture of a running reconstruction.
type Update struct {
	Index      int // into Plan.Stimuli
	Iteration  int
	Evaluation int
	Loss       []float64 // per layer of Plan.Layers
	Total      float64
	Picture    *image.NRGBA // belongs to the receiver
}

// Outcome is one finished image.
type Outcome struct {
	Index       int
	Picture     *image.NRGBA // network input size, as displayed
	Original    *image.NRGBA // nil where there is no picture
	Correlation float64      // pixel correlation with the original; NaN without one
	Loss        float64
	Evaluations int
	Reason      string // why it stopped
	Err         error  // non-nil where it stopped on a failure; Picture is the best until then
}

// Computing is what computes now.
type Computing struct {
	Device string // see Engine.Device
	Why    string // why this one
	// Warning is what there is to know about the choice, e.g. that it is slow; mostly empty.
	Warning string
	Failed  bool   // the GPU failed, the processor took over
	Memory  uint64 // of a GPU in bytes, 0 where unknown
	Plan    string // how the GPU does its convolutions, one line; empty for the processor
	Hash    string // of the plan
	Used    uint64 // bytes of the GPU's memory that the plan takes
	// Notes are failures of the device and what was done then. With one device the list only grows.
	Notes []string
}

// Device is something that could compute.
type Device struct {
	Backend, Device string // for UseDevice
	Name            string
	Problem         string // why it cannot be chosen; empty where it can
	Chosen          bool   // it is what was asked for last
}

// Engine does the work. Its methods may be called from any goroutine; one
// Reconstruct runs at a time and a second waits. Callbacks come from the
// engine's goroutines and must not block.
type Engine interface {
	// Device says what computes, e.g. "CPU: AMD EPYC, oneDNN 2.6.3, 2 threads".
	Device() string
	// Computing tells more of it, and of the plan of the latest reconstruction.
	Computing() Computing
	// Devices lists what could compute; it may take a second.
	Devices() []Device
	// UseDevice changes what computes, not while something is computed. On an
	// error everything stays as it was; the first time, something else is taken.
	UseDevice(backend, device string) error
	// Network names the network and its layers in forward order.
	Network() (name string, layers []string)
	// Demo opens the built-in simulated subject, making its files first where they are missing.
	Demo(ctx context.Context, report job.Reporter) (*Subject, error)
	// Open opens a subject from files or folders that the user chose or dropped.
	Open(ctx context.Context, paths []string, report job.Reporter) (*Subject, error)
	// Thumbnail is the picture of a stimulus, at most size pixels wide and high; nil without one.
	Thumbnail(s Stimulus, size int) (*image.NRGBA, error)
	// Reconstruct runs a plan. A cancelled run returns what it has and the context's error.
	Reconstruct(ctx context.Context, s *Subject, plan Plan, gate *job.Gate, update func(Update), report job.Reporter) ([]Outcome, error)
}
