package pipeline

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"reverie/compute/format/pickle"
)

// LabOptions are the options of a run of the lab's released code (icnn), by their released names
// (kamitani.md §4.2). A field holds what the file says; what the file leaves out or sets to None is zero:
// Has tells the two apart from a zero that is written.
type LabOptions struct {
	LossType string // loss_type: l2, l1, inner or gram
	IterN    int    // iter_n, of gradient descent
	MaxIter  int    // maxiter, of L-BFGS

	LRStart, LREnd             float64 // lr_start, lr_end
	MomentumStart, MomentumEnd float64
	DecayStart, DecayEnd       float64
	GradNormalize              bool

	ImageJitter                               bool
	JitterSize                                int
	ImageBlur                                 bool
	SigmaStart, SigmaEnd                      float64
	UsePNormReg                               bool
	P, LamdaStart, LamdaEnd                   float64 // p, lamda_start, lamda_end
	UseTVNormReg                              bool
	TVBeta, TVLamdaStart, TVLamdaEnd          float64 // TVbeta, TVlamda_start, TVlamda_end
	ClipExtreme                               bool
	ClipExtremeEvery                          int
	EPctStart, EPctEnd                        float64
	ClipSmallNorm                             bool
	ClipSmallNormEvery                        int
	NPctStart, NPctEnd                        float64
	ClipSmallContribution                     bool
	ClipSmallContributionEvery                int
	CPctStart, CPctEnd                        float64
	LayerWeight                               map[string]float64  // layer_weight; nil is equal weights
	Channel                                   map[string][]int    // channel: those used, by layer; nil is all
	Mask                                      map[string]LabArray // mask: of units, by layer; nil is all
	InitialImage                              *LabArray           // initial_image [h][w][3] RGB; nil is noise
	InitialGenFeat                            *LabArray           // initial_gen_feat, the first latent vector; nil is noise
	FeatLowerBound, FeatUpperBound            []float64           // feat_lower_bound, feat_upper_bound: one value for all, or one each
	GenFeatBounds                             [][2]float64        // gen_feat_bounds: (low, high) of each unit, of L-BFGS
	InputLayerGen, OutputLayerGen             string              // input_layer_gen, output_layer_gen: the generator's layers
	Disp                                      bool
	DispEvery                                 int
	SaveIntermediate                          bool
	SaveIntermediateEvery                     int
	SaveIntermediatePath, SaveIntermediateExt string // save_intermediate_path, save_intermediate_ext
	ReturnGenFeat                             bool

	// Keys are the names in the file, in its order; Unknown those of them that have no field here.
	Keys, Unknown []string
	none          []string // those that are None
}

// Has tells whether the file gives an option a value; None is no value.
func (o *LabOptions) Has(name string) bool {
	return slices.Contains(o.Keys, name) && !slices.Contains(o.none, name)
}

// Method is the released function that takes such options: icnn_gd, icnn_lbfgs, icnn_dgn_gd or icnn_dgn_lbfgs;
// "" where they do not tell.
func (o *LabOptions) Method() string {
	gd := slices.Contains(o.Keys, "iter_n") || slices.Contains(o.Keys, "lr_start")
	lbfgs := slices.Contains(o.Keys, "maxiter")
	dgn := ""
	for _, k := range []string{"input_layer_gen", "output_layer_gen", "initial_gen_feat", "feat_upper_bound", "gen_feat_bounds"} {
		if slices.Contains(o.Keys, k) {
			dgn = "dgn_"
		}
	}
	switch {
	case gd && !lbfgs:
		return "icnn_" + dgn + "gd"
	case lbfgs && !gd:
		return "icnn_" + dgn + "lbfgs"
	}
	return ""
}

// mostLabOptions bounds the file: those of the lab take up to 300 kB, masks of all of VGG19's units 60 MB.
const mostLabOptions = 128 << 20

// ReadLabOptions reads an options.pkl of the lab's scripts: a pickled dictionary of any protocol. Nothing in
// it is executed.
func ReadLabOptions(path string) (*LabOptions, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the options of a released run: %w", err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("read the options of a released run: %w", err)
	}
	if st.Size() > mostLabOptions {
		return nil, fmt.Errorf("%s: %d bytes are more than options take (want the options.pkl of a run)", path, st.Size())
	}
	o, err := parseLabOptions(f, st.Size())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return o, nil
}

func parseLabOptions(r io.ReaderAt, size int64) (*LabOptions, error) {
	v, err := pickle.NewDecoder(r, 0, size).Decode()
	if err != nil {
		return nil, err
	}
	d, ok := v.(*pickle.Dict)
	if !ok {
		return nil, errors.New("it holds no dictionary of options (want the options.pkl of a run)")
	}
	o := &LabOptions{}
	fields := o.fields()
	values := optionReader{left: 4*size + 1<<12}
	for _, p := range d.Pairs {
		name, ok := pickle.Text(p.Key)
		if !ok {
			return nil, errors.New("an option's name is no text")
		}
		o.Keys = append(o.Keys, name)
		into, ok := fields[name]
		switch {
		case !ok:
			o.Unknown = append(o.Unknown, name)
		case p.Value == nil:
			o.none = append(o.none, name)
		default:
			if err := values.assign(into, p.Value); err != nil {
				return nil, fmt.Errorf("option %s: %w", name, err)
			}
		}
	}
	if o.Method() == "" && len(o.Keys) == len(o.Unknown) {
		return nil, errors.New("none of its keys is an option of the released code (want the options.pkl of a run)")
	}
	return o, nil
}

// fields are the places of the options.
func (o *LabOptions) fields() map[string]any {
	return map[string]any{
		"loss_type": &o.LossType, "iter_n": &o.IterN, "maxiter": &o.MaxIter,
		"lr_start": &o.LRStart, "lr_end": &o.LREnd, "momentum_start": &o.MomentumStart, "momentum_end": &o.MomentumEnd,
		"decay_start": &o.DecayStart, "decay_end": &o.DecayEnd, "grad_normalize": &o.GradNormalize,
		"image_jitter": &o.ImageJitter, "jitter_size": &o.JitterSize,
		"image_blur": &o.ImageBlur, "sigma_start": &o.SigmaStart, "sigma_end": &o.SigmaEnd,
		"use_p_norm_reg": &o.UsePNormReg, "p": &o.P, "lamda_start": &o.LamdaStart, "lamda_end": &o.LamdaEnd,
		"use_TV_norm_reg": &o.UseTVNormReg, "TVbeta": &o.TVBeta, "TVlamda_start": &o.TVLamdaStart, "TVlamda_end": &o.TVLamdaEnd,
		"clip_extreme": &o.ClipExtreme, "clip_extreme_every": &o.ClipExtremeEvery, "e_pct_start": &o.EPctStart, "e_pct_end": &o.EPctEnd,
		"clip_small_norm": &o.ClipSmallNorm, "clip_small_norm_every": &o.ClipSmallNormEvery, "n_pct_start": &o.NPctStart, "n_pct_end": &o.NPctEnd,
		"clip_small_contribution": &o.ClipSmallContribution, "clip_small_contribution_every": &o.ClipSmallContributionEvery,
		"c_pct_start": &o.CPctStart, "c_pct_end": &o.CPctEnd,
		"layer_weight": &o.LayerWeight, "channel": &o.Channel, "mask": &o.Mask,
		"initial_image": &o.InitialImage, "initial_gen_feat": &o.InitialGenFeat,
		"feat_lower_bound": &o.FeatLowerBound, "feat_upper_bound": &o.FeatUpperBound, "gen_feat_bounds": &o.GenFeatBounds,
		"input_layer_gen": &o.InputLayerGen, "output_layer_gen": &o.OutputLayerGen,
		"disp": &o.Disp, "disp_every": &o.DispEvery,
		"save_intermediate": &o.SaveIntermediate, "save_intermediate_every": &o.SaveIntermediateEvery,
		"save_intermediate_path": &o.SaveIntermediatePath, "save_intermediate_ext": &o.SaveIntermediateExt,
		"return_gen_feat": &o.ReturnGenFeat,
	}
}
