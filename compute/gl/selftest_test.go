package gl

import (
	"context"
	"strings"
	"testing"

	"reverie/compute"
	"reverie/compute/cpu"
	"reverie/compute/gl/plan"
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

// A trial must exercise the variant that it is named for.
func TestTrialsForceTheirVariant(t *testing.T) {
	b := backend(t, Options{})
	for _, tr := range trials() {
		spec, _, err := tr.spec()
		if err != nil {
			t.Fatal(err)
		}
		profile := plan.NVIDIA
		tr.set(&profile)
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
