package gl

import (
	"context"
	"strings"
	"testing"

	"reverie/compute"
	"reverie/compute/cpu"
	"reverie/compute/gl/plan"
	"reverie/compute/nn"
	"reverie/compute/ref"
)

func TestSelfTest(t *testing.T) {
	c, err := cpu.Open(cpu.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	r := ref.Open()
	defer r.Close()
	b := backend(t, Options{})
	kernels := map[string]int{}
	if err := b.SelfTest(context.Background(), []compute.Backend{r, c}, func(c Check) {
		kernels[c.Kernel]++
		t.Logf("%-40s %-8s error %.1e, gate %.0e", c.Kernel, c.Against, c.Error, c.Gate)
		if !c.OK() {
			t.Errorf("%s against %s: error %.1e over %.0e (%v)", c.Kernel, c.Against, c.Error, c.Gate, c.Err)
		}
	}); err != nil {
		t.Fatal(err)
	}
	if len(kernels) != len(trials())+2 {
		t.Errorf("%d kernels were tried", len(kernels))
	}
}

// What is right is verified once per driver and cache; what is wrong is said.
func TestVerify(t *testing.T) {
	c, err := cpu.Open(cpu.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	dir := t.TempDir()
	b := backend(t, Options{Cache: dir})
	if err := b.Verify(context.Background(), c); err != nil {
		t.Fatal(err)
	}
	if err := b.Verify(context.Background(), nil); err != nil { // nothing is computed the second time
		t.Error(err)
	}
	if err := backend(t, Options{Cache: t.TempDir()}).Verify(context.Background(), wrong{c}); err == nil {
		t.Error("a backend of other values agrees")
	} else {
		t.Log(err)
	}
}

// wrong computes with other weights than asked for.
type wrong struct{ compute.Backend }

func (w wrong) Compile(s compute.Spec) (compute.Program, error) {
	s.Weights = nn.Seeded(s.Net, 4, 0.1)
	return w.Backend.Compile(s)
}

// A trial must exercise the variant that it is named for.
func TestTrialsForceTheirVariant(t *testing.T) {
	b := backend(t, Options{})
	for _, tr := range trials() {
		spec, _, err := tr.spec()
		if err != nil {
			t.Fatal(err)
		}
		profile := plan.NVIDIA
		if tr.set != nil {
			tr.set(&profile)
		}
		p, err := b.compile(spec, profile)
		if err != nil {
			t.Fatal(err)
		}
		c := p.plan.Choices[len(p.plan.Choices)/2-1].Choice // the last forward
		name := tr.kernel
		if has := func(s string) bool { return strings.Contains(name, s) }; tr.layers != nil {
			if c.Winograd != has("Winograd") || has("shared") != (c.Tile.KT > 0) || c.Texel != has("textures") || has("parts") != (c.Split > 1) {
				t.Errorf("%s: %s", name, c)
			}
		}
		p.Close()
	}
}
