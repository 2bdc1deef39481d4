package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"reverie/app/dataset/bdata"
	"reverie/app/dataset/stimuli"
	"reverie/compute/brain"
)

// little is a subject that is made in about a second.
var little = size{train: 20, test: 6, norm: 2, trainTimes: 2, testTimes: 3, shapeTimes: 2, letterTimes: 2,
	imageryTimes: 2, imageryScenes: 3, imageryForms: 4, perRun: 10}

// TestMakeFull makes the whole subject into the folder that REVERIE_DEMO names and tells how long it took.
func TestMakeFull(t *testing.T) {
	dir := os.Getenv("REVERIE_DEMO")
	if dir == "" {
		t.Skip("set REVERIE_DEMO to a new folder to have the whole subject made")
	}
	start := time.Now()
	f, err := Make(context.Background(), dir, Options{Seed: 1}, backend(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%v: %+v", time.Since(start), f)
}

func TestDesignIsThePapers(t *testing.T) {
	want := map[brain.Session][3]int{ // images, trials, runs
		brain.NaturalTraining: {600, 1200, 24}, brain.NaturalTest: {50, 1200, 24}, brain.Shapes: {40, 800, 20},
		brain.Letters: {10, 120, 12}, brain.Imagery: {25, 500, 20},
	}
	all := full.pictures(1)
	for i, d := range full.designs(1) {
		trials := d.trials(1, i)
		times := map[int]int{}
		for _, tr := range trials {
			times[tr.image]++
		}
		if got := [3]int{len(d.images), len(trials), trials[len(trials)-1].run}; got != want[d.session] {
			t.Errorf("%s: %v images, trials, runs; want %v", d.session, got, want[d.session])
		}
		for image, n := range times {
			if n != d.times {
				t.Errorf("%s: image %d is shown %d times, want %d", d.session, image, n, d.times)
			}
		}
		if d.session == brain.Imagery {
			if l := all[d.images[9]].folder + all[d.images[10]].folder; l != "ImageNetTestArtificialShapes" {
				t.Errorf("imagery is of %s, want 10 scenes and then 15 shapes", l)
			}
		}
	}
}

func TestColoursShareTheirLuminance(t *testing.T) {
	for _, shape := range shapeNames {
		base := greyed(shapePicture(shape, "red"))
		for _, c := range colourNames[1:6] {
			g := greyed(shapePicture(shape, c))
			for i := range g.Pix {
				if d := int(g.Pix[i]) - int(base.Pix[i]); d < -1 || d > 1 {
					t.Fatalf("%s %s: grey %d, red's is %d", c, shape, g.Pix[i], base.Pix[i])
				}
			}
		}
	}
}

// tree reads all files below dir.
func tree(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		files[name], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// values is all that a subject file says, as bytes.
func values(t *testing.T, path string) []byte {
	t.Helper()
	f, err := bdata.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s, err := f.Samples("VoxelData", "stimulus_name")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	for _, x := range s.X {
		fmt.Fprintf(&b, "%016x", math.Float64bits(x))
	}
	fmt.Fprintln(&b, s.Labels, s.Runs, f.Keys())
	for _, k := range f.Keys() {
		m, err := f.Metadata(k)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&b, f.Description(k), m)
	}
	return b.Bytes()
}

func TestMakeIsRepeatable(t *testing.T) {
	be := backend(t)
	dir := filepath.Join(t.TempDir(), "cache", "subject")
	if Complete(dir) {
		t.Fatal("complete before it was made")
	}
	if _, err := build(context.Background(), dir, Options{Seed: 5}, little, be, nil); err != nil {
		t.Fatal(err)
	}
	if !Complete(dir) {
		t.Fatal("not complete")
	}
	first, firstValues := tree(t, dir), map[string][]byte{}
	for name := range first {
		if filepath.Ext(name) == ".h5" {
			firstValues[name] = values(t, filepath.Join(dir, name))
		}
	}
	if _, err := build(context.Background(), dir, Options{Seed: 5}, little, be, nil); err != nil { // replaces
		t.Fatal(err)
	}
	second := tree(t, dir)
	for name, b := range first {
		again := second[name]
		if filepath.Ext(name) == ".h5" { // which keeps the times of writing: compare what is in it
			b, again = firstValues[name], values(t, filepath.Join(dir, name))
		}
		if !bytes.Equal(b, again) {
			t.Errorf("%s differs the second time", name)
		}
	}
	if left, _ := os.ReadDir(filepath.Dir(dir)); len(left) != 1 || len(first) != len(second) || len(first) != 20+6+40+10+2+6 {
		t.Errorf("%d and %d files, beside the folder %v", len(first), len(second), left)
	}
}

func TestFilesOpenAsAnyones(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "subject")
	f, err := build(context.Background(), dir, Options{Seed: 5}, little, backend(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	set, err := stimuli.OpenSet(f.Stimuli)
	if err != nil {
		t.Fatal(err)
	}
	voxels := map[string]int{"V1": 300, "V2": 260, "V3": 240, "V4": 200, "LOC": 160, "FFA": 80, "PPA": 80, "LVC": 800, "HVC": 400, "VC": Voxels}
	for session, path := range f.Subject {
		if !strings.HasSuffix(path, "_simulated.h5") {
			t.Errorf("%s does not say that it is simulated", path)
		}
		b, err := bdata.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range b.ROIs() {
			if voxels[r.Name] != r.Voxels || !strings.Contains(b.Description(r.Key()), "simulated") {
				t.Errorf("%s: %+v %q", session, r, b.Description(r.Key()))
			}
		}
		s, err := b.Samples("ROI_V1 + ROI_V2 + ROI_V3 + ROI_V4 + ROI_HVC", "stimulus_name")
		b.Close()
		if err != nil {
			t.Fatal(err)
		}
		if s.Voxels != Voxels || len(s.Runs) != s.Len() {
			t.Errorf("%s: %d voxels, %d runs for %d samples", session, s.Voxels, len(s.Runs), s.Len())
		}
		for _, l := range s.Labels {
			if _, ok := set.Match(l); !ok {
				t.Errorf("%s: %s has no picture", session, l)
			}
		}
		if session == brain.NaturalTraining {
			checkNoise(t, s)
		}
	}
}

// checkNoise compares the variances of training samples with the recipe: the response 1, the
// noise 1.5² and the drift, at most 0.3² + 0.2² more, smaller on average over a run.
func checkNoise(t *testing.T, s brain.Samples) {
	within, between := 0.0, 0.0
	mean := s.Average()
	at := map[string]int{}
	for i, l := range mean.Labels {
		at[l] = i
	}
	for i := range s.Labels {
		for v, x := range s.Row(i) {
			d := x - mean.Row(at[s.Labels[i]])[v]
			within += d * d / float64(s.Voxels*(s.Len()-mean.Len()))
			between += x * x / float64(s.Voxels*s.Len())
		}
	}
	if math.Abs(within-2.3) > 0.08 || math.Abs(between-within-1) > 0.1 {
		t.Errorf("variance within stimuli %.3f, want about 2.3; total %.3f, want 1 more", within, between)
	}
}

func TestMakeLeavesNothing(t *testing.T) {
	be := backend(t)
	parent := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	_, err := build(ctx, filepath.Join(parent, "subject"), Options{Seed: 5}, little, be, func(stage string, done, _ int) {
		if strings.HasPrefix(stage, "write") {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if left, _ := os.ReadDir(parent); len(left) != 0 {
		t.Errorf("cancelled, but %v is left", left)
	}

	other := filepath.Join(parent, "mine")
	if err := os.Mkdir(other, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(other, "thesis.txt"), []byte("text"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := build(context.Background(), other, Options{}, little, be, nil); err == nil || !strings.Contains(err.Error(), "other files") {
		t.Errorf("a folder with other files: %v", err)
	}
	if _, err := build(context.Background(), filepath.Join(other, "thesis.txt", "x"), Options{}, little, be, nil); err == nil {
		t.Error("a file for a folder gives no error")
	}
}
