package batch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"reverie/app/job"
	"reverie/app/pipeline"
	"reverie/app/session"
	"reverie/compute/recon"
)

// run carries out a batch and gives all that was told.
func work(t *testing.T, j *Job) (finished []session.BatchPicture, last session.BatchUpdate) {
	t.Helper()
	err := j.Run(context.Background(), false, nil, func(u session.BatchUpdate) {
		finished, last = append(finished, u.Finished...), u
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return finished, last
}

func readRecord(t *testing.T, path string) (r pipeline.Record) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(raw, &r)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestBatchOfAllWays(t *testing.T) {
	h, dir := open(t), filepath.Join(t.TempDir(), "out")
	finished, last := work(t, newJob(t, h, spec(), dir, 3, "S1", "S1"))
	const parts = 2 * 2 * 2 * 2 * 2 // subjects, sessions, regions, layer sets, prior
	if len(finished) != parts*3 || last.Done != last.Images || last.Images != parts*3 {
		t.Errorf("%d images told, the last was %d of %d", len(finished), last.Done, last.Images)
	}
	files := tree(t, dir)
	for _, subject := range []string{"S1", "S1-2"} { // of one name, told apart
		for _, roi := range []string{"V1", "VC"} {
			for _, set := range []string{"layers-1to1", "layers-conv1_1+fc6"} {
				for _, way := range []string{"pixels", "prior"} {
					for _, kind := range []string{"ImageNetTest", "Imagery"} {
						p := strings.Join([]string{subject, roi, set, way, kind}, "/") + "/"
						lab := strings.Join([]string{"lab", kind + "-" + way, set, subject, roi}, "/") + "/"
						want := []string{p + "record.json", p + "losses.csv", p + "montage.png", p + "recon_image-scene 1_1.png", p + "snapshots/image-scene 1_1/000004.png", p + "snapshots/image-scene 1_1/000008.png",
							lab + "recon_img-scene 1_1.mat", lab + "recon_img_normalized-scene 1_1.jpg"}
						for _, w := range want {
							if files[w] == "" {
								t.Errorf("no %s", w)
							}
						}
						rec := readRecord(t, filepath.Join(dir, p, "record.json"))
						imagery := strings.Contains(rec.Network+rec.Weights, "average pooling")
						if len(rec.Images) != 3 || rec.ROI != roi || (rec.Prior != "") != (way == "prior") || imagery != (kind == "Imagery") || rec.Options.Iterations != 10 || !slices.Contains(rec.Notes, "Drawn for a test.") {
							t.Errorf("%s: %+v", p, rec)
						}
						if o := rec.Options.Optimizer; (o == recon.Descent) != (way == "prior") {
							t.Errorf("%s by %s", p, o)
						}
						if (rec.Images[0].Correlation != nil) != (kind == "ImageNetTest") {
							t.Errorf("%s: correlation %v", p, rec.Images[0].Correlation)
						}
					}
				}
			}
		}
	}
	if _, err := os.Stat(filepath.Join(dir, workDir)); !os.IsNotExist(err) {
		t.Errorf("the work's folder is left: %v", err)
	}
	// Decoded once for all ways.
	if len(h.decoded) != 2*2*2 {
		t.Errorf("decoded %v", h.decoded)
	}
	// All is there: a second run makes nothing.
	h.decoded = nil
	if again, last := work(t, newJob(t, h, spec(), dir, 3, "S1", "S1")); len(again) != 0 || last.Done != parts*3 || len(h.decoded) != 0 {
		t.Errorf("a second run made %d images, decoded %v", len(again), h.decoded)
	}
	same(t, "second run", tree(t, dir), files)
}

// TestSameAsAlone compares pictures of a batch with those of single reconstructions.
func TestSameAsAlone(t *testing.T) {
	h, dir := open(t), t.TempDir()
	s := spec()
	s.Sessions, s.Batch = s.Sessions[:1], 5
	j := newJob(t, h, s, dir, 3, "S1")
	work(t, j)
	for part, p := range j.parts {
		set := j.sets[p.set]
		for i, label := range set.Labels {
			f := make([][]float32, len(p.layers))
			_, err := h.Features(context.Background(), set, i, i+1, p.layers, func(_, l int, v []float32) error {
				f[l] = slices.Clone(v)
				return nil
			}, func(string, int, int) {})
			if err != nil {
				t.Fatal(err)
			}
			q := pipeline.Request{Layers: p.layers, Jobs: []pipeline.Job{{Label: label, Features: f}}, Options: j.options(p.prior), Prior: j.prior(p.prior), Batch: 1}
			one, err := h.model.Reconstruct(context.Background(), h.be, q)
			if err != nil {
				t.Fatal(err)
			}
			var want bytes.Buffer
			if err := png.Encode(&want, one[0].Picture); err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(j.path(part, j.picture(unit{part, i})))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want.Bytes()) && !p.prior {
				t.Errorf("%s, %s: another picture than alone", p.dir, label)
			}
			// The generator's fully connected layers sum in another order for another number of images.
			if d := furthest(t, got, want.Bytes()); d > 2 {
				t.Errorf("%s, %s: %d grey levels from the picture alone", p.dir, label, d)
			}
		}
	}
}

// furthest is the largest difference of two pictures.
func furthest(t *testing.T, a, b []byte) (most int) {
	t.Helper()
	var pix [2][]uint8
	for i, raw := range [][]byte{a, b} {
		img, err := png.Decode(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		switch img := img.(type) {
		case *image.RGBA:
			pix[i] = img.Pix
		case *image.NRGBA:
			pix[i] = img.Pix
		default:
			t.Fatalf("%T", img)
		}
	}
	for i := range pix[0] {
		most = max(most, int(pix[0][i])-int(pix[1][i]), int(pix[1][i])-int(pix[0][i]))
	}
	return most
}

func TestCancelledBatchGoesOn(t *testing.T) {
	h, dir := open(t), t.TempDir()
	s := spec()
	s.LayerSets = s.LayerSets[:1]
	leastBetween = 0
	t.Cleanup(func() { leastBetween = 3 * time.Second })
	whole := filepath.Join(dir, "whole")
	work(t, newJob(t, h, s, whole, 4, "S1"))
	want := tree(t, whole)
	part := filepath.Join(dir, "part")
	rounds := 0
	for done := false; !done; rounds++ {
		ctx, cancel := context.WithCancel(context.Background())
		steps, last := 0, job.Progress{}
		err := newJob(t, h, s, part, 4, "S1").Run(ctx, false, nil, ignore, func(p job.Progress) {
			if strings.Contains(p.Stage, ", DNN1,") {
				if p.Done < last.Done || p.Done > p.Total {
					t.Errorf("progress %+v after %+v", p, last)
				}
				last = p
			}
			if steps++; steps == 60 {
				cancel()
			}
		})
		cancel()
		if done = err == nil; !done && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if rounds > 100 {
			t.Fatal("no end")
		}
		if done && last.Done != last.Total {
			t.Errorf("ended at %+v", last)
		}
	}
	if rounds < 3 {
		t.Errorf("%d rounds: nothing was cancelled", rounds)
	}
	same(t, "cancelled", tree(t, part), want)
}

func TestLittleMemory(t *testing.T) {
	h := open(t)
	s := spec()
	s.Memory = 1 << 20
	var m *MemoryError
	_, err := newJob(t, h, s, t.TempDir(), 2, "S1").Estimate(context.Background(), nil)
	if !errors.As(err, &m) || m.Needs <= m.Allowed || !strings.Contains(err.Error(), "allow more memory") {
		t.Errorf("%v", err)
	}
	// Between none and all, fewer images go together.
	s.Memory, s.Batch, s.LayerSets, s.Sessions = 0, 64, []string{"DNN1-8"}, s.Sessions[:1]
	j := newJob(t, h, s, t.TempDir(), 64, "S1")
	all, err := j.Estimate(context.Background(), nil)
	if err != nil || all.Batch != 64 {
		t.Fatal(all, err)
	}
	s.Memory = all.Memory - 30<<20
	few, err := newJob(t, h, s, t.TempDir(), 64, "S1").Estimate(context.Background(), nil)
	if err != nil || few.Batch >= 64 || few.Batch < 1 || few.Memory > s.Memory || len(few.Notes) == 0 {
		t.Errorf("%+v %v", few, err)
	}
}

func TestEstimateOfTheRest(t *testing.T) {
	h, dir := open(t), t.TempDir()
	s := spec()
	s.Sessions, s.LayerSets = s.Sessions[:1], s.LayerSets[:1]
	e, err := newJob(t, h, s, filepath.Join(dir, "a", "b"), 4, "S1").Estimate(context.Background(), nil)
	if err != nil || e.Images != 16 || e.Done != 0 || len(e.Groups) != 4 || e.Time <= 0 || e.Disk <= 0 || e.Cache <= 0 || e.Evaluations < 160 {
		t.Errorf("%+v %v", e, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "a")); !os.IsNotExist(err) {
		t.Error("an estimate writes")
	}
	work(t, newJob(t, h, s, filepath.Join(dir, "a", "b"), 4, "S1"))
	if e, err = newJob(t, h, s, filepath.Join(dir, "a", "b"), 4, "S1").Estimate(context.Background(), nil); err != nil || e.Done != 16 || e.Evaluations != 0 || e.Time != 0 || e.Disk != 0 {
		t.Errorf("of a finished batch: %+v %v", e, err)
	}
}

func TestTrialsLabelsSources(t *testing.T) {
	h, dir := open(t), t.TempDir()
	s := spec()
	s.Trials, s.Labels, s.ROIs, s.LayerSets, s.Prior, s.Snapshots = true, []string{"scene 1/1"}, s.ROIs[:1], s.LayerSets[:1], session.PriorAuto, "none"
	finished, _ := work(t, newJob(t, h, s, dir, 3, "S1"))
	var names []string
	for _, p := range finished {
		names = append(names, p.Label)
	}
	// Two trials seen, through the generator; two imagined, over pixels.
	if fmt.Sprint(names) != "[run1-block01-scene 1/1 run2-block01-scene 1/1 run1-block01-scene 1/1 run2-block01-scene 1/1]" {
		t.Error(names)
	}
	if r := readRecord(t, filepath.Join(dir, "S1/V1/layers-1to1/prior/ImageNetTest/record.json")); len(r.Images) != 2 {
		t.Error(r.Images)
	}
	readRecord(t, filepath.Join(dir, "S1/V1/layers-1to1/pixels/Imagery/record.json"))
	s = spec()
	s.Source, s.Sessions = session.True, s.Sessions[:1]
	work(t, newJob(t, h, s, filepath.Join(dir, "true"), 2, "S1"))
	if r := readRecord(t, filepath.Join(dir, "true/S1/true-features/layers-1to1/pixels/ImageNetTest/record.json")); r.ROI != "" {
		t.Error(r.ROI)
	}
}

func TestFailuresEndTheBatchAndItGoesOn(t *testing.T) {
	h, dir := open(t), t.TempDir()
	s := spec()
	s.Sessions, s.LayerSets = s.Sessions[:1], s.LayerSets[:1]
	h.fail = errors.New("a voxel is missing")
	if err := newJob(t, h, s, dir, 2, "S1").Run(context.Background(), false, nil, ignore, nil); !errors.Is(err, h.fail) {
		t.Fatal(err)
	}
	h.fail = nil
	work(t, newJob(t, h, s, dir, 2, "S1"))
}
