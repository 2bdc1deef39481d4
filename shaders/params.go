package shaders

import (
	"fmt"
	"math"
)

// View is how an activation lies in its buffer; all in vec4.
type View struct {
	Image  int // from one image to the next
	Plane  int // from one channel quad to the next
	Row    int // from one row to the next
	Origin int // the first pixel within a plane
}

// Epilogue says what becomes of a finished sum, see include/epilogue.glsl.
type Epilogue struct {
	Kind   string // raw, bias or back
	Act    bool   // back: a rectifier follows the destination's layer
	Slope  float64
	Inject bool   // back: the layer has a loss of its own
	Loss   string // which: l2, l1, inner or gram
	Masked bool   // through a mask
	Image  int    // the destination's View.Image
}

// Own says that what the destination holds is needed before it is overwritten.
func (e Epilogue) Own() bool {
	return e.Act || e.Inject && (e.Loss == "l2" || e.Loss == "l1")
}

// Params are what a kernel is made for. Each kernel uses some of them.
type Params struct {
	Texel  bool // read through buffer textures, not storage buffers
	Scalar bool // store vec4 as four floats, which llvmpipe does faster
	WX, WY int  // threads of a workgroup along columns and row quads

	// The source is rectified when it is read.
	Rectify bool
	Slope   float64

	In, Out                View
	InW, InH, OutW, OutH   int
	Cols                   int // columns of one image
	Channels               int // of a plain NCHW image
	Plain                  int // floats from one plain image to the next
	TilesX                 int // windows or tiles along a row
	Epi                    Epilogue
	Average                bool // pooling
	Back                   bool // Winograd input transform of a gradient
	Stretch                int  // vec4 of an image that one workgroup of the loss adds up
	Images                 int  // fc: images that share one reading of the weights
	In4, Out4, Rows, Batch int  // fc: quads of inputs and outputs, row quads of a slice, slots
	Slices                 int
	Flat                   bool // fc: the input lies without border
	Reshape                bool // move: the same values in another shape
	OffY, OffX             int  // move: where the destination's first pixel lies in the source
	Bare                   bool // gram_sum: nothing is subtracted

	// Matrix product: row quads × columns, summed over taps × input quads.
	TM, TN     int  // row quads and columns of one thread
	KT         int  // input quads of one turn in shared memory
	Pad        int  // vec4 that keep shared rows off each other's banks
	Careful    bool // see products
	Dot        bool // weights run along the sum
	Pixels     bool // columns are pixels, not places of a workspace
	Parity     bool // transposed convolution: z is the output pixel's parity
	Positions  bool // Winograd: z is the position
	C4, M4     int  // quads summed over per tap, quads of rows
	K          int  // taps × C4
	KH, KW     int
	Stride     int
	Tap0       int // index of a tap: Tap0 + y·TapY + x·TapX
	TapY, TapX int
	TapsPerRow int
	Parts      bool // the sum is made in parts, which sum.comp adds; z is the part
	Workspace  int  // columns that the workspace holds
}

// Load is the function applied to what is read from the source.
func (p Params) Load() string {
	if p.Rectify {
		return "rect"
	}
	return ""
}

// Slab is the position whose weights a Winograd product uses.
func (p Params) Slab() string {
	if p.Back {
		return "(PI[wgz() / 6] * 6 + PI[wgz() % 6])"
	}
	return "wgz()"
}

// The shared tiles of gemm_shared.comp.

// WG is the number of threads of a workgroup.
func (p Params) WG() int { return p.WX * p.WY }

// BN is the columns of a workgroup.
func (p Params) BN() int { return p.WX * p.TN }

// BM4 is the row quads of a workgroup.
func (p Params) BM4() int { return p.WY * p.TM }

// BMP is the vec4 of one summed quad in the shared weights.
func (p Params) BMP() int { return 4*p.BM4() + p.Pad }

// BNarrow says that a workgroup has at least as many threads as columns.
func (p Params) BNarrow() bool { return p.WG() >= p.BN() }

// BDistinct is how many columns a thread fetches.
func (p Params) BDistinct() int { return max(1, p.BN()/p.WG()) }

// BLoads and WLoads are what a thread fetches per turn, in vec4.
func (p Params) BLoads() int { return p.KT * p.BN() / p.WG() }
func (p Params) WLoads() int { return p.KT * 4 * p.BM4() / p.WG() }

// BStep is how many summed quads lie between a thread's fetches.
func (p Params) BStep() int { return max(1, p.WG()/p.BN()) }

// SharedBytes is the shared memory of gemm_shared.comp.
func (p Params) SharedBytes() int { return 2 * p.KT * (p.BN() + p.BMP()) * 16 }

// Fits reports whether the tiles divide evenly among the threads.
func (p Params) Fits() bool {
	wg, bn := p.WG(), p.BN()
	return (wg%bn == 0 || bn%wg == 0) && p.KT*bn%wg == 0 && p.KT*4*p.BM4()%wg == 0
}

// winogradAlpha are the factors of backward, compute.md §2.5.
var winogradAlpha = [6]float64{1, -2, -2, -0.5, -0.5, 1}

// transform gives the names and constants of one 6-point transform: d0…d5 to
// o0…o5, the index of the other axis appended.
func transform(p Params, in, out, suffix string) (map[string]any, error) {
	m := map[string]any{"R2": math.Sqrt2, "Rh": math.Sqrt(0.5)}
	for i := range 6 {
		m[fmt.Sprint("D", i)] = fmt.Sprint(in, i)
		m[fmt.Sprint("O", i)] = fmt.Sprint(out, i, suffix)
		alpha := 1.0
		if p.Back {
			alpha = winogradAlpha[i]
		}
		m[fmt.Sprint("A", i)] = alpha
	}
	return m, nil
}

// inverse is the same for the output transform, six numbers to four.
func inverse(in, inSuffix, out, outSuffix string) map[string]any {
	m := map[string]any{"R2": math.Sqrt2, "Rh": math.Sqrt(0.5), "R23": 2 * math.Sqrt2, "Rh3": math.Sqrt(0.125)}
	for i := range 6 {
		m[fmt.Sprint("M", i)] = fmt.Sprint(in, i, inSuffix)
		m[fmt.Sprint("O", i)] = fmt.Sprint(out, i, outSuffix)
	}
	return m
}
