package widget

import (
	"image"
	"image/color"
	"math"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"reverie/ui/theme"
	"reverie/ui/vm"
)

func curves(n int) []vm.Curve {
	var out []vm.Curve
	for _, g := range []string{"DNN1", "DNN4", "DNN8"} {
		c := vm.Curve{Name: g}
		for i := 1; i <= n; i++ {
			c.Iterations = append(c.Iterations, i)
			c.Loss = append(c.Loss, 1/float64(i))
		}
		out = append(out, c)
	}
	return out
}

// Objects new at each refresh made the toolkit lay out and draw without end,
// which kept the window from taking input.
func TestLossChart_refreshAndLayoutKeepTheirObjects(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(theme.Theme{Mode: theme.Light})
	c := NewLossChart("nothing yet")
	c.Resize(fyne.NewSize(600, 200))
	r := test.WidgetRenderer(c)
	c.Set(curves(50), 200, -1)
	before := slices.Clone(r.Objects())
	r.Layout(fyne.NewSize(600, 200))
	c.Set(curves(50), 200, 20)
	if !slices.Equal(before, r.Objects()) {
		t.Errorf("%d objects became %d others", len(before), len(r.Objects()))
	}
}

func TestLossChart_drawsCurvesAndMark(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(theme.Theme{Mode: theme.Light})
	c := NewLossChart("")
	c.Resize(fyne.NewSize(600, 200))
	r := test.WidgetRenderer(c).(*chartRenderer)
	count := func() int {
		seen := map[color.RGBA]bool{}
		m := r.draw(490, 170).(*image.RGBA)
		for y := range 170 {
			for x := range 490 {
				if p := m.RGBAAt(x, y); p.A == 255 {
					seen[p] = true
				}
			}
		}
		return len(seen)
	}
	if count() != 0 {
		t.Error("an empty chart is not empty")
	}
	c.Set(curves(200), 200, 100)
	if n := count(); n < 3 {
		t.Errorf("%d opaque colours: lines, grid and mark are not all there", n)
	}
	c.Set([]vm.Curve{{Name: "DNN1", Iterations: []int{1, 2, 3}, Loss: []float64{0, math.NaN(), math.Inf(1)}}}, 3, 9)
	if count() != 0 {
		t.Error("values without a logarithm are drawn")
	}
}

func TestLogScale_ticksAreRoundAndInside(t *testing.T) {
	// By hand: 10⁻⁵ … 10³ is 8 decades, so every second is labelled.
	s, ok := newLogScale([]vm.Curve{{Loss: []float64{1e-5, 1e3, 0, math.NaN()}}})
	if !ok || len(s.ticks) < 4 || len(s.ticks) > 6 {
		t.Errorf("ticks %v", s.ticks)
	}
	for _, v := range s.ticks {
		if y := s.at(v); y < 0 || y > 1 {
			t.Errorf("tick %g at %g", v, y)
		}
	}
	if s, _ := newLogScale([]vm.Curve{{Loss: []float64{0.5, 0.51}}}); len(s.ticks) == 0 {
		t.Error("a narrow range has no tick")
	}
	for v, want := range map[float64]string{1: "1", 0.03: "0.03", 100: "100", 1e-5: "10⁻⁵", 3e-6: "3·10⁻⁶", 1e4: "10⁴"} {
		if got := tickText(v); got != want {
			t.Errorf("tickText(%g) = %q, want %q", v, got, want)
		}
	}
}

func TestIterationTicks(t *testing.T) {
	for last, want := range map[int][]int{200: {0, 50, 100, 150, 200}, 5: {0, 1, 2, 3, 4, 5}, 1000: {0, 200, 400, 600, 800, 1000}} {
		if got := iterationTicks(last); !slices.Equal(got, want) {
			t.Errorf("up to %d: %v, want %v", last, got, want)
		}
	}
}

// What is only good to know looks unlike a problem, also after one.
func TestBanner(t *testing.T) {
	test.NewTempApp(t)
	b := NewBanner()
	b.Say(vm.Problem{Title: "Lost", Detail: "It is lost.", Hint: "Look for it."})
	if b.ground.Name != theme.ColorProblem || b.hint.Hidden || b.Text() != "Lost\nIt is lost.\nLook for it." {
		t.Errorf("a problem: %s, %q", b.ground.Name, b.Text())
	}
	tall := b.MinSize().Height
	b.Say(vm.Problem{Notice: true, Title: "Slow", Detail: "It is slow."})
	if b.ground.Name != theme.ColorNotice || !b.hint.Hidden || !b.Visible() || b.MinSize().Height >= tall {
		t.Errorf("a notice: %s, %q, %g high, a problem is %g", b.ground.Name, b.Text(), b.MinSize().Height, tall)
	}
}
