package results

import (
	"fmt"
	"slices"
	"strings"
)

// vgg19 are the layers of the eight groups, DNN1 … DNN8.
var vgg19 = [8][]string{
	{"conv1_1", "conv1_2"}, {"conv2_1", "conv2_2"}, {"conv3_1", "conv3_2", "conv3_3", "conv3_4"},
	{"conv4_1", "conv4_2", "conv4_3", "conv4_4"}, {"conv5_1", "conv5_2", "conv5_3", "conv5_4"}, {"fc6"}, {"fc7"}, {"fc8"},
}

// SetName names a set of layers as the paper does where it is of whole groups one after the other: DNN1-4; any other
// by its layers with + between them.
func SetName(layers []string) string {
	for from := range vgg19 {
		var whole []string
		for to := from; to < len(vgg19); to++ {
			whole = append(whole, vgg19[to]...)
			if slices.Equal(whole, layers) {
				return groups(fmt.Sprint(from+1), fmt.Sprint(to+1))
			}
		}
	}
	return strings.Join(layers, "+")
}
