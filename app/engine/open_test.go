package engine

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"reverie/app/job"
	"reverie/app/models"
	"reverie/app/session"
	"reverie/compute/recon"
)

const data = "../../testdata/"

func copied(t *testing.T, dir, name, from string) string {
	t.Helper()
	raw, err := os.ReadFile(data + from)
	if err != nil {
		t.Fatal(err)
	}
	p := filepath.Join(dir, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(p), 0o700), os.WriteFile(p, raw, 0o600)); err != nil {
		t.Fatal(err)
	}
	return p
}

// What is dropped after a subject joins it, unless it is another person's; models go to their list.
func TestOpen(t *testing.T) {
	e := engineOn(t, new(gpu))
	store, err := models.Open(filepath.Join(t.TempDir(), "models.json"))
	if err != nil {
		t.Fatal(err)
	}
	e.store = store
	dir := t.TempDir()
	test := copied(t, dir, "sub-01_ImageNetTest.h5", "bdata/sample.h5")
	train := copied(t, dir, "more/sub-01_ImageNetTraining.h5", "bdata/sample.h5")
	other := copied(t, dir, "sub-02_ImageNetTest.h5", "bdata/sample.h5")
	model := copied(t, dir, "vgg.pt", "torchfiles/t2_vgg_narrow.pt")
	tree := data + "features/trees/decoded"
	open := func(base *session.Subject, paths ...string) *session.Opened {
		t.Helper()
		o, err := e.Open(t.Context(), base, paths, nil)
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	one := open(nil, test).Subject
	if one.Name != "sub-01" || len(one.Datasets) != 1 {
		t.Fatalf("%+v", one)
	}
	two := open(one, train).Subject
	if len(two.Datasets) != 2 || !slices.Equal(two.Paths, []string{test, train}) || len(one.Datasets) != 1 {
		t.Errorf("%d sessions of %v", len(two.Datasets), two.Paths)
	}
	three := open(two, tree).Subject
	if len(three.Datasets) != 3 || len(three.Stored) != 1 || three.Name != "sub-01" {
		t.Errorf("%+v", three)
	}
	if four := open(three, other).Subject; four.Name != "sub-02" || len(four.Datasets) != 1 {
		t.Errorf("another person's file joined: %+v", four.Paths)
	}
	o := open(three, model)
	if o.Subject != three || !slices.Equal(o.Models, []string{model}) || len(o.Report) != 1 {
		t.Errorf("a model alone: %+v", o)
	}
	if list, err := store.Entries(); err != nil || len(list) != 1 || list[0].Role != models.VGG19 {
		t.Error(list, err)
	}
	both := open(nil, test, model)
	if both.Subject == nil || len(both.Models) != 1 || !slices.ContainsFunc(both.Subject.Report, func(f session.Finding) bool { return f.About == "vgg.pt" }) {
		t.Errorf("%+v", both)
	}
	bad := filepath.Join(dir, "bad.caffemodel")
	if err := os.WriteFile(bad, []byte("no model"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Open(t.Context(), three, []string{bad}, nil); err == nil || !strings.Contains(err.Error(), "bad.caffemodel") {
		t.Error(err)
	}
	// The remembered network by its role, then one that is none.
	if err := e.UseNetwork(t.Context(), "vgg19", nil); err != nil || e.Model().Path != model {
		t.Error(e.Model().Path, err)
	}
	if n := e.Networks(); len(n) != 6 || !n[2].InUse || n[0].InUse || n[5].InUse {
		t.Error(n)
	}
	if err := e.UseNetwork(t.Context(), "vgg20", nil); err == nil || e.Model().Path != model {
		t.Error("an unknown network:", err)
	}
	if err := e.UseNetwork(t.Context(), "vgg19+imagery", nil); err != nil || e.Model().ID() != model+"+imagery" || !e.Networks()[5].InUse {
		t.Error(e.Model().ID(), err)
	}
	if err := e.UseNetwork(t.Context(), "demo", nil); err != nil || e.Model().Path != "" {
		t.Error(err)
	}
}

// Stored features are the targets of a reconstruction; those of another network are refused.
func TestStored(t *testing.T) {
	e := engineOn(t, new(gpu))
	o, err := e.Open(t.Context(), nil, []string{data + "features/trees/decoded"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := o.Subject
	if !slices.ContainsFunc(e.Fits(s), func(f session.Finding) bool {
		return f.Level == session.Warning && strings.Contains(f.Text, "another network")
	}) {
		t.Error("the report does not say that the features are of another network:", e.Fits(s))
	}
	plan := session.Plan{Stimuli: s.Datasets[0].Stimuli[:1], Layers: []string{"conv1_1"}, Source: session.Stored, Store: s.Stored[0].Path, ROI: "V1", Options: recon.Options{Preset: recon.Paper, Iterations: 1}}
	if _, _, err := e.Run(t.Context(), s, plan, new(job.Gate), nil, nil); err == nil || !strings.Contains(err.Error(), "another network") {
		t.Error(err)
	}
}
