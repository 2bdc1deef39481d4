package recon

import (
	"fmt"

	"reverie/compute/nn"
)

// ChannelMask is a Task's mask of a layer that keeps some channels (of a fully connected layer: units), counted from 0.
func ChannelMask(shape nn.Shape, channels []int) ([]float32, error) {
	mask, plane := make([]float32, shape.Len()), shape.H*shape.W
	for _, c := range channels {
		if c < 0 || c >= shape.C {
			return nil, fmt.Errorf("mask: channel %d of %d", c, shape.C)
		}
		for i := c * plane; i < (c+1)*plane; i++ {
			mask[i] = 1
		}
	}
	return mask, nil
}

// PlaneMask is a Task's mask of a layer that is the same in all channels, given as rows of a plane. One of another
// size than the layer's maps is centred on them, rounded up and to the left: cut off where it is larger, 1 around it where
// it is smaller. (The released code means the same, but for another size it fills the diagonal alone.)
func PlaneMask(shape nn.Shape, plane []float32, height, width int) ([]float32, error) {
	if height < 1 || width < 1 || len(plane)/height != width || len(plane)%height != 0 {
		return nil, fmt.Errorf("mask: %d values for a plane of %d×%d", len(plane), height, width)
	}
	one := make([]float32, shape.H*shape.W)
	for i := range one {
		one[i] = 1
	}
	h, w := min(height, shape.H), min(width, shape.W)
	for y := range h {
		to, from := ((shape.H-h)/2+y)*shape.W+(shape.W-w)/2, ((height-h)/2+y)*width+(width-w)/2
		copy(one[to:to+w], plane[from:from+w])
	}
	mask := make([]float32, 0, shape.Len())
	for range shape.C {
		mask = append(mask, one...)
	}
	return mask, nil
}
