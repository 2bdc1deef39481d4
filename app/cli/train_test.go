package cli

import (
	"bytes"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"reverie/app/dataset/demo"
	"reverie/app/device"
)

// experiment is the simulated subject, made once for all tests.
func experiment(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(cache, "simulated-subject")
	if demo.Complete(dir) {
		return dir
	}
	be, err := device.Open(t.Context(), device.Choice{Backend: device.CPU})
	if err != nil {
		t.Fatal(err)
	}
	defer be.Close()
	if _, err := demo.Make(t.Context(), dir, demo.Options{Seed: 1}, be, func(string, int, int) {}); err != nil {
		t.Fatal(err)
	}
	return dir
}

// contents reads the files below a folder, but for hidden ones.
func contents(t *testing.T, root string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case d.IsDir():
			return nil
		}
		rel, _ := filepath.Rel(root, path)
		out[rel], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func alike(t *testing.T, got, want map[string][]byte) {
	t.Helper()
	if len(got) != len(want) || len(want) == 0 {
		t.Errorf("%d files, want %d", len(got), len(want))
	}
	for name, raw := range want {
		if !bytes.Equal(got[name], raw) {
			t.Errorf("%s differs", name)
		}
	}
}

func TestTrainDecode(t *testing.T) {
	subject, out := experiment(t), t.TempDir()
	dec := filepath.Join(out, "dec")
	var e estimateRecord
	must(t, &e, "train", subject, "--roi", "V1,V4", "--layers", "conv5_1,fc8", "--voxels", "40", "--out", dec, "--estimate")
	if e.Units != 2*(4096+demo.Classes) || e.Trained != 0 || !(e.Seconds > 0) || e.Disk < 1<<20 {
		t.Errorf("estimate %+v", e)
	}
	var r trainRecord
	must(t, &r, "train", subject, "--roi", "V1,V4", "--layers", "conv5_1,fc8", "--voxels", "40", "--out", dec)
	if len(r.Parts) != 4 || len(r.Subjects) != 1 || !r.Simulated {
		t.Fatalf("%+v", r)
	}
	natural := -1.0
	for _, a := range r.Parts[0].Accuracy {
		if a.Condition == "seen natural" {
			natural = a.Mean
			if a.Units < 1000 || !(a.Low < a.Mean && a.Mean < a.High) || len(a.Histogram) != 40 {
				t.Errorf("accuracy %+v", a)
			}
		}
	}
	var d decodeRecord
	must(t, &d, "decode", subject, "--decoders", dec, "--roi", "V1", "--layers", "conv5_1,fc8", "--norm", "none", "--out", filepath.Join(out, "decoded"))
	if len(d.Labels) != 50 || d.Corrected {
		t.Errorf("%+v", d)
	}
	// What was measured on the way is what decoding measures again.
	if !(natural > 0.1) || math.Abs(d.Accuracy[0].Mean-natural) > 1e-4 {
		t.Errorf("accuracy %g while training, %g decoded", natural, d.Accuracy[0].Mean)
	}
	must(t, &d, "decode", subject, "--decoders", dec, "--roi", "V1", "--layers", "fc8", "--norm", "feature_std_train_mean_center", "--out", filepath.Join(out, "scaled"))
	if !d.Corrected || d.Scaling != "feature_std_train_mean_center" {
		t.Errorf("%+v", d)
	}
	must(t, &d, "decode", subject, "--decoders", dec, "--roi", "V1", "--layers", "fc8", "--trials", "--out", filepath.Join(out, "trials"))
	if len(d.Labels) != 1200 || !strings.HasPrefix(d.Labels[0], "sample0000") {
		t.Errorf("trials %v", d.Labels)
	}
	if code, _, errs := run(t, "decode", subject, "--decoders", dec, "--roi", "V2", "--layers", "fc8", "--out", filepath.Join(out, "none")); code != Failed || !strings.Contains(errs, "it has the ROIs [V1 V4]") {
		t.Errorf("exit %d: %s", code, errs)
	}
	if code, _, errs := run(t, "train", subject, "--roi", "V1", "--layers", "fc8", "--voxels", "41", "--out", dec); code != Failed || !strings.Contains(errs, "trained otherwise") {
		t.Errorf("exit %d: %s", code, errs)
	}
}

func TestTrainCrossValidated(t *testing.T) {
	subject, out := experiment(t), t.TempDir()
	dec := filepath.Join(out, "dec")
	var r trainRecord
	must(t, &r, "train", subject, "--cv", "Run", "--roi", "V1", "--layers", "fc8", "--voxels", "40", "--out", dec)
	if len(r.Parts) < 2 || r.Parts[0].Fold != "cv-fold1" || r.Parts[0].Accuracy[0].Condition != "held out" {
		t.Fatalf("%+v", r.Parts)
	}
	var d []decodeRecord
	must(t, &d, "decode", subject, "--decoders", dec, "--roi", "V1", "--layers", "fc8", "--layout", "decoded", "--out", filepath.Join(out, "decoded"))
	if len(d) != len(r.Parts) || d[1].Fold != "cv-fold2" || len(d[1].Labels) == 0 {
		t.Errorf("%d folds, the second %s of %d samples", len(d), d[1].Fold, len(d[1].Labels))
	}
	if _, err := os.Stat(filepath.Join(out, "decoded", "fc8", "sub-demo", "V1", "cv-fold1", "decoded_features", d[0].Labels[0]+".mat")); err != nil {
		t.Error(err)
	}
}

func TestTrainRefusals(t *testing.T) {
	subject := experiment(t)
	for want, args := range map[string][]string{
		`--shard "3/2"`:               {"--shard", "3/2"},
		"--exclusive needs --cv":      {"--exclusive", "category_index"},
		`no layer "conv9"`:            {"--layers", "conv9"},
		`no mode "fast"`:              {"--mode", "fast"},
		`has no session "Dreams"`:     {"--session", "Dreams"},
		`no method "lasso"`:           {"--method", "lasso"},
		"no spatial normalisation":    {"--spatial", "big", "--layers", "fc8", "--roi", "V1"},
		"--slurm and --shard exclude": {"--slurm", "2", "--shard", "1/2"},
	} {
		code, _, errs := run(t, append([]string{"train", subject, "--out", t.TempDir()}, args...)...)
		if code == OK || !strings.Contains(errs, want) {
			t.Errorf("%s: exit %d: %s", want, code, errs)
		}
	}
}

// TestRealSlurm trains with a real Slurm of three nodes, one of which dies, and
// compares with training on one machine, byte by byte.
func TestRealSlurm(t *testing.T) {
	if os.Getenv("REVERIE_SLURM") == "" {
		t.Skip("REVERIE_SLURM is not set: it starts a real Slurm on this machine (root, slurm-wlm and munge)")
	}
	subject, out, dir := experiment(t), t.TempDir(), t.TempDir()
	script := filepath.Join("..", "..", "testdata", "slurm", "cluster.sh")
	call := func(args ...string) {
		t.Helper()
		if out, err := exec.Command("bash", append([]string{script}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("cluster.sh %v: %v\n%s", args, err, out)
		}
	}
	t.Cleanup(func() { call("down", dir) })
	call("up", dir)
	t.Setenv("SLURM_CONF", filepath.Join(dir, "slurm.conf"))
	t.Setenv(asProgram, "1")
	args := []string{"train", subject, "--roi", "V1,V2", "--layers", "conv3_1,conv4_1,fc8", "--voxels", "100", "--backend", "cpu", "--out"}
	var one trainRecord
	must(t, &one, append(args, filepath.Join(out, "one"))...)
	kill := time.AfterFunc(8*time.Second, func() { call("kill", "2") })
	defer kill.Stop()
	var many slurmRecord
	must(t, &many, append(args, filepath.Join(out, "many"), "--slurm", "10", "--memory", "2", "--time", "10m", "--poll", "500ms")...)
	if kill.Stop() {
		t.Error("all was done before the node could be killed")
	}
	alike(t, contents(t, filepath.Join(out, "many")), contents(t, filepath.Join(out, "one")))
	if len(many.Parts) != 6 {
		t.Errorf("%+v", many)
	}
	t.Logf("%d tasks for 10 shards in jobs %v", many.Tasks, many.Jobs)
}
