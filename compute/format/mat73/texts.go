package mat73

import (
	"fmt"

	"reverie/compute/format/hdf5"
	"reverie/compute/format/mat"
)

// ofTexts reports whether an array is a dataset of strings that stands for a cell of texts.
func (n *node) ofTexts() bool { return n.Class == mat.Cell && n.h.Class == hdf5.String && !n.empty }

// texts reads the strings of such an array, in column-major order.
func (f *File) texts(n *node) ([]string, error) {
	s, err := f.h.Strings(n.at)
	if err == nil && len(s) != size(n.Dims) {
		err = fmt.Errorf("%d texts for dimensions %v", len(s), n.Dims)
	}
	if err != nil {
		return nil, err
	}
	return order(n, s), nil
}

// textNode is one of them.
func textNode(s string) *node {
	return &node{Info: mat.Text(s).Info, text: &s, sparse: -1}
}
