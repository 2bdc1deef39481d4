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
}

// Program evaluates one network. Calls may come from any goroutine, one at a time.
//
// Images are NCHW float32 without padding: [n][C][H][W] of Spec.Net.Input, BGR
// with the mean subtracted. Layer indices count Spec.Layers in the given order.
//
// A cancelled context ends the call within 200 ms with context.Cause(ctx); loss,
// grad and out are then undefined and the program stays usable (targets kept).
type Program interface {
	Spec() Spec

	// SetTarget gives slot its target for one layer: values in C,H,W order and
	// the weight of that layer's loss. The values are copied. A layer never set has weight 0.
	SetTarget(slot, layer int, values []float32, weight float64) error

	// Evaluate computes, for image i of x in slot slots[i],
	//
	//	loss[i*len(Layers)+l] = weight · Σ (feature − target)²
	//	grad[i]               = ∂ Σ_l loss[i,l] / ∂ x[i]
	//
	// Slots must differ. loss has n·len(Layers) values and grad the length of x.
	Evaluate(ctx context.Context, x []float32, slots []int, loss []float64, grad []float32) error

	// Features computes the outputs of Spec.Layers before their activation:
	// out[l] has n·units values, [n][C][H][W].
	Features(ctx context.Context, x []float32, n int, out [][]float32) error

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
