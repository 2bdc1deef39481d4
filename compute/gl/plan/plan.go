// Package plan turns a network into what the GPU has to do: buffers, kernels and
// dispatches, as plain data. Nothing here needs OpenGL.
//
// Memory is used in place. Forward keeps the pre-activation of every layer; a
// layer's loss is added up once its forward pass is done; backward then
// overwrites each pre-activation with the gradient, pixel by pixel, so there are
// no gradient buffers. Poolings find their maximum again instead of storing it.
// The gradient of a loss of products (gram) takes all channels of a pixel: it has a
// buffer, made just before the layer is overwritten. A generator's picture is copied.
package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"reverie/shaders"
)

// Kind says what a tensor holds.
type Kind uint8

const (
	Constant  Kind = iota // packed weights or biases
	State                 // activation, later its gradient, per image
	Target                // per slot
	Table                 // (slot, factor, 0, 0) per layer and image
	Workspace             // between the kernels of one group
	Input                 // images as they come, NCHW, per image
	Output                // gradient or features, NCHW, per image
	Partial               // stretches of the losses
	Mask                  // per slot
	Matrix                // products of a layer's channels less the target's, or sums of a layer of one pixel, per image
	Gram                  // gradient of a loss of products, per image, of one layer at a time
	Picture               // what a generator made, NCHW, per image
)

// Tensor is one buffer.
type Tensor struct {
	Name   string
	Kind   Kind
	Image  int64 // bytes of one image or slot, a multiple of 256; 0 where there is no such thing
	Bytes  int64
	Layout Layout // State
	Pack   *Pack  `json:",omitempty"` // Constant
}

// Kernel is one compiled program.
type Kernel struct {
	Shader string
	Params shaders.Params
}

// Bind attaches a tensor to a binding of a kernel.
type Bind struct {
	Index  int
	Tensor int
	Texel  bool  // read through a buffer texture
	Per    Per   // how the bound range follows the work
	Offset int64 // where the part that counts begins
	Stride int64 // bytes per image, slot or column
}

// Per says what a bound range depends on.
type Per uint8

const (
	Whole    Per = iota // all of it
	PerImage            // the images of the group
	PerSlot             // their slots
	PerCol              // the columns of the dispatch
)

// Step is one kernel over a range of columns. Columns are counted over the
// images of a group, or over the batch where PerBatch is set.
type Step struct {
	Label    string
	Kernel   int
	Binds    []Bind
	Cols     int // per image, or per batch
	PerBatch bool
	Tile     int     // columns of a workgroup
	Rows     int     // workgroups along y
	Depth    int     // workgroups along z
	Parts    int     // of a split sum
	Images   int     // where set, z is the number of portions of so many images
	Cost     float64 // floating point operations of one column, or what takes as long
}

// Group is a chain of steps that share their columns: chunk by chunk, each step
// once, so that a workspace need not hold all.
type Group struct {
	Steps []Step
	Chunk int // most columns of a chunk; 0 is all
}

// Plan is a program for one network, batch and device.
type Plan struct {
	Tensors []Tensor
	Kernels []Kernel
	Slots   int

	Load     []Group   // images into the network's layout
	Forward  []Group   // features of every layer
	Keep     []Group   // the generator's picture, before backward overwrites it
	Losses   []Group   // what the losses sum over
	Backward []Group   // gradient with respect to the input, in Output
	Extract  [][]Group // per layer of the spec: its features into Output
	Aim      [][]Group // per layer: the products of the state of image 0 into its Matrix; nil where a target is the values

	Input, Output, Table, Partial, Picture int // tensors; −1 where there is none
	// per layer of the spec
	States, Targets, Masks, Matrices []int // Masks is nil without masks; a Matrix is −1 where there is none
	Losing                           []Losing
	Choices                          []Chosen // how each convolution is done, in order of use
}

// Losing says where the loss of a layer of the spec lies in Partial.
type Losing struct {
	Offset    int64 // bytes
	Stretches int   // float32 per image
	// The loss is the weight × Scale × the sum of the stretches; the kernels' factor
	// of the gradient is the weight × Slope.
	Scale, Slope float64
}

// Chosen is one convolution's way.
type Chosen struct {
	Layer string
	Shape Conv
	Choice
}

// All lists every phase's groups.
func (p *Plan) All() [][]Group {
	return append(append(p.Evaluation(), p.Extract...), p.Aim...)
}

// Evaluation lists the phases of an evaluation in their order.
func (p *Plan) Evaluation() [][]Group {
	return [][]Group{p.Load, p.Forward, p.Keep, p.Losses, p.Backward}
}

// TableRow is where a layer's row of the table begins, in bytes.
func (p *Plan) TableRow(layer int) int64 { return int64(layer) * tableRow(p.Slots) }

func tableRow(slots int) int64 { return roundUp(16*int64(slots), 256) }

// Memory is the number of bytes of all tensors.
func (p *Plan) Memory() (n int64) {
	for _, t := range p.Tensors {
		n += t.Bytes
	}
	return n
}

// Hash identifies the plan together with the text of the shaders: equal hashes on
// the same device and driver give equal bits.
func (p *Plan) Hash() string {
	b, err := json.Marshal(p)
	if err != nil {
		panic(fmt.Sprintf("plan: %v", err)) // plain data only
	}
	sum := sha256.Sum256(append([]byte(shaders.Hash()), b...))
	return hex.EncodeToString(sum[:8])
}

// Summary is one line for people.
func (p *Plan) Summary() string {
	wino, shared := 0, 0
	for _, c := range p.Choices {
		if c.Winograd {
			wino++
		}
		if c.Tile.KT > 0 {
			shared++
		}
	}
	s := fmt.Sprintf("%d of %d convolutions by Winograd", wino, len(p.Choices))
	if shared > 0 {
		s += fmt.Sprintf(", %d in shared memory", shared)
	}
	return fmt.Sprintf("%s, %d kernels", s, len(p.Kernels))
}
