// Package nn describes the networks that Reverie evaluates: a chain of
// convolutions, poolings and fully connected layers with a pre-activation
// output ("feature") at every convolution and fully connected layer, at times
// behind a generator that makes its picture from a latent vector. It holds
// shapes and weights only; backends do the arithmetic.
//
// Conventions are Caffe's: cross-correlation, weights [out][in][ky][kx] and
// [out][in], activations NCHW, poolings that round sizes up unless told
// otherwise. Features are taken before the activation (kamitani.md §3.1).
package nn

import "fmt"

// Shape is the size of one image's activation: channels × height × width.
// A fully connected layer has H = W = 1.
type Shape struct{ C, H, W int }

// Len is the number of units.
func (s Shape) Len() int { return s.C * s.H * s.W }

func (s Shape) String() string { return fmt.Sprintf("%d×%d×%d", s.C, s.H, s.W) }

// Kind tells what an Op does.
type Kind uint8

const (
	// Conv is a 3×3 convolution, stride 1, zero padding 1, with bias.
	Conv Kind = iota
	// Pool is a 2×2 pooling with stride 2.
	Pool
	// FC is a fully connected layer with bias over its input flattened in C,H,W order.
	FC
	// Deconv is a transposed 4×4 convolution, stride 2, padding 1, with bias: twice the
	// height and width. Weights are [in][out][4][4], as those of Caffe's Deconvolution.
	Deconv
	// Crop takes the middle: from row (In.H − Out.H)/2 and column (In.W − Out.W)/2, rounded down.
	Crop
)

func (k Kind) String() string { return [...]string{"conv", "pool", "fc", "deconv", "crop"}[k] }

// PoolMode selects the pooling function.
type PoolMode uint8

const (
	// MaxPool takes the largest activation of a window; of equals the first in scan order.
	MaxPool PoolMode = iota
	// AveragePool divides by the number of inputs inside the image, as Caffe does for clipped windows.
	AveragePool
)

func (m PoolMode) String() string { return [...]string{"max", "average"}[m] }

// Op is one step of a network.
//
// The input of every op but the first is the previous op's output after that
// op's activation (if Act). The output named Name is taken before it. In may be
// another shape of as many values, which are the same in C,H,W order.
type Op struct {
	Kind    Kind
	Name    string // conv1_1 … conv5_4, pool1 … pool5, fc6 … fc8
	In, Out Shape
	Pool    PoolMode // for Pool
	// Act says that a rectifier follows: y = max(x,0) + Slope·min(x,0).
	Act   bool
	Slope float32 // 0 is ReLU, 0.2 the imagery variant
}

// HasFeature reports whether the op's output can be a target or be extracted: all but poolings.
func (o Op) HasFeature() bool { return o.Kind != Pool }

// HasWeights reports whether the op has weights and biases.
func (o Op) HasWeights() bool { return o.Kind == Conv || o.Kind == FC || o.Kind == Deconv }

// WeightShape is the shape of the op's weights; nil where it has none.
func (o Op) WeightShape() []int {
	switch o.Kind {
	case Conv:
		return []int{o.Out.C, o.In.C, 3, 3}
	case FC:
		return []int{o.Out.C, o.In.Len()}
	case Deconv:
		return []int{o.In.C, o.Out.C, 4, 4}
	}
	return nil
}

// FanIn is the number of inputs that one unit sums over.
func (o Op) FanIn() int {
	switch o.Kind {
	case Conv:
		return 9 * o.In.C
	case Deconv: // of the 16 taps every fourth meets a pixel
		return 4 * o.In.C
	}
	return o.In.Len()
}

// Weights is the number of the op's weights, without biases.
func (o Op) Weights() int {
	n := 1
	for _, s := range o.WeightShape() {
		n *= s
	}
	if !o.HasWeights() {
		return 0
	}
	return n
}

// Network is a chain of ops. It is immutable once built.
type Network struct {
	Name  string // shown to the user and kept in provenance
	Input Shape  // a picture, or the generator's latent vector
	Ops   []Op
	// Head is the number of leading ops that are a generator's, the crop to the picture with them; 0 without one.
	Head int
}

// Picture is the shape of the picture: the input, or what the generator makes.
func (n *Network) Picture() Shape {
	if n.Head > 0 {
		return n.Ops[n.Head-1].Out
	}
	return n.Input
}

// Layers names the layers with features, in forward order (19 for VGG19); not those of a generator.
func (n *Network) Layers() []string {
	var names []string
	for _, op := range n.Ops[n.Head:] {
		if op.HasFeature() {
			names = append(names, op.Name)
		}
	}
	return names
}

// Op finds an op by name; ok is false where there is none.
func (n *Network) Op(name string) (op Op, index int, ok bool) {
	for i, op := range n.Ops {
		if op.Name == name {
			return op, i, true
		}
	}
	return Op{}, -1, false
}

// Units is the number of feature units over all layers.
func (n *Network) Units() int {
	sum := 0
	for _, op := range n.Ops[n.Head:] {
		if op.HasFeature() {
			sum += op.Out.Len()
		}
	}
	return sum
}

// Parameters is the number of weights and biases.
func (n *Network) Parameters() int {
	sum := 0
	for _, op := range n.Ops {
		if op.HasWeights() {
			sum += op.Weights() + op.Out.C
		}
	}
	return sum
}

// Group is the DNN group that a layer belongs to, 1 … 8 (conv3_2 → 3, fc6 → 6); 0 where the name has none.
func Group(layer string) int {
	var g int
	if n, _ := fmt.Sscanf(layer, "conv%d_", &g); n == 1 {
		return g
	}
	if n, _ := fmt.Sscanf(layer, "fc%d", &g); n == 1 {
		return g
	}
	return 0
}
