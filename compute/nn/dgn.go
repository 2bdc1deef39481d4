package nn

import "fmt"

// DGNSlope is that of a generator's leaky ReLU.
const DGNSlope = 0.3

// DGN builds the topology of Dosovitskiy & Brox's generators from relu7 and relu6 (kamitani.md §3.2), all widths divided
// by divisor: three fully connected layers, then upwards from 4×4 to 256×256. Their convolutions of stride 1, which Caffe
// has as deconvolutions, are ordinary ones here.
func DGN(divisor int) (*Network, error) {
	if divisor < 1 || 32%divisor != 0 {
		return nil, fmt.Errorf("generator: divisor %d does not divide 32 channels", divisor)
	}
	units := 4096 / divisor
	net := &Network{Name: "generator from relu7", Input: Shape{units, 1, 1}}
	if divisor > 1 {
		net.Name += fmt.Sprintf(" width 1/%d", divisor)
	}
	at := net.Input
	add := func(kind Kind, name string, out Shape) {
		net.Ops = append(net.Ops, Op{Kind: kind, Name: name, In: at, Out: out, Act: true, Slope: DGNSlope})
		at = out
	}
	for _, name := range []string{"defc7", "defc6", "defc5"} {
		add(FC, name, Shape{units, 1, 1})
	}
	at = Shape{256 / divisor, 4, 4}
	up := func(name string, c int) { add(Deconv, name, Shape{c / divisor, 2 * at.H, 2 * at.W}) }
	same := func(name string, c int) { add(Conv, name, Shape{c / divisor, at.H, at.W}) }
	up("deconv5", 256)
	same("conv5_1", 512)
	up("deconv4", 256)
	same("conv4_1", 256)
	up("deconv3", 128)
	same("conv3_1", 128)
	up("deconv2", 64)
	up("deconv1", 32)
	up("deconv0", 3*divisor)
	last := &net.Ops[len(net.Ops)-1]
	last.Act, last.Slope = false, 0
	return net, net.check()
}
