package vm

import (
	"image"
	"slices"
	"testing"

	"reverie/app/session"
	"reverie/compute/recon"
)

// Every field shows the preset's value, reads back what it shows, and knows that nothing changed then.
func TestReconForm_roundTrip(t *testing.T) {
	for _, preset := range []recon.Preset{recon.Paper, recon.Lab} {
		for _, prior := range []bool{false, true} {
			f := NewReconForm()
			f.Preset, f.Prior = preset, prior
			want, _ := recon.DefaultsFor(preset, prior)
			for _, d := range Fields() {
				if err := f.Set(d, f.Value(d)); err != nil || f.Changed(d) {
					t.Errorf("%s, prior %v: %s of %q: %v", preset, prior, d.Name, f.Value(d), err)
				}
			}
			got, err := f.Options()
			if err != nil || got.GD != want.GD || got.Optimizer != want.Optimizer || got.FTol != want.FTol || f.Changes() != 0 {
				t.Errorf("%s, prior %v: %+v, %v", preset, prior, got, err)
			}
		}
	}
}

func TestReconForm_changes(t *testing.T) {
	f := NewReconForm()
	for _, c := range []struct {
		name, value string
		check       func(o recon.Options) bool
	}{
		{"Optimiser", WordDescent, func(o recon.Options) bool { return o.Optimizer == recon.Descent }},
		{"Iterations", "50", func(o recon.Options) bool { return o.Iterations == 50 }},
		{"Loss", "gram", func(o recon.Options) bool { return o.Loss.String() == "gram" }},
		{"Learning rate", "3 -> 0.5", func(o recon.Options) bool { return o.GD.Rate == recon.Schedule{From: 3, To: 0.5} }},
		{"Blur", "2:0.5", func(o recon.Options) bool { return o.GD.Blur == recon.Schedule{From: 2, To: 0.5} }},
		{"p-norm", "3, 0.5", func(o recon.Options) bool {
			return o.GD.PNorm == recon.Regulariser{Order: 3, Weight: recon.Schedule{From: 0.5, To: 0.5}}
		}},
		{"Clip extreme values", "4, 1 → 5", func(o recon.Options) bool {
			return o.GD.ClipExtreme == recon.Clip{Every: 4, Percent: recon.Schedule{From: 1, To: 5}}
		}},
		{"First image", "noise", func(o recon.Options) bool { return o.Noise }},
		{"Gradient", "literal", func(o recon.Options) bool { return !o.GD.Normalize }},
	} {
		if err := f.SetNamed(c.name, c.value); err != nil {
			t.Errorf("%s %q: %v", c.name, c.value, err)
		}
		if o, err := f.Options(); err != nil || !c.check(o) {
			t.Errorf("%s %q is not taken: %v", c.name, c.value, err)
		}
	}
	n := f.Changes()
	for _, bad := range [][2]string{{"Iterations", "0"}, {"Iterations", "many"}, {"Learning rate", "2 → x"}, {"Clip small pixels", "4"}, {"p-norm", "0.5, 1"}, {"Jitter", "1.5"}, {"Decay", "-1"}} {
		g := NewReconForm()
		if g.SetNamed(bad[0], bad[1]) == nil {
			t.Errorf("%s %q is no error", bad[0], bad[1])
		}
		if _, err := g.Options(); err == nil {
			t.Errorf("%s %q: the options tell no error", bad[0], bad[1])
		}
	}
	why := func(name string) string {
		i := slices.IndexFunc(fields, func(d Field) bool { return d.Name == name })
		return f.Why(fields[i])
	}
	if why("Least gradient") == "" || why("Blur") != "" {
		t.Error("fields of the other optimiser have no effect, and say so")
	}
	f.Prior = true
	if why("Blur") == "" || why("First latent vector") != "" {
		t.Error("stabilisers are for pixels")
	}
	f.Reset(groupStart)
	if f.Changes() != n-1 {
		t.Errorf("%d changes after a group was reset, were %d", f.Changes(), n)
	}
	f.Reset("")
	if f.Changes() != 0 {
		t.Error("reset leaves changes")
	}
}

func TestDifference(t *testing.T) {
	target := image.NewNRGBA(image.Rect(0, 0, 2, 1))
	for i := range target.Pix {
		target.Pix[i] = 100
	}
	d := Difference(&session.Raw{W: 2, H: 1, RGB: []float32{100, 100, 100, 300, 300, 300}}, target)
	if a, b := d.NRGBAAt(0, 0), d.NRGBAAt(1, 0); a.R != 247 || a.B != 247 || b.R != 178 || b.B != 43 {
		t.Errorf("alike %v, brighter %v", a, b)
	}
	if Difference(&session.Raw{W: 1, H: 1, RGB: []float32{0, 0, 0}}, target) != nil {
		t.Error("pictures of two sizes")
	}
}

func TestPlanDifferences(t *testing.T) {
	a, _ := recon.DefaultsFor(recon.Paper, false)
	b, _ := recon.DefaultsFor(recon.Paper, true)
	p, q := session.Plan{Layers: []string{"conv1_1", "conv2_1"}, ROI: "V1", Options: a}, session.Plan{Layers: []string{"conv1_1", "conv2_1"}, ROI: "V4", Options: b, Prior: "demo"}
	got := PlanDifferences(p, q)
	for _, want := range []string{"region: V1 and V4", "prior: none and demo", "optimiser: L-BFGS and Gradient descent"} {
		if !slices.Contains(got, want) {
			t.Errorf("%q is missing in %q", want, got)
		}
	}
	if len(PlanDifferences(p, p)) != 0 {
		t.Error("a plan differs from itself")
	}
	if LayersText(p.Layers) != "DNN1–2" || LayersText(p.Layers[:1]) != "conv1_1" {
		t.Error(LayersText(p.Layers))
	}
}
