package widget

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	ftheme "fyne.io/fyne/v2/theme"
	fwidget "fyne.io/fyne/v2/widget"

	"reverie/ui/paint"
	"reverie/ui/theme"
	"reverie/ui/vm"
)

// LossChart draws the loss of each layer group over the iterations on a
// logarithmic axis, with the group's name at the end of its line. A thin
// upright line marks the iteration that is looked at.
type LossChart struct {
	fwidget.BaseWidget
	Empty  string // said while there is nothing to draw
	curves []vm.Curve
	stack  bool // as areas on top of each other, on a linear axis
	last   int  // right end of the axis, iterations
	mark   int  // −1 is no mark
}

// NewLossChart makes an empty chart.
func NewLossChart(empty string) *LossChart {
	c := &LossChart{Empty: empty, mark: -1}
	c.ExtendBaseWidget(c)
	return c
}

// Set draws curves up to iteration last at the right end, with a mark (−1 none).
func (c *LossChart) Set(curves []vm.Curve, last, mark int) {
	c.curves, c.last, c.mark = curves, max(last, 1), mark
	c.Refresh()
}

// SetStacked draws the losses as areas that add up to the total, or as lines on a logarithmic axis.
func (c *LossChart) SetStacked(on bool) {
	c.stack = on
	c.Refresh()
}

// drawn are the curves as they stand on the axis: their running sums where they are stacked, the total last.
func (c *LossChart) drawn() []vm.Curve {
	if !c.stack {
		return c.curves
	}
	out := make([]vm.Curve, len(c.curves))
	for i, v := range c.curves {
		out[i] = vm.Curve{Name: v.Name, Iterations: v.Iterations, Loss: slices.Clone(v.Loss)}
		for j := range v.Loss {
			if i > 0 {
				out[i].Loss[j] += out[i-1].Loss[j]
			}
		}
	}
	return out
}

// Points counts the points drawn, over all curves.
func (c *LossChart) Points() int {
	n := 0
	for _, v := range c.curves {
		n += len(v.Loss)
	}
	return n
}

// CreateRenderer implements fyne.Widget.
func (c *LossChart) CreateRenderer() fyne.WidgetRenderer {
	r := &chartRenderer{c: c}
	r.lines = canvas.NewRaster(r.draw)
	r.lines.ScaleMode = canvas.ImageScaleSmooth
	r.refresh()
	return r
}

const (
	chartLeft, chartRight = 46, 62
	chartTop, chartBottom = 6, 20
)

type chartRenderer struct {
	c     *LossChart
	lines *canvas.Raster
	scale logScale
	ok    bool
	drawn []vm.Curve
	laid  fyne.Size
	pool
}

func (r *chartRenderer) MinSize() fyne.Size { return fyne.NewSize(260, 130) }
func (r *chartRenderer) Destroy()           {}
func (r *chartRenderer) Objects() []fyne.CanvasObject {
	return append([]fyne.CanvasObject{r.lines}, r.objects()...)
}

func (r *chartRenderer) Layout(size fyne.Size) {
	if size != r.laid {
		r.laid = size
		r.refresh()
	}
}

func (r *chartRenderer) Refresh() {
	r.refresh()
	canvas.Refresh(r.c)
}

func (r *chartRenderer) refresh() {
	r.drawn = r.c.drawn()
	if r.c.stack {
		r.scale, r.ok = newLinearScale(r.drawn)
	} else {
		r.scale, r.ok = newLogScale(r.drawn)
	}
	r.begin(r.c)
	defer r.hideUnused()
	size := r.c.Size()
	plot := fyne.NewSize(size.Width-chartLeft-chartRight, size.Height-chartTop-chartBottom)
	r.lines.Move(fyne.NewPos(chartLeft, chartTop))
	r.lines.Resize(plot)
	if !r.ok {
		t := r.text(r.c.Empty, fyne.TextAlignCenter, theme.ColorMuted)
		t.Move(fyne.NewPos(0, size.Height/2-8))
		t.Resize(fyne.NewSize(size.Width, 16))
		r.lines.Hide()
		return
	}
	r.lines.Show()
	for _, v := range r.scale.ticks {
		t := r.text(tickText(v), fyne.TextAlignTrailing, theme.ColorMuted)
		t.Move(fyne.NewPos(0, chartTop+plot.Height*(1-r.scale.at(v))-8))
		t.Resize(fyne.NewSize(chartLeft-6, 16))
	}
	for _, i := range iterationTicks(r.c.last) {
		t := r.text(vm.Count(i, ""), fyne.TextAlignCenter, theme.ColorMuted)
		x := chartLeft + plot.Width*float32(i)/float32(r.c.last)
		t.Move(fyne.NewPos(x-24, size.Height-chartBottom+3))
		t.Resize(fyne.NewSize(48, 16))
	}
	r.labels(plot)
	r.lines.Refresh()
}

// labels writes each group's name beside the end of its line, pushed apart
// where the ends are close.
func (r *chartRenderer) labels(plot fyne.Size) {
	var ls []endLabel
	for i, c := range r.drawn {
		if n := len(c.Loss); n > 0 && c.Loss[n-1] > 0 {
			ls = append(ls, endLabel{chartTop + plot.Height*(1-r.scale.at(c.Loss[n-1])), i})
		}
	}
	apart(ls, chartTop+5, chartTop+plot.Height-4)
	colours := groupColours()
	for _, l := range ls {
		key := r.key(colours[groupColour(r.drawn[l.curve].Name, l.curve)])
		key.Move(fyne.NewPos(chartLeft+plot.Width+4, l.y-1.5))
		key.Resize(fyne.NewSize(10, 3))
		t := r.text(r.drawn[l.curve].Name, fyne.TextAlignLeading, ftheme.ColorNameForeground)
		t.Move(fyne.NewPos(chartLeft+plot.Width+18, l.y-8))
		t.Resize(fyne.NewSize(chartRight-18, 16))
	}
}

func groupColours() []color.NRGBA {
	return theme.Groups(onDark())
}

// onDark reports whether the ground is dark.
func onDark() bool {
	bg := color.GrayModel.Convert(ftheme.Color(ftheme.ColorNameBackground)).(color.Gray)
	return bg.Y < 128
}

// groupColour keeps a group's colour whatever other groups are drawn.
func groupColour(name string, place int) int {
	if len(name) == 4 && name[:3] == "DNN" && name[3] >= '1' && name[3] <= '8' {
		return int(name[3] - '1')
	}
	return place % 8
}

// draw paints grid and lines at the screen's own resolution.
func (r *chartRenderer) draw(w, h int) image.Image {
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	if !r.ok || w < 2 || h < 2 {
		return out
	}
	scale := float32(w) / max(r.lines.Size().Width, 1)
	fw, fh := float32(w), float32(h)
	grid := toNRGBA(themed(r.c, theme.ColorGrid))
	for _, v := range r.scale.ticks {
		paint.Rule(out, grid, 0, fh*(1-r.scale.at(v)), fw, scale)
	}
	paint.Rule(out, grid, 0, fh-scale/2, fw, scale)
	if r.c.mark >= 0 {
		x := int(fw*float32(r.c.mark)/float32(r.c.last)) - 1
		draw.Draw(out, image.Rect(x, 0, x+int(max(scale, 1)), h), image.NewUniform(themed(r.c, theme.ColorMuted)), image.Point{}, draw.Src)
	}
	colours := groupColours()
	for i := range r.drawn {
		if r.c.stack { // the total first, what lies below it over it
			i = len(r.drawn) - 1 - i
		}
		c := r.drawn[i]
		xs, ys := make([]float32, 0, len(c.Loss)), make([]float32, 0, len(c.Loss))
		for j, v := range c.Loss {
			y := float32(math.NaN())
			if v > 0 && !math.IsInf(v, 1) {
				y = fh * (1 - r.scale.at(v))
			}
			xs, ys = append(xs, fw*float32(c.Iterations[j])/float32(r.c.last)), append(ys, y)
		}
		if r.c.stack {
			paint.Under(out, colours[groupColour(c.Name, i)], xs, ys)
			continue
		}
		paint.Trace(out, colours[groupColour(c.Name, i)], xs, ys, 1.8*scale)
	}
	return out
}

func toNRGBA(c color.Color) color.NRGBA { return color.NRGBAModel.Convert(c).(color.NRGBA) }
