package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"reverie/app/pipeline"
	"reverie/compute"
	"reverie/compute/gl"
)

// The self-test passes on whatever OpenGL this machine has, a software renderer in CI.
func TestDoctor(t *testing.T) {
	var rep doctorReport
	must(t, &rep, "doctor")
	if len(rep.Devices) == 0 || rep.Failed != 0 || len(rep.Tests) < 20 || rep.Limits == nil || rep.Why == "" {
		t.Errorf("%d devices (%s), %d of %d checks failed, auto %s because %q", len(rep.Devices), rep.NoGL, rep.Failed, len(rep.Tests), rep.Auto, rep.Why)
	}
	for _, c := range rep.Tests {
		if !c.Pass || !(c.Error <= c.Gate) {
			t.Errorf("%+v", c)
		}
	}
	code, out, errs := run(t, "doctor", "--no-test")
	if code != OK || !strings.Contains(out, "auto ") || strings.Contains(out, "self-test") {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
}

// wrongKernels has a kernel that computes wrongly and one that the driver refuses.
type wrongKernels struct{}

func (wrongKernels) SelfTest(_ context.Context, _ []compute.Backend, report func(gl.Check)) error {
	report(gl.Check{Kernel: "pooling", Against: "ref", Error: 1e-7, Gate: 1e-5})
	report(gl.Check{Kernel: "convolution", Against: "ref", Error: 0.5, Gate: 1e-5})
	report(gl.Check{Kernel: "Winograd", Against: "ref", Gate: 1e-5, Err: errors.New("the compiler gave up")})
	return nil
}

func TestDoctorFails(t *testing.T) {
	var out bytes.Buffer
	e := &env{stdout: &out, stderr: io.Discard, progress: newPrinter(io.Discard)}
	rep := doctorReport{Tested: "A Card"}
	if err := rep.test(t.Context(), e, wrongKernels{}, nil); err != nil {
		t.Fatal(err)
	}
	if err := rep.verdict(); err == nil || !strings.Contains(err.Error(), "2 of 3 checks failed on A Card") {
		t.Errorf("verdict %v", err)
	}
	if rep.Tests[0].Problem != "" || rep.Tests[1].Pass || rep.Tests[2].Problem != "the compiler gave up" {
		t.Errorf("%+v", rep.Tests)
	}
	for _, want := range []string{"pass, by a factor of 100", "FAIL, by a factor of 50000", "FAIL: the compiler gave up", "1 of 3 checks passed"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}

// stopper cancels shortly after a text was written, and notes when.
type stopper struct {
	bytes.Buffer
	at     string
	cancel func()
	timer  *time.Timer
	ended  time.Time
}

func (w *stopper) Write(p []byte) (int, error) {
	n, err := w.Buffer.Write(p)
	if w.timer == nil && strings.Contains(w.String(), w.at) {
		w.timer = time.AfterFunc(300*time.Millisecond, func() {
			w.ended = time.Now()
			w.cancel()
		})
	}
	return n, err
}

// A tuning that is cancelled ends soon.
func TestTuneCancelled(t *testing.T) {
	t.Setenv("REVERIE_CACHE", t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	errs := &stopper{at: "tune, batch of 1", cancel: cancel}
	code := Run(ctx, []string{"bench", "--backend", "gl", "--network", "demo", "--batch", "1", "--tune"}, io.Discard, errs)
	if code != Cancelled {
		t.Fatalf("exit %d: %s", code, errs.String())
	}
	if took := time.Since(errs.ended); took > 2*time.Second {
		t.Errorf("it took %v to end", took)
	}
}

// A picture reconstructed on both backends: the record says what computed it, and
// the courses of the losses are those of the same problem.
func TestReconstructOnBoth(t *testing.T) {
	in := filepath.Join(t.TempDir(), "gradient.png")
	picture(t, in)
	dirs := map[string]string{}
	for _, backend := range []string{"cpu", "gl"} {
		dirs[backend] = filepath.Join(t.TempDir(), backend)
		var rec pipeline.Record
		must(t, &rec, "reconstruct", in, "--backend", backend, "--iterations", "4", "--out", dirs[backend])
		if rec.Backend != backend || !strings.HasPrefix(rec.Device, map[string]string{"cpu": "CPU: ", "gl": "GPU: "}[backend]) {
			t.Errorf("backend %q on %q", rec.Backend, rec.Device)
		}
		if (rec.Plan != nil) != (backend == "gl") || rec.Plan != nil && (len(rec.Plan.Hash) < 8 || rec.Plan.Bytes == 0) {
			t.Errorf("%s: plan %+v", backend, rec.Plan)
		}
	}
	if code, out, errs := run(t, "compare", dirs["cpu"], dirs["gl"], "--tolerance", "0.02"); code != OK {
		t.Errorf("the loss curves of 4 iterations differ by more than 2 %%: exit %d\n%s%s", code, out, errs)
	}
}

// The features command says what computed them.
func TestFeaturesOnGPU(t *testing.T) {
	folder := t.TempDir()
	picture(t, filepath.Join(folder, "gradient.png"))
	var rep featuresReport
	must(t, &rep, "features", folder, "--backend", "gl", "--layers", "conv1_1", "--out", t.TempDir())
	if rep.Backend != "gl" || !strings.Contains(rep.Device, "OpenGL 4.") || rep.Plan == nil || rep.Plan.Hash == "" {
		t.Errorf("%+v", rep.Computed)
	}
}

func TestBenchOnGPU(t *testing.T) {
	var rep glReport
	must(t, &rep, "bench", "--backend", "gl", "--network", "demo", "--batch", "1,2", "--repeats", "1", "--kernels", "--many", "2")
	if rep.Backend != "gl" || len(rep.Rows) != 2 || rep.Evaluations != 2 || !(rep.Seconds > 0) {
		t.Fatalf("%+v", rep)
	}
	for _, r := range rep.Rows {
		if !(r.Evaluate.Min > 0) || len(r.Kernels) < 38 || r.Hash == "" || r.Program == 0 {
			t.Errorf("batch %d: %g s, %d kernels, plan %q of %d bytes", r.Batch, r.Evaluate.Min, len(r.Kernels), r.Hash, r.Program)
		}
	}
}

func TestDeviceFlags(t *testing.T) {
	folder := t.TempDir()
	picture(t, filepath.Join(folder, "gradient.png"))
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"demo", "--backend", "cuda"}, Usage, "auto, gl or cpu"},
		{[]string{"reconstruct", "x.png", "--backend", "cpu", "--device", "0"}, Usage, "not for cpu"},
		{[]string{"bench", "--device", "no such card"}, Usage, `no device "no such card"; there are`},
		{[]string{"doctor", "--device", "99"}, Usage, `no device "99"; there are`},
		{[]string{"features", folder, "--device", "no such card", "--out", t.TempDir()}, Usage, `no device "no such card"; there are`},
		{[]string{"bench", "--backend", "gl", "--peer", "python3"}, Usage, "--backend cpu"},
		{[]string{"bench", "--backend", "cpu", "--tune"}, Usage, "--backend gl"},
	} {
		code, _, errs := run(t, c.args...)
		if code != c.code || !strings.Contains(errs, c.want) {
			t.Errorf("%v: exit %d, want %d: %s", c.args, code, c.code, errs)
		}
	}
}
