package widget

import (
	"image"
	"image/color"

	"fyne.io/fyne/v2"
	ftheme "fyne.io/fyne/v2/theme"

	"reverie/app/session"
	"reverie/ui/paint"
	"reverie/ui/theme"
	"reverie/ui/vm"
)

// AccuracyHistograms draws how the correlations of a layer's units are spread,
// side by side for the conditions, each with its mean and interval.
type AccuracyHistograms struct {
	sketch
	list []session.Accuracy
	mark []float32 // of the unit looked at, per condition; NaN is none
}

// NewAccuracyHistograms makes an empty row.
func NewAccuracyHistograms() *AccuracyHistograms {
	h := &AccuracyHistograms{}
	h.least = fyne.NewSize(200, 112)
	h.lay, h.paint = h.layOut, h.draw
	h.ExtendBaseWidget(h)
	return h
}

// Set draws conditions; mark is the correlation of a unit in each, to be pointed out.
func (h *AccuracyHistograms) Set(list []session.Accuracy, mark []float32) {
	h.list, h.mark = list, mark
	h.Refresh()
}

const (
	histHead, histFoot = 36, 16
	histGap            = 18
)

func (h *AccuracyHistograms) box(size fyne.Size, i int) paint.Box {
	// A single condition is not stretched over the whole width.
	w := min((size.Width-histGap*float32(len(h.list)-1))/float32(len(h.list)), 260)
	x := float32(i) * (w + histGap)
	return paint.Box{X0: x, Y0: histHead, X1: x + w, Y1: size.Height - histFoot}
}

func (h *AccuracyHistograms) layOut(p *pool, size fyne.Size) {
	for i, a := range h.list {
		b := h.box(size, i)
		room, bold := b.W()+histGap/2, fyne.TextStyle{Bold: true}
		p.put(p.fit(vm.ConditionTitle(a.Condition), room, bold), fyne.TextAlignLeading, ftheme.ColorNameForeground, b.X0, 0, b.W()).TextStyle = bold
		mean := vm.AccuracyText(a)
		if b.W() > 150 {
			mean = "mean " + mean
		}
		p.put(p.fit(mean, room, fyne.TextStyle{}), fyne.TextAlignLeading, theme.ColorMuted, b.X0, 16, b.W())
		p.put("−1", fyne.TextAlignLeading, theme.ColorMuted, b.X0, b.Y1+1, 30)
		p.put("0", fyne.TextAlignCenter, theme.ColorMuted, (b.X0+b.X1)/2-15, b.Y1+1, 30)
		p.put("1", fyne.TextAlignTrailing, theme.ColorMuted, b.X1-30, b.Y1+1, 30)
	}
}

func (h *AccuracyHistograms) draw(dst *image.RGBA, scale float32) {
	size := fyne.NewSize(float32(dst.Rect.Dx())/scale, float32(dst.Rect.Dy())/scale)
	line, bars := toNRGBA(themed(h, theme.ColorGrid)), toNRGBA(themed(h, theme.ColorMuted))
	bars.A = 170
	accent := toNRGBA(themed(h, ftheme.ColorNamePrimary))
	for i, a := range h.list {
		b := h.box(size, i)
		middle := (b.X0 + b.X1) / 2
		paint.Fill(dst, line, paint.Box{X0: middle - 0.5, Y0: b.Y0, X1: middle + 0.5, Y1: b.Y1}.Times(scale))
		paint.Bars(dst, a.Histogram, b.Times(scale), func(int) color.NRGBA { return bars })
		paint.Rule(dst, line, b.X0*scale, b.Y1*scale-scale/2, b.X1*scale, scale)
		at := func(v float64) float32 { return b.X0 + b.W()*float32((v+1)/2) }
		if a.Units > 0 && a.Mean == a.Mean {
			x := at(a.Mean)
			paint.Fill(dst, toNRGBA(themed(h, ftheme.ColorNameForeground)), paint.Box{X0: x - 0.75, Y0: b.Y0, X1: x + 0.75, Y1: b.Y1}.Times(scale))
		}
		if i < len(h.mark) && h.mark[i] == h.mark[i] {
			x := at(float64(h.mark[i]))
			paint.Fill(dst, accent, paint.Box{X0: x - 1, Y0: b.Y1 - 12, X1: x + 1, Y1: b.Y1}.Times(scale))
			paint.Dot(dst, accent, x*scale, (b.Y1-13)*scale, 3.5*scale)
		}
	}
}

// WeightHistogram draws how a unit's weights are spread, in the colours of the map.
type WeightHistogram struct {
	sketch
	counts []int
	limit  float64
}

// NewWeightHistogram makes an empty one.
func NewWeightHistogram() *WeightHistogram {
	h := &WeightHistogram{}
	h.least = fyne.NewSize(180, 96)
	h.lay, h.paint = h.layOut, h.draw
	h.ExtendBaseWidget(h)
	return h
}

// Set draws weights between −limit and limit, which is paint.Limit of them.
func (h *WeightHistogram) Set(weights []float32) {
	h.limit = paint.Limit(weights)
	h.counts = nil
	if len(weights) > 0 {
		h.counts = paint.Counts(weights, h.limit, weightBins)
	}
	h.Refresh()
}

const weightBins = 41

func (h *WeightHistogram) layOut(p *pool, size fyne.Size) {
	if h.counts == nil {
		return
	}
	y := size.Height - histFoot
	p.put("−"+vm.Number(h.limit), fyne.TextAlignLeading, theme.ColorMuted, 0, y, 80)
	p.put("0", fyne.TextAlignCenter, theme.ColorMuted, size.Width/2-20, y, 40)
	p.put(vm.Number(h.limit), fyne.TextAlignTrailing, theme.ColorMuted, size.Width-80, y, 80)
}

func (h *WeightHistogram) draw(dst *image.RGBA, scale float32) {
	if h.counts == nil {
		return
	}
	w, ht := float32(dst.Rect.Dx()), float32(dst.Rect.Dy())
	b := paint.Box{X1: w, Y1: ht - histFoot*scale}
	ramp := paint.Ramp(theme.Diverging(onDark()))
	paint.Fill(dst, toNRGBA(themed(h, theme.ColorGrid)), paint.Box{X0: w/2 - scale/2, Y0: 0, X1: w/2 + scale/2, Y1: b.Y1})
	paint.Bars(dst, h.counts, b, func(i int) color.NRGBA { return ramp.At(2*(float64(i)+0.5)/weightBins - 1) })
	paint.Rule(dst, toNRGBA(themed(h, theme.ColorGrid)), 0, b.Y1-scale/2, w, scale)
}
