package vm

import (
	"strings"
	"testing"

	"reverie/app/session"
	"reverie/compute/brain"
	"reverie/compute/recon"
)

func batchSubject(name string, rois ...string) *session.Subject {
	s := &session.Subject{Name: name, Paths: []string{name}}
	var list []session.ROI
	for _, r := range rois {
		list = append(list, session.ROI{Name: r, Voxels: 10})
	}
	for kind, n := range map[brain.Session]int{brain.NaturalTest: 50, brain.Imagery: 25, brain.NaturalTraining: 600} {
		s.Datasets = append(s.Datasets, session.Dataset{Session: kind, ROIs: list, Stimuli: make([]session.Stimulus, n)})
	}
	return s
}

func TestBatchForm(t *testing.T) {
	f := NewBatchForm()
	f.Network, f.Out = "demo", "out"
	if _, lack := f.Spec(); lack != "Open a subject first." {
		t.Error(lack)
	}
	f.SetSubject(batchSubject("S1", "V1", "V4", "VC"))
	f.Sessions = map[brain.Session]bool{brain.NaturalTest: true}
	if s, lack := f.Spec(); lack != "" || len(s.ROIs) != 1 || s.ROIs[0] != "VC" || s.Sessions[0] != brain.NaturalTest || s.Latent.Optimizer != recon.Descent || s.Memory != 8<<30 {
		t.Errorf("%q %+v", lack, s)
	}
	if why := f.Add(batchSubject("S2", "V1", "VC")); why != "" {
		t.Error(why)
	}
	if why := f.Add(f.Subjects[1].Subject); why == "" {
		t.Error("the same subject twice")
	}
	if r := f.Regions(); len(r) != 2 { // that both have
		t.Error(r)
	}
	f.ROIs["V1"], f.Expression, f.Sets["DNN1"], f.Set = true, "V1  +  VC", true, "conv1_1, fc6"
	f.Prior, f.HasPrior = session.PriorBoth, true
	n, text := f.Count()
	if n != 3*3*2*100 || text != "3 regions × 3 layer sets × 2 ways × 100 stimuli = 1,800 images" {
		t.Errorf("%d: %s", n, text)
	}
	s, lack := f.Spec()
	if lack != "" || len(s.Subjects) != 2 || s.ROIs[2] != "V1 + VC" || s.LayerSets[2] != "conv1_1,fc6" {
		t.Errorf("%q %+v", lack, s)
	}
	for want, change := range map[string]func(*BatchForm){
		"generator":     func(f *BatchForm) { f.HasPrior = false },
		"Iterations":    func(f *BatchForm) { f.Iterations = "many" },
		"memory limit":  func(f *BatchForm) { f.Memory = "NaN" },
		"Images toget":  func(f *BatchForm) { f.Together = "0" },
		"set of layers": func(f *BatchForm) { f.Sets, f.Set = map[string]bool{}, "" },
		"session":       func(f *BatchForm) { f.Sessions = map[brain.Session]bool{} },
		"kept":          func(f *BatchForm) { f.Ours = false },
		"folder":        func(f *BatchForm) { f.Out = "" },
		"another netw":  func(f *BatchForm) { f.Loaded = &session.BatchSpec{Network: "vgg19"} },
	} {
		g := *f
		change(&g)
		if _, lack := g.Spec(); !strings.Contains(lack, want) {
			t.Errorf("want %q, got %q", want, lack)
		}
	}
	f.Remove(1)
	f.Remove(0) // the last stays
	if len(f.Subjects) != 1 {
		t.Error(f.Subjects)
	}
}
