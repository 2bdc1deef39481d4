// Package ref is the reference that the other backends are checked against: the
// network in float64, its gradient by Gorgonia's automatic differentiation. It
// is slow and meant for narrow networks on small images.
//
// Convolutions (Conv2d), max pooling (MaxPool2D), rectifiers and matrix products
// are Gorgonia's. Two things are products with an explicit constant matrix
// instead, which Gorgonia differentiates like any product:
//
//   - average pooling, because AveragePool2D of Gorgonia 0.9.18 gives wrong
//     values and gradients, and because windows clipped by the image's edge
//     divide by the inputs inside it;
//   - the padding of an odd axis before a max pooling that rounds up: MaxPool2D
//     only rounds down, and a repeated last row or column never exceeds the original.
//
// A graph is built for every image of every call, so an image's result cannot
// depend on its neighbours or on earlier calls. A cancelled call ends between
// two images: Gorgonia does not stop inside a graph.
package ref
