package plan

import (
	"fmt"

	"reverie/compute/nn"
	"reverie/shaders"
)

// Shape of a convolution that a choice is made for.

// ConvKind is a kind of convolution.
type ConvKind uint8

const (
	Conv3   ConvKind = iota // 3×3, stride 1, padding 1
	Deconv3                 // its transpose, weights [in][out][3][3]
	Deconv4                 // transposed 4×4, stride 2, padding 1, weights [in][out][4][4]
)

func (k ConvKind) String() string { return [...]string{"conv3", "deconv3", "deconv4"}[k] }

// Conv is a convolution in one direction.
type Conv struct {
	Kind    ConvKind
	Back    bool
	In, Out nn.Shape // of the layer, whatever the direction
	Images  int      // of a batch
}

func (c Conv) String() string {
	dir := "forward"
	if c.Back {
		dir = "backward"
	}
	return fmt.Sprintf("%s %s %v→%v ×%d", c.Kind, dir, c.In, c.Out, c.Images)
}

// sums and rows are the channels summed over and made.
func (c Conv) sums() int {
	if c.Back {
		return c.Out.C
	}
	return c.In.C
}

func (c Conv) rows() int {
	if c.Back {
		return c.In.C
	}
	return c.Out.C
}

// taps is the number of taps of one output pixel.
func (c Conv) taps() int {
	switch {
	case c.Kind != Deconv4:
		return 9
	case c.Back:
		return 16
	}
	return 4
}

// columns is the number of columns of one image; a parity's where there are four.
func (c Conv) columns() int { return c.In.H * c.In.W }

// Flops is the work of the direct way for the whole batch, as papers count it.
func (c Conv) Flops() float64 {
	n := 2 * float64(c.Images) * float64(c.In.C) * float64(c.Out.C) * float64(c.In.H*c.In.W)
	if c.Kind == Deconv4 {
		return n * 16
	}
	return n * 9
}

// Tile is how the threads of a workgroup share a matrix product.
type Tile struct {
	WX, WY int // threads along columns and row quads
	TN, TM int // columns and row quads of one thread
	KT     int // summed quads per turn in shared memory; 0 keeps operands in registers
	Pad    int
}

func (t Tile) params() shaders.Params {
	return shaders.Params{WX: t.WX, WY: t.WY, TN: t.TN, TM: t.TM, KT: t.KT, Pad: t.Pad}
}

func (t Tile) String() string {
	s := fmt.Sprintf("%d×%d threads of %d×%d", t.WX, t.WY, t.TN, 4*t.TM)
	if t.KT > 0 {
		s += fmt.Sprintf(", shared %d", 4*t.KT)
	}
	return s
}

// Choice is how a convolution is computed.
type Choice struct {
	Winograd bool
	Tile     Tile
	Split    int  // parts of the sum; 1 is whole. Not with Winograd
	Texel    bool // operands through buffer textures
}

func (c Choice) String() string {
	s := "direct"
	if c.Winograd {
		s = "winograd"
	}
	s += ", " + c.Tile.String()
	if c.Split > 1 {
		s += fmt.Sprintf(", sum in %d", c.Split)
	}
	if c.Texel {
		s += ", textures"
	}
	return s
}

// Limits are the driver's.
type Limits struct {
	StorageBlock int64 // bytes of one bound range
	Texels       int64 // of a buffer texture
	Shared       int   // bytes of shared memory of a workgroup
	Invocations  int   // threads of a workgroup
	Groups       int   // workgroups along one axis
}

// Minimal are the limits that every OpenGL 4.3 driver has.
var Minimal = Limits{StorageBlock: 1 << 24, Texels: 1 << 16, Shared: 1 << 15, Invocations: 1024, Groups: 65535}

// Profile is what is known of a device before anything is measured.
type Profile struct {
	Name      string
	Texel     bool    // buffer textures are the faster way to read
	Scalar    bool    // four stores of a float are faster than one of a vec4
	Shared    bool    // shared memory pays
	Tiles     []Tile  // tried first, the larger first
	Winograd  int     // smallest number of channels for which Winograd pays; 0 never
	Cores     int     // workgroups that run at a time
	Rate      float64 // floating point operations per second, a low guess
	Workspace int64   // bytes
	Exact     bool    // forbids Winograd
	// Tuned holds measured choices by Conv.String; it goes before the rest.
	Tuned map[string]Choice
}

// Profiles by vendor. Rates are those of the slowest card one may meet, since
// they only cut the work into dispatches that end in time.
var (
	NVIDIA   = Profile{Name: "nvidia", Shared: true, Winograd: 64, Cores: 64, Rate: 1e12, Workspace: 64 << 20}
	AMD      = Profile{Name: "amd", Shared: true, Winograd: 64, Cores: 32, Rate: 5e11, Workspace: 64 << 20}
	Intel    = Profile{Name: "intel", Winograd: 16, Cores: 24, Rate: 1e11, Workspace: 32 << 20}
	Software = Profile{
		Name: "software", Texel: true, Scalar: true, Winograd: 16, Cores: 2, Rate: 5e9, Workspace: 16 << 20,
		Tiles: []Tile{{16, 4, 4, 2, 0, 0}, {16, 2, 4, 2, 0, 0}}, // larger ones spill registers
	}
	Unknown = Profile{Name: "unknown", Winograd: 64, Cores: 16, Rate: 1e11, Workspace: 32 << 20}
)

// Tiles that a choice is made among, the larger first. Those in shared memory
// follow what is known to win on large GPUs (compute.md §1).
var (
	sharedTiles = []Tile{
		{16, 16, 8, 2, 2, 1}, {16, 8, 8, 2, 2, 1}, {16, 8, 8, 2, 4, 1}, {16, 8, 4, 2, 4, 1},
		{32, 4, 4, 2, 4, 1}, {8, 8, 4, 2, 4, 1}, {16, 4, 4, 1, 4, 1},
	}
	registerTiles = []Tile{
		{64, 1, 8, 2, 0, 0}, {32, 2, 4, 2, 0, 0}, {64, 1, 4, 2, 0, 0}, {16, 4, 4, 2, 0, 0}, {32, 1, 4, 2, 0, 0},
		{16, 2, 4, 2, 0, 0}, {64, 1, 4, 1, 0, 0}, {32, 1, 2, 1, 0, 0},
	}
)

// usable reports whether a tile suits the limits and wastes less than half its rows.
func (t Tile) usable(rows4 int, lim Limits) bool {
	p := t.params()
	if p.WG() > lim.Invocations || p.BM4() >= 2*rows4 && p.BM4() > 1 && t.TM > 1 {
		return false
	}
	return t.KT == 0 || p.Fits() && p.SharedBytes() <= lim.Shared
}

// winogradFits reports whether the way is open: its weights must fit one bound range.
func (c Conv) winogradFits(lim Limits) bool {
	size := int64(Pack{Form: Winograd, In: c.In, Out: c.Out.C}.Floats()) * 4
	return c.Kind == Conv3 && (size <= lim.StorageBlock || size/16 <= lim.Texels)
}

func (c Conv) tiles4() int { return (c.In.H + 3) / 4 * ((c.In.W + 3) / 4) }

// Choose is the choice without measurement, or the tuned one.
func (p Profile) Choose(c Conv, lim Limits) Choice {
	if t, ok := p.Tuned[c.String()]; ok && !(t.Winograd && p.Exact) {
		return t
	}
	ch := Choice{Texel: p.Texel, Split: 1}
	least := min(c.sums(), c.rows())
	ch.Winograd = !p.Exact && p.Winograd > 0 && least >= p.Winograd && c.winogradFits(lim)
	cols, depth := c.columns()*c.Images, 1
	if ch.Winograd {
		cols, depth = c.tiles4()*c.Images, 36
	} else if c.Kind == Deconv4 && !c.Back {
		depth = 4
	}
	ch.Tile = p.tile(quads(c.rows()), cols, depth, lim)
	if !ch.Winograd && depth == 1 {
		k := c.taps() * quads(c.sums())
		groups := ch.Tile.groups(quads(c.rows()), cols)
		ch.Split = max(1, min(8, 2*p.Cores/groups, k/32))
	}
	return ch
}

func (t Tile) groups(rows4, cols int) int {
	p := t.params()
	return ((rows4 + p.BM4() - 1) / p.BM4()) * ((cols + p.BN() - 1) / p.BN())
}

// tile is the largest that keeps every core busy twice over.
func (p Profile) tile(rows4, cols, depth int, lim Limits) Tile {
	var last Tile
	lists := [][]Tile{p.Tiles, registerTiles}
	if p.Shared {
		lists = [][]Tile{p.Tiles, sharedTiles, registerTiles}
	}
	for _, list := range lists {
		for _, t := range list {
			if !t.usable(rows4, lim) {
				continue
			}
			last = t
			if t.groups(rows4, cols)*depth >= 2*p.Cores {
				return t
			}
		}
		if last != (Tile{}) {
			return last
		}
	}
	return registerTiles[len(registerTiles)-1]
}

// Simplest is the way that needs least of a driver; others are compared with it.
func Simplest() Choice { return Choice{Tile: registerTiles[len(registerTiles)-1], Split: 1} }

// Candidates are the choices that a tuner tries.
func (c Conv) Candidates(lim Limits, exact bool, textures ...bool) []Choice {
	var out []Choice
	for _, texel := range textures {
		for _, t := range append(append([]Tile(nil), sharedTiles...), registerTiles...) {
			if !t.usable(quads(c.rows()), lim) {
				continue
			}
			if c.winogradFits(lim) && !exact {
				out = append(out, Choice{Winograd: true, Tile: t, Split: 1, Texel: texel})
			}
			out = append(out, Choice{Tile: t, Split: 1, Texel: texel})
			if c.Kind == Deconv4 && !c.Back {
				continue
			}
			for _, s := range []int{2, 4, 8} {
				// more parts only where the grid is small and the sum long
				if c.taps()*quads(c.sums()) >= 32*s && t.groups(quads(c.rows()), c.columns()*c.Images) <= 512 {
					out = append(out, Choice{Tile: t, Split: s, Texel: texel})
				}
			}
		}
	}
	return out
}
