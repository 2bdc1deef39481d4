package recon

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"reverie/compute"
	"reverie/compute/format/pickle"
)

// plain turns what the lab's pickles hold into what FromReleased takes.
func plain(v pickle.Value) any {
	if s, ok := pickle.Text(v); ok {
		return s
	}
	switch v := v.(type) {
	case *pickle.List: // pairs of bounds
		var out [][2]float64
		for _, p := range v.Items {
			pair := p.(*pickle.Tuple).Items
			low, _ := asFloat(pair[0])
			high, ok := asFloat(plain(pair[1]))
			if !ok {
				return nil
			}
			out = append(out, [2]float64{low, high})
		}
		return out
	case *pickle.Object: // an array of float64, or one of its numbers
		raw := v.Args[len(v.Args)-1]
		if state, ok := v.State.(*pickle.Tuple); ok {
			raw = state.Items[len(state.Items)-1]
		}
		b, _ := raw.(pickle.Str)
		var out []float64
		for i := 0; i+8 <= len(b); i += 8 {
			out = append(out, math.Float64frombits(binary.LittleEndian.Uint64([]byte(b[i:i+8]))))
		}
		if len(out) == 1 {
			return out[0]
		}
		return out
	case *pickle.Dict:
		return map[string]float64{}
	}
	return v
}

// The options of the lab's own runs, read in their pickles.
func TestFromReleasedRuns(t *testing.T) {
	upper := 0.0
	for run, check := range map[string]func(o Options) bool{
		"icnn_gd": func(o Options) bool {
			return o.Iterations == 200 && o.GD.Blur == Schedule{2, 0.5} && o.GD.Decay == Schedule{0.2, 1e-10} && o.Noise
		},
		"icnn_gd_quick": func(o Options) bool { return o.Iterations == 3 && o.GD.Rate == Schedule{2, 1e-10} && o.GD.Normalize },
		"icnn_dgn_gd_quick": func(o Options) bool {
			return o.Iterations == 3 && o.GD.Decay == Schedule{0.01, 0.01} && o.Latent.Random && len(o.Latent.Upper) == 4096 && o.Latent.Lower[0] == 0
		},
		"icnn_lbfgs_quick": func(o Options) bool { return o.Iterations == 3 && o.Optimizer == LBFGS && o.Noise && o.FirstStep == 0 },
		"icnn_dgn_lbfgs_quick": func(o Options) bool {
			return o.Iterations == 3 && o.Optimizer == LBFGS && len(o.Latent.Lower) == 4096 && len(o.Latent.Upper) == 4096
		},
	} {
		raw, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", "icnn", "test", run, "options.pkl"))
		if errors.Is(err, fs.ErrNotExist) {
			t.Skip("shared/data is absent: ", err)
		}
		if err != nil {
			t.Fatal(err)
		}
		v, err := pickle.NewDecoder(bytes.NewReader(raw), 0, int64(len(raw))).Decode()
		if err != nil {
			t.Fatal(err)
		}
		arguments := map[string]any{}
		for _, p := range v.(*pickle.Dict).Pairs {
			name, _ := pickle.Text(p.Key)
			arguments[name] = plain(p.Value)
		}
		o, err := FromReleased(strings.TrimSuffix(run, "_quick"), arguments)
		if err != nil {
			t.Errorf("%s: %v", run, err)
			continue
		}
		if !check(o) || o.Loss != compute.L2 || o.EqualWeights || o.NormalizeWeights || o.Factor != 1 {
			t.Errorf("%s: %+v", run, o)
		}
		if u := o.Latent.Upper; len(u) == 4096 { // the same file of ranges in both
			sum := 0.0
			for _, v := range u {
				sum += v
			}
			if upper != 0 && sum != upper {
				t.Errorf("%s: upper bounds add to %g, the other run's to %g", run, sum, upper)
			}
			upper = sum
		}
	}
}

// Every option under its released name.
func TestFromReleasedAll(t *testing.T) {
	got, err := FromReleased("icnn_gd", map[string]any{
		"loss_type": "gram", "iter_n": int64(30), "lr_start": 3, "lr_end": 0.5, "momentum_start": 0.8, "momentum_end": 0.7,
		"decay_start": 0.1, "decay_end": 0.05, "grad_normalize": false, "image_jitter": true, "jitter_size": 16, "image_blur": false,
		"sigma_start": 3., "sigma_end": 1., "use_p_norm_reg": true, "p": 4, "lamda_start": 0.4, "lamda_end": 0.3, "use_TV_norm_reg": true,
		"TVbeta": 1.5, "TVlamda_start": 0.2, "TVlamda_end": 0.1, "clip_extreme": true, "clip_extreme_every": 2, "e_pct_start": 2, "e_pct_end": 3,
		"clip_small_norm": true, "clip_small_norm_every": 3, "n_pct_start": 4, "n_pct_end": 6, "clip_small_contribution": true,
		"clip_small_contribution_every": 5, "c_pct_start": 7, "c_pct_end": 8, "layer_weight": nil, "channel": nil, "mask": nil,
		"initial_image": []float64{1}, "disp_every": 1, "save_intermediate": true, "save_intermediate_path": "x",
	})
	if err != nil {
		t.Fatal(err)
	}
	want, _ := Released("icnn_gd")
	want.Loss, want.Iterations, want.Noise = compute.Gram, 30, false
	want.GD = DescentOptions{
		Rate: Schedule{3, 0.5}, Momentum: Schedule{0.8, 0.7}, Decay: Schedule{0.1, 0.05}, Jitter: 16,
		PNorm: Regulariser{4, Schedule{0.4, 0.3}}, TV: Regulariser{1.5, Schedule{0.2, 0.1}},
		ClipExtreme: Clip{2, Schedule{2, 3}}, ClipSmallNorm: Clip{3, Schedule{4, 6}}, ClipSmallGain: Clip{5, Schedule{7, 8}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	// Switched on alone, an option has the function's own numbers.
	got, err = FromReleased("icnn_gd", map[string]any{"use_p_norm_reg": true, "use_TV_norm_reg": true, "image_jitter": true, "clip_extreme": true, "clip_small_norm": true, "clip_small_contribution": true})
	if err != nil || got.GD.PNorm != (Regulariser{3, Schedule{0.5, 0.5}}) || got.GD.TV != (Regulariser{2, Schedule{0.5, 0.5}}) || got.GD.Jitter != 32 ||
		got.GD.ClipExtreme != (Clip{4, Schedule{1, 1}}) || got.GD.ClipSmallNorm != (Clip{4, Schedule{5, 5}}) || got.GD.ClipSmallGain != (Clip{4, Schedule{5, 5}}) {
		t.Errorf("%+v, %v", got.GD, err)
	}
	got, err = FromReleased("icnn_dgn_gd", map[string]any{"feat_lower_bound": nil, "feat_upper_bound": 50.})
	if err != nil || got.Latent.Lower != nil || !slices.Equal(got.Latent.Upper, []float64{50}) || !got.EqualWeights {
		t.Errorf("%+v, %v", got.Latent, err)
	}
}

func TestFromReleasedRefuses(t *testing.T) {
	for want, c := range map[string]struct {
		function  string
		arguments map[string]any
	}{
		"no function":               {"icnn_adam", nil},
		`takes no option "maxiter"`: {"icnn_gd", map[string]any{"maxiter": 3}},
		"iter_n is of type string":  {"icnn_gd", map[string]any{"iter_n": "3"}},
		"iter_n is of type float64": {"icnn_gd", map[string]any{"iter_n": 3.5}},
		"loss_type is":              {"icnn_gd", map[string]any{"loss_type": "l3"}},
		"0 iterations":              {"icnn_lbfgs", map[string]any{"maxiter": 0}},
		"gen_feat_bounds is of":     {"icnn_dgn_lbfgs", map[string]any{"gen_feat_bounds": 3}},
	} {
		if _, err := FromReleased(c.function, c.arguments); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
