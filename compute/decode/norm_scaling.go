package decode

import (
	"fmt"
	"math"
	"runtime"
	"strings"
	"sync"

	"reverie/compute/nn"
)

// Scaling is how decoded features are brought to the size of natural images'
// features before reconstruction (norm correction). y is a decoded sample of
// one layer, s(y) its spread (see Spread; "ddof 1" with n−1 and without NaN
// units: mean over channels of the standard deviation across a channel's units,
// channels with fewer than two such units left out), s₀ the Reference, m the
// mean over the sample's units, mₜ the training mean per unit (y_mean of the
// lab's model folders).
//
// The formulas are those of the 2019 scripts (icnn.utils.estimate_cnn_feat_std)
// and of recon_icnn_image_gd.py of the lab's brain-decoding-cookbook, whose
// option icnn.feature_scaling has these names (kamitani.md §4.1).
type Scaling uint8

const (
	// Unscaled leaves the values alone: "null".
	Unscaled Scaling = iota
	// Scripts2019 is the paper's and the 2019 scripts': y·s₀/s(y), ddof 0. The
	// lab has no name for it; here it is "feature_std_2019".
	Scripts2019
	// ShenOriginal is "feature_std_shen_original": y·s₀/s(y), ddof 1.
	ShenOriginal
	// LayerMeanCenter is "feature_std_layer_mean_center": (y−m)·s₀/s(y) + m, ddof 1.
	LayerMeanCenter
	// TrainMeanCenter is "feature_std_train_mean_center": (y−mₜ)·s₀/s(y−mₜ) + mₜ, ddof 1.
	TrainMeanCenter
)

var scalings = [...]string{"null", "feature_std_2019", "feature_std_shen_original", "feature_std_layer_mean_center", "feature_std_train_mean_center"}

// Scalings are all, in the order of the constants.
func Scalings() []Scaling {
	return []Scaling{Unscaled, Scripts2019, ShenOriginal, LayerMeanCenter, TrainMeanCenter}
}

// String is the name in the lab's configurations.
func (k Scaling) String() string {
	if int(k) < len(scalings) {
		return scalings[k]
	}
	return fmt.Sprintf("scaling %d", uint8(k))
}

// ParseScaling reads a name as String gives it. "none", "~" and the empty word
// are null too; "feature_std", of the cookbook's older scripts, is
// feature_std_layer_mean_center.
func ParseScaling(name string) (Scaling, error) {
	switch name {
	case "", "none", "None", "~":
		return Unscaled, nil
	case "feature_std":
		return LayerMeanCenter, nil
	}
	for k, s := range scalings {
		if s == name {
			return Scaling(k), nil
		}
	}
	return Unscaled, fmt.Errorf("unknown feature scaling %q, want one of %s", name, strings.Join(scalings[:], ", "))
}

// MarshalText is String.
func (k Scaling) MarshalText() ([]byte, error) {
	if int(k) >= len(scalings) {
		return nil, fmt.Errorf("unknown feature scaling %d", uint8(k))
	}
	return []byte(k.String()), nil
}

// UnmarshalText is ParseScaling.
func (k *Scaling) UnmarshalText(b []byte) (err error) {
	*k, err = ParseScaling(string(b))
	return err
}

// DDof is what the standard deviations of the reference must have been taken with.
func (k Scaling) DDof() int {
	if k == Unscaled || k == Scripts2019 {
		return 0
	}
	return 1
}

// NeedsReference reports whether Apply wants s₀.
func (k Scaling) NeedsReference() bool { return k != Unscaled }

// NeedsTrainMean reports whether Apply wants training means even where no unit is NaN.
func (k Scaling) NeedsTrainMean() bool { return k == TrainMeanCenter }

// Apply scales decoded samples of one layer in place, [sample][unit] in C,H,W
// order. reference is s₀ of the layer, see NeedsReference. trainMean is the
// training mean per unit, see NeedsTrainMean. Units that are NaN do not count
// in s and m and become the training mean afterwards, whatever the scaling;
// replaced is how many. Scripts2019 knows no NaN units and refuses them.
//
// Sums are in float64, each sample by itself: the result does not depend on the
// other samples nor on the number of processors. On an error nothing was changed.
func (k Scaling) Apply(samples [][]float32, shape nn.Shape, reference float64, trainMean []float32) (replaced int, err error) {
	if int(k) >= len(scalings) {
		return 0, fmt.Errorf("unknown feature scaling %d", uint8(k))
	}
	units := shape.Len()
	if units < 1 {
		return 0, fmt.Errorf("feature scaling of a layer of %v", shape)
	}
	if k.NeedsReference() && (!(reference > 0) || math.IsInf(reference, 0)) {
		return 0, fmt.Errorf("the reference spread is %g, want a positive number", reference)
	}
	if trainMean == nil && k.NeedsTrainMean() {
		return 0, fmt.Errorf("%v needs the training means of the layer's units (y_mean of the decoders)", k)
	}
	if trainMean != nil && len(trainMean) != units {
		return 0, fmt.Errorf("%d training means for a layer of %v", len(trainMean), shape)
	}
	for u, x := range trainMean {
		if x-x != 0 {
			return 0, fmt.Errorf("the training mean of unit %d is %g", u, x)
		}
	}
	plans := make([]scalingPlan, len(samples))
	eachSample(len(samples), func(i int) {
		plans[i] = k.plan(samples[i], shape, reference, trainMean)
	})
	for i, p := range plans {
		if p.err != nil {
			if len(samples) > 1 {
				return 0, fmt.Errorf("sample %d of %d: %w", i+1, len(samples), p.err)
			}
			return 0, p.err
		}
		replaced += p.nan
	}
	eachSample(len(samples), func(i int) { k.carryOut(plans[i], samples[i], trainMean) })
	return replaced, nil
}

// scalingPlan is what is to be done to one sample: v → (v − centre)·factor + centre.
type scalingPlan struct {
	centre, factor float64 // centre is not used where it differs from unit to unit
	nan            int
	err            error
}

func (k Scaling) plan(values []float32, shape nn.Shape, reference float64, trainMean []float32) (p scalingPlan) {
	if len(values) != shape.Len() {
		return scalingPlan{err: fmt.Errorf("%d decoded features for a layer of %v", len(values), shape)}
	}
	sum := 0.0
	for u, x := range values {
		switch {
		case x != x:
			p.nan++
		case x-x != 0:
			return scalingPlan{err: fmt.Errorf("the decoded feature of unit %d is %g", u, x)}
		default:
			sum += float64(x)
		}
	}
	if p.nan > 0 && k == Scripts2019 {
		return scalingPlan{err: fmt.Errorf("%d decoded features are NaN, which %v does not know: use %v with the training means", p.nan, k, ShenOriginal)}
	}
	if p.nan > 0 && trainMean == nil {
		return scalingPlan{err: fmt.Errorf("%d decoded features are NaN: the training means of the layer's units (y_mean of the decoders) are needed in their place", p.nan)}
	}
	p.factor = 1
	if k == Unscaled {
		return p
	}
	if k == LayerMeanCenter {
		p.centre = sum / float64(len(values)-p.nan)
	}
	var s float64
	switch k {
	case Scripts2019:
		s = Spread(values, shape)
	case TrainMeanCenter:
		s = spreadWithout(values, trainMean, shape)
	default:
		s = spreadWithout(values, nil, shape)
	}
	if !(s > 0) {
		p.err = fmt.Errorf("the decoded features' spread is %g: they are constant or NaN", s)
		return p
	}
	p.factor = reference / s
	for u, x := range values {
		c := p.centre
		if k == TrainMeanCenter {
			c = float64(trainMean[u])
		}
		if math.Abs((float64(x)-c)*p.factor+c) > math.MaxFloat32 {
			p.err = fmt.Errorf("the decoded features' spread is only %g, the reference %g: unit %d would pass single precision", s, reference, u)
			return p
		}
	}
	return p
}

func (k Scaling) carryOut(p scalingPlan, values, trainMean []float32) {
	for u, x := range values {
		switch {
		case x != x:
			values[u] = trainMean[u]
		case k == Unscaled:
		case k == TrainMeanCenter:
			c := float64(trainMean[u])
			values[u] = float32((float64(x)-c)*p.factor + c)
		default:
			values[u] = float32((float64(x)-p.centre)*p.factor + p.centre)
		}
	}
}

// spreadWithout is the spread with ddof 1 of values less centre (nil is none),
// without NaN units: np.nanmean(np.nanstd(…, ddof=1)).
func spreadWithout(values, centre []float32, shape nn.Shape) float64 {
	at := func(u int) float64 {
		if centre == nil {
			return float64(values[u])
		}
		return float64(values[u]) - float64(centre[u])
	}
	n := perChannel(shape)
	sum, channels := 0.0, 0
	for from := 0; from < len(values); from += n {
		mean, ss, k := 0.0, 0.0, 0
		for u := from; u < from+n; u++ {
			if x := at(u); x == x {
				mean += x
				k++
			}
		}
		if k < 2 {
			continue
		}
		mean /= float64(k)
		for u := from; u < from+n; u++ {
			if x := at(u); x == x {
				ss += (x - mean) * (x - mean)
			}
		}
		sum += math.Sqrt(ss / float64(k-1))
		channels++
	}
	return sum / float64(channels)
}

// eachSample calls f for 0 … n−1 on all processors.
func eachSample(n int, f func(i int)) {
	var wg sync.WaitGroup
	workers := min(n, runtime.GOMAXPROCS(0))
	for w := range workers {
		wg.Go(func() {
			for i := w; i < n; i += workers {
				f(i)
			}
		})
	}
	wg.Wait()
}
