package vm_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"reverie/app/session"
	"reverie/compute/brain"
	"reverie/ui/uitest"
	"reverie/ui/vm"
)

// form is a form that lacks nothing.
func form(t *testing.T) *vm.TrainForm {
	t.Helper()
	e := &uitest.Engine{}
	s, err := e.Demo(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	_, layers := e.Network()
	f := vm.NewTrainForm(layers)
	f.SetSubject(s)
	f.Out = "decoders"
	return f
}

func TestTrainForm_labSettingsAtFirst(t *testing.T) {
	f := form(t)
	p, lack := f.Plan()
	if lack != "" || p.Session != brain.NaturalTraining || !slices.Equal(p.ROIs, []string{"VC"}) || len(p.Layers) != 19 {
		t.Errorf("%q, %+v", lack, p)
	}
	if p.Method != "l2" || p.Alpha != 100 || p.Voxels != 500 || p.FreeBias || p.Spatial != "" || p.Memory != 8<<30 {
		t.Errorf("%+v", p)
	}
	if len(f.Changed()) != 0 {
		t.Errorf("changed: %v", f.Changed())
	}
	f.Method = vm.Sparse
	if p, _ := f.Plan(); p.Voxels != 500 || p.Mode != "lab" || p.Prune != "variance" || p.Iterations != 200 || p.Alpha != 0 {
		t.Errorf("%+v", p)
	}
}

func TestTrainForm_changedAndReset(t *testing.T) {
	f := form(t)
	f.Alpha, f.Memory, f.Absolute, f.Iterations = " 50 ", "4", true, "7"
	got := f.Changed()
	if len(got) != 3 || !got[vm.SetAlpha] || !got[vm.SetMemory] || !got[vm.SetAbsolute] {
		t.Errorf("changed: %v (iterations are not ridge's)", got)
	}
	if p, lack := f.Plan(); lack != "" || p.Alpha != 50 || p.Memory != 4<<30 || !p.Absolute {
		t.Errorf("%q %+v", lack, p)
	}
	f.Reset()
	if len(f.Changed()) != 0 || f.Method != vm.Ridge || f.Out == "" {
		t.Error("not reset, or too much of it")
	}
}

func TestTrainForm_saysWhatLacks(t *testing.T) {
	for want, change := range map[string]func(*vm.TrainForm){
		"Open a subject": func(f *vm.TrainForm) { f.Subject = nil },
		"no session with brain": func(f *vm.TrainForm) {
			f.SetSubject(&session.Subject{Datasets: []session.Dataset{{Session: "pictures"}}})
		},
		"Choose a region":          func(f *vm.TrainForm) { f.ROIs = map[string]bool{} },
		"at least one layer":       func(f *vm.TrainForm) { f.Layers.SetAll(false) },
		"Choose a folder":          func(f *vm.TrainForm) { f.Out = "" },
		"Voxels of a unit":         func(f *vm.TrainForm) { f.Voxels = "many" },
		"Alpha must":               func(f *vm.TrainForm) { f.Alpha = "0" },
		"Iterations must":          func(f *vm.TrainForm) { f.Method, f.Iterations = vm.Sparse, "0" },
		"memory limit":             func(f *vm.TrainForm) { f.Memory = "NaN" },
		"needs a key of cross-val": func(f *vm.TrainForm) { f.Exclusive = "category_index" },
		"it has pool5": func(f *vm.TrainForm) {
			f.Subject.Stored = []session.Feature{{Name: "x", Path: "x", Layers: []string{"pool5"}}}
			f.Store = "x"
		},
	} {
		f := form(t)
		change(f)
		if _, lack := f.Plan(); !strings.Contains(lack, want) {
			t.Errorf("%q, want %q", lack, want)
		}
	}
}

func TestTrainForm_regionsExpressionStores(t *testing.T) {
	f := form(t)
	f.ROIs = map[string]bool{"V4": true, "V1": true}
	f.Expression = "  V1 +  V2"
	if p, _ := f.Plan(); !slices.Equal(p.ROIs, []string{"V1", "V4", "V1 + V2"}) {
		t.Errorf("regions %q, want the file's order and the expression", p.ROIs)
	}
	f.Expression = "V4"
	if p, _ := f.Plan(); !slices.Equal(p.ROIs, []string{"V1", "V4"}) {
		t.Errorf("regions %q: a region twice", p.ROIs)
	}
	f.Subject.Stored = []session.Feature{{Path: "decoded", ROIs: []string{"VC"}}, {Path: "true", Layers: []string{"fc8", "fc6"}}}
	if s := f.Stores(); len(s) != 1 || s[0].Path != "true" {
		t.Errorf("stores %v: only those of true features", s)
	}
	f.Store = "true"
	if p, lack := f.Plan(); lack != "" || !slices.Equal(p.Layers, []string{"fc6", "fc8"}) {
		t.Errorf("%q, layers %v, want those of the store", lack, p.Layers)
	}
	f.Expression = ""
	other := *f.Subject
	other.Datasets = slices.Clone(other.Datasets[1:2])
	other.Datasets[0].ROIs = []session.ROI{{Name: "V1", Voxels: 9}, {Name: "HVC", Voxels: 8}}
	f.SetSubject(&other)
	if p, _ := f.Plan(); p.Session != brain.NaturalTest || !slices.Equal(p.ROIs, []string{"V1"}) || p.Store != "" {
		t.Errorf("%+v: another subject keeps what it has", p)
	}
}
