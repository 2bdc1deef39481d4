package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reverie/app/results"
	"reverie/compute/eval"
)

func TestBatchByCommand(t *testing.T) {
	if testing.Short() {
		t.Skip("decodes the simulated subject")
	}
	out := filepath.Join(t.TempDir(), "batch")
	args := []string{"batch", "--demo", "--session", "ImageNetTest,Imagery", "--roi", "V1,VC", "--layers", "DNN1;conv1_1,DNN2", "--prior", "off", "--iterations", "2",
		"--labels", "test_0001,test_0002", "--snapshots", "every:1", "--layout", "ours,lab", "--out", out}
	var e batchEstimate
	must(t, &e, append(args, "--estimate")...)
	if e.Images == 0 || e.Done != 0 || e.Memory <= 0 || e.Seconds <= 0 {
		t.Errorf("%+v", e)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("an estimate writes")
	}
	var r batchRecord
	must(t, &r, args...)
	if r.Images != e.Images || r.Made != e.Images || len(r.Groups) != len(e.Groups) {
		t.Errorf("%+v", r)
	}
	dir := filepath.Join(out, "sub-demo", "VC", "layers-1to1", "pixels", "ImageNetTest")
	c, err := results.Open(t.Context(), []string{dir}, results.Options{}, nil)
	if err != nil || len(c.Items) != 2 || c.Items[0].Subject != "sub-demo" || c.Items[0].Condition != eval.SeenNatural || !c.Items[0].Simulated {
		t.Errorf("what evaluate reads: %+v, %v", c, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "snapshots", "image-test_0001", "000002.png")); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(out, "lab", "ImageNetTest-pixels", "layers-1to1", "sub-demo", "VC", "recon_img-test_0001.mat")); err != nil {
		t.Error(err)
	}
	// All is there; of another network or specification it is refused; --spec asks for the same elsewhere.
	r = batchRecord{}
	if must(t, &r, args...); r.Made != 0 {
		t.Errorf("made %d again", r.Made)
	}
	if code, _, errs := run(t, append(args, "--roi", "V1")...); code != Failed || !strings.Contains(errs, "holds another batch") || !strings.Contains(errs, "--overwrite") {
		t.Errorf("exit %d: %s", code, errs)
	}
	must(t, &e, "batch", "--spec", out, "--out", out+"2", "--estimate")
	if e.Images != r.Images || e.Done != 0 {
		t.Errorf("%+v", e)
	}
}

func TestBatchUsage(t *testing.T) {
	for want, args := range map[string][]string{
		"needs a subject's file":  {},
		"--spec names":            {"--demo", "--spec", "x"},
		"no source":               {"--demo", "--source", "dreams"},
		"--memory":                {"--demo", "--memory", "much"},
		"--layer-sets":            {"--demo", "--layer-sets", "some"},
		"want none, log or every": {"--demo", "--snapshots", "all"},
		"no layout":               {"--demo", "--layout", "theirs"},
		"--iterations":            {"--demo", "--iterations", "many"},
	} {
		code, _, errs := run(t, append([]string{"batch"}, args...)...)
		if code != Usage || !strings.Contains(errs, want) {
			t.Errorf("%v: exit %d: %s", args, code, errs)
		}
	}
	if code, _, errs := run(t, "batch", "--spec", filepath.Join(t.TempDir(), "nothing")); code != Failed || !strings.Contains(errs, "read the batch") {
		t.Errorf("exit %d: %s", code, errs)
	}
}

func TestBytesOf(t *testing.T) {
	for s, want := range map[string]int64{"4GiB": 4 << 30, "800MB": 800e6, "2.5G": 5 << 29, "1": 1 << 30, "512 MiB": 512 << 20} {
		if got, err := bytesOf(s); err != nil || got != want {
			t.Errorf("%s: %d, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "x", "-1", "NaN", "1e300", "0", "1KB"} {
		if got, err := bytesOf(s); err == nil {
			t.Errorf("%s: %d", s, got)
		}
	}
}
