package demo

import (
	"image"

	"reverie/compute/nn"
)

// SceneKinds is how many kinds of scene Training tells apart: by the ground, one field or sky over
// land, and by the third of the colour circle round its first hue.
const SceneKinds = 6

// Training draws picture number of those that the built-in network and generator were trained on (by
// testdata/pair): a scene as a subject sees them, its ground alone, and the scene's kind of
// 0 … SceneKinds−1. Its random numbers come from a stream of their own: no scene of a subject, of
// whatever seed, shares them.
func Training(number int) (scene, ground *image.NRGBA, kind int) {
	return training(&dice{s: nn.NewStream(trainingSeed, streamTraining+uint64(number))})
}

const trainingSeed = 240317 // the paper's number

func training(d *dice) (scene, bare *image.NRGBA, kind int) {
	v, l := ground(d)
	bare = v.image()
	things(v, d)
	kind = int(3*l.hue) % 3
	if l.land {
		kind += 3
	}
	return v.image(), bare, kind
}
