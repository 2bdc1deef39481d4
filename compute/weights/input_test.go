package weights

import (
	"math"
	"testing"

	"reverie/compute/nn"
)

// inverse turns weights for BGR 0–255 into those that compute the same from torchvision's input: the
// opposite of ToBGR255, in float64's order of steps.
func inverse(p nn.Param) nn.Param {
	out := make([]float32, len(p.W))
	for o := 0; o < len(p.W); o += 27 {
		for c := range 3 {
			for k := range 9 {
				out[o+9*c+k] = float32(float64(p.W[o+9*(2-c)+k]) * 255 * torchvisionSD[c])
			}
		}
	}
	return nn.Param{W: out, B: p.B}
}

// seededConv1 is conv1_1 of the seeded VGG19, times by.
func seededConv1(t *testing.T, seed uint64, by float32) nn.Param {
	net, err := nn.VGG19(nn.VGG19Config{Height: 32})
	if err != nil {
		t.Fatal(err)
	}
	net.Ops = net.Ops[:1]
	p := nn.Seeded(net, seed, 0.1)["conv1_1"]
	for i := range p.W {
		p.W[i] *= by
	}
	return p
}

func TestDiagnoseInput(t *testing.T) {
	for seed := range uint64(5) {
		p := seededConv1(t, seed, 1)
		d := DiagnoseInput(p)
		v := inverse(p)
		i := DiagnoseInput(v)
		if d.Expects != BGR255 || i.Expects != RGB01 || d.Certain || i.Certain {
			t.Errorf("seed %d: %+v, the inverse %+v", seed, d, i)
		}
		if math.Abs(i.Most1/d.Most255-1) > 1e-6 { // one network in two scales has one bound
			t.Errorf("seed %d: %g and %g", seed, i.Most1, d.Most255)
		}
		w := nn.Weights{"conv1_1": v}
		if _, err := ToBGR255(w); err != nil {
			t.Fatal(err)
		}
		for k, x := range w["conv1_1"].W {
			if math.Abs(float64(x-p.W[k])) > 1e-6*math.Abs(float64(p.W[k])) {
				t.Fatalf("weight %d: %g became %g", k, p.W[k], x)
			}
		}
		if back := DiagnoseInput(w["conv1_1"]); back.Expects != BGR255 {
			t.Errorf("seed %d: converted back: %+v", seed, back)
		}
		t.Logf("seed %d: %s", seed, d.Why)
	}
	bad := seededConv1(t, 1, 1)
	bad.W[7] = float32(math.NaN())
	for name, p := range map[string]nn.Param{"small": seededConv1(t, 1, 0.01), "no number": bad, "narrow": {W: make([]float32, 54), B: make([]float32, 2)}, "none": {}} {
		if d := DiagnoseInput(p); d.Expects != UnknownInput || d.Why == "" {
			t.Errorf("%s: %+v", name, d)
		}
	}
}

// No pictures make conv1_1 vary more than the bounds say, and the worst ones reach them.
func TestInputBounds(t *testing.T) {
	p := seededConv1(t, 3, 1)
	d := DiagnoseInput(p)
	s := nn.NewStream(5, 5)
	x := make([]float64, 27)
	for _, worst := range []bool{false, true} {
		total := [2]float64{}
		for o := range 64 {
			var sum, square [2]float64
			const n = 400
			for k := range n {
				for i := range x {
					x[i] = math.Min(255, math.Max(0, 127.5+90*s.Normal(uint64(k*27+i))))
					if worst { // all pixels black or white, together, as the weights' signs say
						if x[i] = 0; (p.W[o*27+i] > 0) == (k%2 == 0) {
							x[i] = 255
						}
					}
				}
				var y [2]float64
				for i, v := range x {
					w := float64(p.W[o*27+i])
					y[0] += w * v
					y[1] += w * (v/255 - torchvisionMean[i/9]) / torchvisionSD[i/9]
				}
				for j := range y {
					sum[j] += y[j] / n
					square[j] += y[j] * y[j] / n
				}
			}
			for j := range total {
				total[j] += math.Sqrt(square[j]-sum[j]*sum[j]) / 64
			}
		}
		for j, most := range []float64{d.Most255, d.Most1} {
			if worst && math.Abs(total[j]/most-1) > 1e-9 || !worst && total[j] > most {
				t.Errorf("worst %v: %g of at most %g", worst, total[j], most)
			}
		}
	}
}
