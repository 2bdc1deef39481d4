// Package compute states what a backend does: evaluate a network on a batch of
// images, giving the loss of each chosen layer and the gradient with respect to
// the input. Backends live in compute/cpu, compute/gl and compute/ref.
package compute

import (
	"context"
	"errors"

	"reverie/compute/nn"
)

var (
	// ErrNoDevice says that the machine has nothing this backend can run on.
	ErrNoDevice = errors.New("no usable device")
	// ErrClosed says that a program was used after Close.
	ErrClosed = errors.New("program is closed")
	// ErrDeviceLost says that the device went away while it computed: a driver
	// reset, a GPU unplugged. The backend is of no use any more; another can go on.
	ErrDeviceLost = errors.New("the device was lost")
	// ErrDeviceMemory says that the device has too little memory for the program.
	ErrDeviceMemory = errors.New("not enough memory on the device")
)

// Backend compiles networks for one device. It is safe for concurrent use.
type Backend interface {
	// Name is "cpu", "gl" or "ref".
	Name() string
	// Device describes the hardware and library for people, e.g. "AMD EPYC, oneDNN 2.6.3, 2 threads".
	Device() string
	// Compile prepares a program. The weights' slices must not change while the program is open.
	Compile(spec Spec) (Program, error)
	// Close frees the device. All programs must be closed before.
	Close() error
}

// Loss is how features f are compared with a target y through a mask m, which is 1 where it is not given
// (Methods; icnn's loss.py, kamitani.md §4.1).
type Loss uint8

const (
	L2    Loss = iota // Σ m·(f−y)²
	L1                // Σ |m·(f−y)|, its derivative 0 where f = y
	Inner             // −Σ m·f·y
	// Gram is Σ (G(f)−G(y))² / (4N²M²), where G(f) holds the products of the N channels of m·f, each
	// summed over its M pixels. The gradient is the derivative; icnn's is the same but for masks that
	// differ between the channels of a pixel.
	Gram
)

// Losses names them as the lab does.
var Losses = []string{"l2", "l1", "inner", "gram"}

func (l Loss) String() string { return Losses[l] }

// Target is what one slot aims at in one layer.
type Target struct {
	Values []float32 // C,H,W order
	Mask   []float32 // as many, 0 leaves a unit out; nil is 1 everywhere
	Weight float64   // of the layer's loss
}

// Spec says what a program computes.
type Spec struct {
	Net     *nn.Network
	Weights nn.Weights
	// Batch is the number of slots: the most images of one call. At least 1.
	Batch int
	// Layers are the layers that carry a loss or are extracted, in any order.
	// Nothing above the highest of them is run or allocated.
	Layers []string
	// Gradient is false for feature extraction alone; Evaluate then returns an error.
	Gradient bool
	Loss     Loss
}

// Program evaluates one network. Calls may come from any goroutine, one at a time.
//
// Images are NCHW float32 without padding: [n][C][H][W] of Spec.Net.Input, BGR
// with the mean subtracted; the latent vectors [n][units] of a network behind a
// generator. Layer indices count Spec.Layers in the given order.
//
// A cancelled context ends the call within 200 ms with context.Cause(ctx); loss,
// grad and out are then undefined and the program stays usable (targets kept).
type Program interface {
	Spec() Spec

	// SetTarget gives slot its target for one layer. It is copied. A layer never set has weight 0.
	SetTarget(slot, layer int, t Target) error

	// Evaluate computes, for image i of x in slot slots[i],
	//
	//	loss[i*len(Layers)+l] = weight · Loss(feature, target, mask)
	//	grad[i]               = ∂ Σ_l loss[i,l] / ∂ x[i]
	//
	// Slots must differ. loss has n·len(Layers) values and grad the length of x.
	Evaluate(ctx context.Context, x []float32, slots []int, loss []float64, grad []float32) error

	// Features computes the outputs of Spec.Layers before their activation:
	// out[l] has n·units values, [n][C][H][W].
	Features(ctx context.Context, x []float32, n int, out [][]float32) error

	// Picture gives the picture, as Spec.Net.Picture(), that the generator made of
	// image i in the latest Evaluate that succeeded. Without a generator, or before, it is an error.
	Picture(i int, dst []float32) error

	Close() error
}

// Plan tells how a program computes, for people and for provenance.
type Plan struct {
	Hash    string // equal plans on equal devices give equal bits; "" where a backend has but one way
	Summary string // one line, e.g. "9 of 16 convolutions by Winograd, tuned"
	Memory  uint64 // bytes held on the device
}

// Planner is a program that tells its plan.
type Planner interface{ Plan() Plan }
