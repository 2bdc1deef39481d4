package batch

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reverie/app/session"
	"reverie/compute/brain"
)

func TestRefusals(t *testing.T) {
	h, dir := open(t), filepath.Join(t.TempDir(), "out")
	s := spec()
	s.Sessions, s.ROIs, s.LayerSets, s.Prior, s.Layouts = s.Sessions[:1], s.ROIs[:1], s.LayerSets[:1], session.PriorOff, s.Layouts[:1]
	work(t, newJob(t, h, s, dir, 2, "S1"))
	before := tree(t, dir)
	run := func(s session.BatchSpec, images int, overwrite bool) error {
		return newJob(t, h, s, dir, images, "S1").Run(context.Background(), overwrite, nil, ignore, nil)
	}
	other := s
	other.ROIs, other.Pixels.Iterations = []string{"VC"}, 11
	var d *DifferentError
	if err := run(other, 2, false); !errors.As(err, &d) || !strings.Contains(err.Error(), `rois: there ["V1"], now ["VC"]`) || !strings.Contains(err.Error(), "pixels.Iterations: there 10, now 11") {
		t.Errorf("another specification: %v", err)
	}
	if err := run(s, 3, false); !errors.As(err, &d) {
		t.Errorf("another subject's stimuli: %v", err)
	}
	same(t, "refused", tree(t, dir), before)
	if _, err := os.Stat(filepath.Join(dir, workDir)); !os.IsNotExist(err) {
		t.Error("a refused batch leaves a folder")
	}
	// Something of others stays when a batch is overwritten.
	mine := filepath.Join(dir, "S1", "V1", "layers-1to1", "pixels", "ImageNetTest", "notes.txt")
	if err := os.WriteFile(mine, []byte("of mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := run(other, 2, true); err != nil {
		t.Fatal(err)
	}
	files := tree(t, dir)
	if len(files[strings.TrimPrefix(filepath.ToSlash(mine), filepath.ToSlash(dir)+"/")]) == 0 {
		t.Error("a file of others was removed")
	}
	for name := range files {
		if strings.HasPrefix(name, "S1/V1/") && !strings.HasSuffix(name, "notes.txt") {
			t.Errorf("%s of the batch before is left", name)
		}
	}
	// Results without batch.json are not a batch's.
	if err := os.Remove(filepath.Join(dir, SpecFile)); err != nil {
		t.Fatal(err)
	}
	if err := run(other, 2, false); !errors.As(err, &d) {
		t.Errorf("a folder with other results: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, SpecFile), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := run(other, 2, false); !errors.As(err, &d) || !strings.Contains(err.Error(), "cannot be read") {
		t.Errorf("a damaged batch.json: %v", err)
	}
	if err := run(other, 2, true); err != nil {
		t.Errorf("overwrite a damaged batch.json: %v", err)
	}
}

func TestOneProcessAtATime(t *testing.T) {
	h, dir := open(t), t.TempDir()
	s := spec()
	s.Sessions, s.LayerSets = s.Sessions[:1], s.LayerSets[:1]
	tried := false
	err := newJob(t, h, s, dir, 2, "S1").Run(context.Background(), false, nil, func(u session.BatchUpdate) {
		if tried {
			return
		}
		tried = true
		if err := newJob(t, h, s, dir, 2, "S1").Run(context.Background(), false, nil, ignore, nil); err == nil || !strings.Contains(err.Error(), "another process works on") {
			t.Errorf("a second batch in the folder: %v", err)
		}
	}, nil)
	if err != nil || !tried {
		t.Fatal(err, tried)
	}
}

func TestNewRefuses(t *testing.T) {
	h := open(t)
	for want, change := range map[string]func(*session.BatchSpec){
		"has no session":                      func(s *session.BatchSpec) { s.Sessions = []brain.Session{"Dreams"} },
		"has no region V9":                    func(s *session.BatchSpec) { s.ROIs = []string{"V9"} },
		"no layer":                            func(s *session.BatchSpec) { s.LayerSets = []string{"conv9_9"} },
		"are the same layers":                 func(s *session.BatchSpec) { s.LayerSets = []string{"DNN1", "conv1_1,conv1_2"} },
		"names no layer":                      func(s *session.BatchSpec) { s.LayerSets = []string{","} },
		`no subject has the stimulus "x"`:     func(s *session.BatchSpec) { s.Labels = []string{"scene 1/1", "x"} },
		"none of the subjects has a chosen":   func(s *session.BatchSpec) { s.Labels = []string{"x"} },
		"decoders trained for it":             func(s *session.BatchSpec) { s.Decoders = "somewhere" },
		"no choice of prior":                  func(s *session.BatchSpec) { s.Prior = "maybe" },
		"version 7":                           func(s *session.BatchSpec) { s.Version = 7 },
		"want none, log or every":             func(s *session.BatchSpec) { s.Snapshots = "every:0" },
		"no layout":                           func(s *session.BatchSpec) { s.Layouts = []string{"theirs"} },
		"need the folder that holds them":     func(s *session.BatchSpec) { s.Source = session.Stored },
		"single trials are of decoded":        func(s *session.BatchSpec) { s.Source, s.Trials = session.True, true },
		"iterations, want":                    func(s *session.BatchSpec) { s.Latent.Iterations = 0 },
		"is named twice":                      func(s *session.BatchSpec) { s.ROIs = []string{"V1", "V1"} },
		"so no true features: choose decoded": func(s *session.BatchSpec) { s.Source = session.True },
	} {
		s := spec()
		change(&s)
		p, err := subject(t.TempDir(), "S1", 2)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := New(context.Background(), s, []*session.Subject{p}, h, t.TempDir()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	p, _ := subject(t.TempDir(), "S1", 2)
	h.prior = nil
	if _, err := New(context.Background(), spec(), []*session.Subject{p}, h, t.TempDir()); err == nil || !strings.Contains(err.Error(), "no prior") {
		t.Error(err)
	}
}
