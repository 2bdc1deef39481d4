// Package session holds what the program shows and does: the open subject, the
// plan of a reconstruction, and the engine that carries it out. The window and
// the commands both work through it.
package session

import (
	"context"
	"image"

	"reverie/app/job"
	"reverie/app/models"
	"reverie/compute/brain"
	"reverie/compute/weights"
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

// Dataset is one session's samples. One without a File has none: pictures or stored features alone.
type Dataset struct {
	Session       brain.Session
	File          string   // the first of Files
	Files         []string // joined in this order
	Samples, Runs int
	ROIs          []ROI
	Stimuli       []Stimulus
	LabelKey      string // BData key whose numbers name the stimuli
	Table         string // stimulus table that they are looked up in; empty where the file names them
	ByID          bool   // they are stimulus ids, as 1518878.005958 for n01518878_5958
	DataType      int    // of a file that holds several sessions; 0 is all of it
	Repeated      int    // samples that only repeat the stimulus before them, as in a one-back task
	Store         string // of stored features: the path of the store
}

// Subject is the open data of one person.
type Subject struct {
	Name      string
	Dir       string
	Paths     []string // what the user opened, for opening more beside it
	Simulated bool     // made by the program, no person behind it
	Notes     []string // what was missing or odd, for the user; stands in records too
	// DropRepetitions leaves out the blocks that repeat the stimulus before them (bdata.Options).
	DropRepetitions bool
	Report          []Finding
	Files           []File       // all that was recognised
	Stored          []Feature    // stores of features that reconstructions can start from
	Trained         []TrainedSet // decoders that can be used instead of training on the way
	// Caution stands beside every picture made from this subject's activity; empty is none.
	Caution  string
	Datasets []Dataset
}

// Level grades a finding.
type Level int

// The levels.
const (
	Fine Level = iota
	Warning
	Wrong
)

// Finding is a line of the report on what was opened.
type Finding struct {
	Level Level  `json:"level"` // 0 fine, 1 warning, 2 error
	About string `json:"about"` // a file or folder by its name, or a topic
	Text  string `json:"text"`
	Do    string `json:"do,omitempty"` // what to do, where there is something
}

// File is something that was recognised among what was opened.
type File struct {
	Path string `json:"path"`
	Kind string `json:"kind"`
}

// Opened is what came of opening.
type Opened struct {
	Subject *Subject  // nil where there is none: models alone were opened
	Models  []string  // files that were added to the models
	Report  []Finding // on these models
}

// Network is a network that reconstructions can use.
type Network struct {
	ID    string // for UseNetwork
	Name  string
	Note  string // what the weights are
	InUse bool
}

// Feature is a store of features with what a choice is made from.
type Feature struct {
	Name   string // its folder
	Path   string
	Layout string
	ROIs   []string // empty where it has none, as true features
	Layers []string
	Units  []int // of each layer
	Labels []string
}

// TrainedSet is a folder of trained decoders with what a choice is made from.
type TrainedSet struct {
	Name     string // the folder's
	Path     string
	Method   string // for people
	ROIs     []string
	Layers   []string
	Complete bool // no unit is missing
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
	Trainer
	Batcher
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
	// Networks lists what UseNetwork takes.
	Networks() []Network
	// UseNetwork changes the network, not while something is computed. On an error everything stays as it was.
	UseNetwork(ctx context.Context, id string, report job.Reporter) error
	// Priors lists the generators that fit the network in use, the first to be taken where nothing is said.
	Priors() []Network
	// Fits reports how a subject's stored features go with the network in use.
	Fits(*Subject) []Finding
	// CheckNetwork compares the features of natural pictures with published standard deviations,
	// of a statistics file or ("") of the one among the models.
	CheckNetwork(ctx context.Context, pictures []string, statistics string, report job.Reporter) (weights.StdReport, error)
	// Models is the list of the user's model files.
	Models() *models.Store
	// Open opens files or folders that the user chose or dropped: a subject, or more of the
	// open one (nil is none), which stays as it is; models are added to the list.
	Open(ctx context.Context, open *Subject, paths []string, report job.Reporter) (*Opened, error)
	// Thumbnail is the picture of a stimulus, at most size pixels wide and high; nil without one.
	Thumbnail(s Stimulus, size int) (*image.NRGBA, error)
	// Reconstruct runs a plan. A cancelled run returns what it has and the context's error.
	Reconstruct(ctx context.Context, s *Subject, plan Plan, gate *job.Gate, update func(Update), report job.Reporter) ([]Outcome, error)
}
