package nn

import (
	"errors"
	"fmt"
	"slices"
)

// VGG19Config sets the size and variant of a network with the VGG19 topology.
// The zero value is the paper's network: 224×224, full width, max pooling, ReLU.
type VGG19Config struct {
	Height, Width int // input size in pixels; 0 is 224
	// Divisor divides the channel counts (64 … 512) and fc6/fc7 (4096); 0 is 1, 8 the demo's.
	Divisor int
	Classes int      // units of fc8; 0 is 1000
	Pool    PoolMode // max, or average for the imagery variant
	Slope   float32  // 0 is ReLU, 0.2 the imagery variant's leaky ReLU
	// FloorPool rounds pooled sizes down (PyTorch's default) rather than up (Caffe's).
	FloorPool bool
}

// VGG19 builds the topology of Simonyan & Zisserman's configuration E: 16
// convolutions in groups of 2, 2, 4, 4, 4, a pooling after each group, and fc6,
// fc7, fc8. Every layer but fc8 is followed by the activation.
func VGG19(cfg VGG19Config) (*Network, error) {
	if cfg.Height == 0 {
		cfg.Height = 224
	}
	if cfg.Width == 0 {
		cfg.Width = cfg.Height
	}
	if cfg.Divisor == 0 {
		cfg.Divisor = 1
	}
	if cfg.Classes == 0 {
		cfg.Classes = 1000
	}
	if cfg.Height < 1 || cfg.Width < 1 || cfg.Classes < 1 {
		return nil, errors.New("VGG19: input size and classes must be positive")
	}
	if cfg.Divisor < 1 || 64%cfg.Divisor != 0 {
		return nil, fmt.Errorf("VGG19: divisor %d does not divide 64 channels", cfg.Divisor)
	}
	name := fmt.Sprintf("VGG19 %d×%d", cfg.Height, cfg.Width)
	if cfg.Divisor > 1 {
		name += fmt.Sprintf(" width 1/%d", cfg.Divisor)
	}
	if cfg.Pool == AveragePool || cfg.Slope != 0 {
		name += fmt.Sprintf(" (%s pooling, slope %g)", cfg.Pool, cfg.Slope)
	}
	net := &Network{Name: name, Input: Shape{3, cfg.Height, cfg.Width}}
	at := net.Input
	add := func(op Op) {
		op.In, op.Slope = at, cfg.Slope
		at = op.Out
		net.Ops = append(net.Ops, op)
	}
	for g, conv := range []int{2, 2, 4, 4, 4} {
		c := []int{64, 128, 256, 512, 512}[g] / cfg.Divisor
		for i := range conv {
			add(Op{Kind: Conv, Name: fmt.Sprintf("conv%d_%d", g+1, i+1), Out: Shape{c, at.H, at.W}, Act: true})
		}
		h, w := PooledSize(at.H, cfg.FloorPool), PooledSize(at.W, cfg.FloorPool)
		if h < 1 || w < 1 {
			return nil, fmt.Errorf("VGG19: input %d×%d is too small: pool%d would be empty", cfg.Height, cfg.Width, g+1)
		}
		add(Op{Kind: Pool, Name: fmt.Sprintf("pool%d", g+1), Out: Shape{c, h, w}, Pool: cfg.Pool})
	}
	fc := 4096 / cfg.Divisor
	add(Op{Kind: FC, Name: "fc6", Out: Shape{fc, 1, 1}, Act: true})
	add(Op{Kind: FC, Name: "fc7", Out: Shape{fc, 1, 1}, Act: true})
	add(Op{Kind: FC, Name: "fc8", Out: Shape{cfg.Classes, 1, 1}})
	return net, nil
}

// ImagerySlope is that of the imagery variant's leaky ReLU.
const ImagerySlope = 0.2

// Imagery is the network with average pooling and leaky ReLU, whose features
// the paper decodes from imagery. The weights are the same.
func (n *Network) Imagery() *Network {
	out := &Network{Name: fmt.Sprintf("%s (%s pooling, slope %g)", n.Name, AveragePool, ImagerySlope), Input: n.Input, Ops: slices.Clone(n.Ops)}
	for i := range out.Ops {
		out.Ops[i].Slope = ImagerySlope
		if out.Ops[i].Kind == Pool {
			out.Ops[i].Pool = AveragePool
		}
	}
	return out
}

// PooledSize is the length of an axis after a 2-wide pooling with stride 2.
// Rounding up, the last window of an odd axis has one input.
func PooledSize(n int, floor bool) int {
	if floor {
		return n / 2
	}
	return (n + 1) / 2
}
