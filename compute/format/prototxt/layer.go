package prototxt

// Convolution is what convolution_param says, for Convolution and Deconvolution alike. Pairs are height, width.
type Convolution struct {
	Outputs                       int
	Bias                          bool
	Kernel, Stride, Pad, Dilation [2]int
	Group                         int
}

// Pooling is what pooling_param says. Pairs are height, width.
type Pooling struct {
	Method              string // "MAX", "AVE" or "STOCHASTIC"
	Kernel, Stride, Pad [2]int // the kernel is 0 where Global
	Global              bool   // over the whole blob
	Floor               bool   // sizes are rounded down; Caffe's default is up
}

// ReLU is what relu_param says.
type ReLU struct{ NegativeSlope float64 }

// InnerProduct is what inner_product_param says.
type InnerProduct struct {
	Outputs   int
	Bias      bool
	Axis      int  // from which the input is one vector; negative counts from the end
	Transpose bool // the weights lie (in, out)
}

// Reshape is what reshape_param says: of Shape, 0 keeps the input's length and one −1 is what remains. It
// replaces NumAxes axes from Axis; NumAxes −1 is all.
type Reshape struct {
	Shape         []int
	Axis, NumAxes int
}

// Dropout is what dropout_param says.
type Dropout struct{ Ratio float64 }

// LRN is what lrn_param says.
type LRN struct {
	Size           int
	Alpha, Beta, K float64
	WithinChannel  bool // the neighbours are pixels of one channel, else channels
}

// Crop is what crop_param says: the first bottom is cut to the second's size from Axis on. Offset is one
// number for all axes or one for each, none is 0.
type Crop struct {
	Axis   int
	Offset []int
}

// layer reads one layer.
func (r *reader) layer(m *Message, line int, v1 bool) Layer {
	l := Layer{Line: line, Node: m}
	if v1 && m.Last("layer") != nil {
		r.failf(m.Last("layer"), "the network is of Caffe's first generation (V0): convert it with Caffe's upgrade_net_proto_text")
		return l
	}
	l.Name, l.Bottom, l.Top = r.text(m, "name"), r.texts(m, "bottom"), r.texts(m, "top")
	if f := r.one(m, "type"); f != nil && v1 {
		l.Type = r.v1Type(f)
	} else if f != nil {
		var err error
		l.Type, err = f.Str()
		r.fail(err)
	}
	for _, f := range m.All("include") {
		if f.Kind == Group && f.Message.Last("phase") != nil {
			l.Phase = r.word(f.Message, "phase", "TRAIN", "TEST")
		}
	}
	r.parameters(&l, m)
	return l
}

// parameters reads what belongs to the layer's type.
func (r *reader) parameters(l *Layer, m *Message) {
	switch l.Type {
	case "Convolution", "Deconvolution":
		l.Convolution = r.convolution(l, r.body(m, "convolution_param"))
	case "Pooling":
		l.Pooling = r.pooling(l, r.body(m, "pooling_param"))
	case "ReLU":
		l.ReLU = &ReLU{r.float(r.body(m, "relu_param"), "negative_slope", 0)}
	case "InnerProduct":
		p := r.body(m, "inner_product_param")
		l.InnerProduct = &InnerProduct{r.int(p, "num_output", 1, 0), r.bool(p, "bias_term", true), r.int(p, "axis", -32, 1), r.bool(p, "transpose", false)}
		if l.InnerProduct.Outputs == 0 {
			r.missing(l, "num_output")
		}
	case "Reshape":
		p := r.body(m, "reshape_param")
		l.Reshape = &Reshape{r.ints(r.body(p, "shape"), "dim", -1), r.int(p, "axis", -32, 0), r.int(p, "num_axes", -1, -1)}
	case "Dropout":
		l.Dropout = &Dropout{r.float(r.body(m, "dropout_param"), "dropout_ratio", 0.5)}
	case "LRN":
		p := r.body(m, "lrn_param")
		l.LRN = &LRN{r.int(p, "local_size", 1, 5), r.float(p, "alpha", 1), r.float(p, "beta", 0.75), r.float(p, "k", 1),
			r.word(p, "norm_region", "ACROSS_CHANNELS", "WITHIN_CHANNEL") == "WITHIN_CHANNEL"}
	case "Crop":
		p := r.body(m, "crop_param")
		l.Crop = &Crop{r.int(p, "axis", -32, 2), r.ints(p, "offset", 0)}
	}
}

func (r *reader) missing(l *Layer, what string) {
	r.failf(&Field{Line: l.Line}, "a layer of type %s without %s", l.Type, what)
}

func (r *reader) convolution(l *Layer, p *Message) *Convolution {
	c := &Convolution{Outputs: r.int(p, "num_output", 1, 0), Bias: r.bool(p, "bias_term", true), Group: r.int(p, "group", 1, 1),
		Kernel: r.pair(p, "kernel", "kernel_size", 1, 0), Stride: r.pair(p, "stride", "stride", 1, 1),
		Pad: r.pair(p, "pad", "pad", 0, 0), Dilation: r.pair(p, "", "dilation", 1, 1)}
	if c.Outputs == 0 {
		r.missing(l, "num_output")
	}
	if c.Kernel[0] == 0 || c.Kernel[1] == 0 {
		r.missing(l, "kernel_size")
	}
	return c
}

func (r *reader) pooling(l *Layer, p *Message) *Pooling {
	v := &Pooling{Method: r.word(p, "pool", "MAX", "AVE", "STOCHASTIC"), Kernel: r.pair(p, "kernel", "kernel_size", 1, 0),
		Stride: r.pair(p, "stride", "stride", 1, 1), Pad: r.pair(p, "pad", "pad", 0, 0), Global: r.bool(p, "global_pooling", false),
		Floor: r.word(p, "round_mode", "CEIL", "FLOOR") == "FLOOR"}
	if !v.Global && (v.Kernel[0] == 0 || v.Kernel[1] == 0) {
		r.missing(l, "kernel_size")
	}
	return v
}

// maxWindow bounds kernels, strides and margins, so that sizes cannot overflow.
const maxWindow = 1 << 16

// pair reads a size for both axes: base_h and base_w, or name once for both or once for each.
func (r *reader) pair(p *Message, base, name string, least, otherwise int) [2]int {
	out := [2]int{otherwise, otherwise}
	both := p.All(name)
	switch len(both) {
	case 0:
	case 1:
		v := r.whole(&both[0], least, maxWindow)
		out = [2]int{v, v}
	case 2:
		out = [2]int{r.whole(&both[0], least, maxWindow), r.whole(&both[1], least, maxWindow)}
	default:
		r.failf(&both[2], "%s for %d axes: pictures have two", name, len(both))
	}
	if base == "" {
		return out
	}
	for i, end := range []string{"_h", "_w"} {
		if f := r.one(p, base+end); f != nil {
			if len(both) > 0 {
				r.failf(f, "%s and %s at once", base+end, name)
			}
			out[i] = r.whole(f, least, maxWindow)
		}
	}
	return out
}
