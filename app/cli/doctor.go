package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"runtime"

	"reverie/app/device"
	"reverie/app/engine"
	"reverie/app/pipeline"
	"reverie/compute"
	"reverie/compute/cpu"
	"reverie/compute/gl"
	"reverie/compute/ref"
)

var doctorCommand = command{
	name: "doctor", short: "what this machine computes with, and whether it computes rightly",
	examples: []string{
		"reverie doctor",
		"reverie doctor --device nvidia     # the self-test on this GPU",
		"reverie doctor --no-test --json",
	},
	run: runDoctor,
}

type doctorReport struct {
	CPU     string         `json:"cpu"`
	OneDNN  string         `json:"onednn"`
	Devices []doctorDevice `json:"devices"`
	NoGL    string         `json:"no_gl,omitempty"` // why there is no OpenGL at all
	Auto    string         `json:"auto"`
	Why     string         `json:"auto_why"`
	Limits  *doctorLimits  `json:"limits,omitempty"`
	Profile string         `json:"profile,omitempty"`
	Tuned   int            `json:"tuned_convolutions"`
	Tested  string         `json:"tested,omitempty"`
	Tests   []doctorTest   `json:"tests,omitempty"`
	Failed  int            `json:"failed"`
	System  map[string]any `json:"system"`
}

type doctorDevice struct {
	Index    int    `json:"index"`
	Name     string `json:"name"`
	Vendor   string `json:"vendor,omitempty"`
	Version  string `json:"version,omitempty"`
	Memory   uint64 `json:"memory_bytes,omitempty"`
	Software bool   `json:"software"`
	Problem  string `json:"problem,omitempty"`
}

type doctorLimits struct {
	StorageBlock int64 `json:"storage_block_bytes"`
	Texels       int64 `json:"buffer_texture_texels"`
	Shared       int   `json:"shared_memory_bytes"`
	Invocations  int   `json:"workgroup_threads"`
	Groups       int   `json:"workgroups"`
}

type doctorTest struct {
	Kernel  string  `json:"kernel"`
	Against string  `json:"against"`
	Error   float64 `json:"error"`
	Gate    float64 `json:"gate"`
	Pass    bool    `json:"pass"`
	Problem string  `json:"problem,omitempty"`
}

func runDoctor(ctx context.Context, e *env, fs *flag.FlagSet, args []string) error {
	name := fs.String("device", "", "`GPU` to test: number or part of its name; the first by default")
	skip := fs.Bool("no-test", false, "leave the self-test out")
	if _, err := e.parse(fs, args, 0, 0); err != nil {
		return err
	}
	c, err := cpu.Open(cpu.Options{})
	if err != nil {
		return err
	}
	defer c.Close()
	rep := doctorReport{CPU: c.Device(), OneDNN: cpu.Version(), System: map[string]any{
		"os": runtime.GOOS, "arch": runtime.GOARCH, "cores": runtime.NumCPU(), "go": runtime.Version(), "program": pipeline.Version(),
	}}
	e.say("system   %s/%s, %d cores, %s, %s", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version(), pipeline.Version())
	e.say("CPU      %s", c.Device())
	rep.listDevices(e)
	dir, err := engine.CacheDir("")
	if err != nil {
		return err
	}
	chosen, err := device.Open(ctx, engine.DeviceChoice(dir, device.Choice{}))
	if err != nil {
		return err
	}
	rep.Auto, rep.Why = chosen.Name(), chosen.Why()
	chosen.Close()
	e.say("auto     %s: %s", rep.Auto, rep.Why)

	choice := engine.DeviceChoice(dir, device.Choice{})
	b, err := gl.Open(gl.Options{Device: *name, Cache: choice.Cache})
	switch {
	case errors.Is(err, compute.ErrNoDevice) && *name == "":
		e.say("\nNo GPU to test; the CPU does all.")
		return e.result(rep)
	case err != nil:
		return wrongDevice(*name, err)
	}
	defer b.Close()
	rep.limits(e, b)
	if !*skip {
		if err := rep.test(ctx, e, b, c); err != nil {
			return err
		}
	}
	if err := e.result(rep); err != nil {
		return err
	}
	return rep.verdict()
}

// verdict is an error where a check failed.
func (rep *doctorReport) verdict() error {
	if rep.Failed == 0 {
		return nil
	}
	return fmt.Errorf("%d of %d checks failed on %s: use --backend cpu and send the output of reverie doctor --json with a report", rep.Failed, len(rep.Tests), rep.Tested)
}

func (rep *doctorReport) listDevices(e *env) {
	list, err := gl.Devices()
	if err != nil {
		rep.NoGL = err.Error()
		e.say("GPU      none: %s", rep.NoGL)
	}
	for _, d := range list {
		rep.Devices = append(rep.Devices, doctorDevice{d.Index, d.Name, d.Vendor, d.Version, d.Memory, d.Software, d.Problem})
		e.say("GPU %-4d %s", d.Index, device.Title(d))
		if d.Problem != "" {
			e.say("         cannot be used: %s", d.Problem)
			continue
		}
		e.say("         %s, OpenGL %s", d.Vendor, d.Version)
	}
}

func (rep *doctorReport) limits(e *env, b *gl.Backend) {
	l, p := b.Limits(), b.Profile()
	rep.Limits = &doctorLimits{l.StorageBlock, l.Texels, l.Shared, l.Invocations, l.Groups}
	rep.Profile, rep.Tuned, rep.Tested = p.Name, len(p.Tuned), b.Info().Name
	e.say("\n%s", b.Info().Name)
	e.say("  blocks of %d MB, buffer textures of %d million texels, %d kB shared, %d threads a workgroup", l.StorageBlock>>20, l.Texels/1e6, l.Shared>>10, l.Invocations)
	e.say("  profile %s, %d convolutions tuned", p.Name, len(p.Tuned))
}

// tester is a device that tests itself.
type tester interface {
	SelfTest(ctx context.Context, against []compute.Backend, report func(gl.Check)) error
}

// test tries every kernel against the float64 reference and the processor.
func (rep *doctorReport) test(ctx context.Context, e *env, b tester, c compute.Backend) error {
	r := ref.Open()
	defer r.Close()
	e.say("\n%-40s %-8s %8s %8s", "self-test", "against", "error", "gate")
	err := b.SelfTest(ctx, []compute.Backend{r, c}, func(k gl.Check) {
		t := doctorTest{Kernel: k.Kernel, Against: k.Against, Error: k.Error, Gate: k.Gate, Pass: k.OK()}
		verdict := "pass"
		if !t.Pass {
			verdict = "FAIL"
			rep.Failed++
		}
		if k.Err != nil {
			t.Problem = k.Err.Error()
			e.say("%-40s %-8s %s: %s", k.Kernel, k.Against, verdict, t.Problem)
		} else {
			e.say("%-40s %-8s %8.1e %8.0e  %s, by a factor of %.0f", k.Kernel, k.Against, k.Error, k.Gate, verdict, margin(k))
		}
		rep.Tests = append(rep.Tests, t)
	})
	if err != nil {
		return err
	}
	e.say("%d of %d checks passed", len(rep.Tests)-rep.Failed, len(rep.Tests))
	return nil
}

// margin is by how much a check is passed, or failed.
func margin(k gl.Check) float64 {
	if k.OK() {
		return k.Gate / max(k.Error, 1e-12)
	}
	return k.Error / k.Gate
}
