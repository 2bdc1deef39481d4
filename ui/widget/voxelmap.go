package widget

import (
	"image"

	"fyne.io/fyne/v2"
	ftheme "fyne.io/fyne/v2/theme"

	"reverie/ui/paint"
	"reverie/ui/theme"
	"reverie/ui/vm"
)

// VoxelMap shows where the voxels of a decoder lie and how much they weigh: in
// three projections where their places are known, else in a grid by number.
type VoxelMap struct {
	sketch
	voxels paint.Voxels
	space  paint.Space
	placed bool
	limit  float64
}

// NewVoxelMap makes an empty map.
func NewVoxelMap() *VoxelMap {
	m := &VoxelMap{}
	m.least = fyne.NewSize(280, 190)
	m.lay, m.paint = m.layOut, m.draw
	m.ExtendBaseWidget(m)
	return m
}

// SetRegion shows the voxels of a region: n of them, at xyz (mm, three each) where known.
func (m *VoxelMap) SetRegion(n int, xyz []float32) {
	if len(xyz) != 3*n {
		xyz = nil
	}
	m.voxels = paint.Voxels{N: n, XYZ: xyz}
	m.space, m.placed = paint.SpaceOf(xyz)
	m.Refresh()
}

// SetWeights colours voxels of the region.
func (m *VoxelMap) SetWeights(at []uint32, weights []float32) {
	m.voxels.At, m.voxels.Weights = at, weights
	m.limit = paint.Limit(weights)
	m.Refresh()
}

// Placed reports whether the projections are shown.
func (m *VoxelMap) Placed() bool { return m.placed }

const (
	mapGap, mapHead = 16, 18
	mapLegend       = 46
	mapKey          = 150 // width of the legend
)

func (m *VoxelMap) arrange(size fyne.Size) paint.Arrangement {
	if m.placed {
		return m.space.Arrange(size.Width, size.Height, mapGap, mapHead, mapLegend)
	}
	return paint.Arrangement{Rest: paint.Box{X0: 0, Y0: size.Height - mapLegend, X1: size.Width, Y1: size.Height}}
}

// key is where the ramp of the legend stands.
func key(rest paint.Box) paint.Box {
	w := min(mapKey, rest.W())
	x := rest.X0 + (rest.W()-w)/2
	y := rest.Y1 - 28
	return paint.Box{X0: x, Y0: y, X1: x + w, Y1: y + 9}
}

var axisName = [3]string{"x", "y", "z"}

func (m *VoxelMap) layOut(p *pool, size fyne.Size) {
	if m.voxels.N == 0 {
		return
	}
	a := m.arrange(size)
	if m.placed {
		for i, pl := range paint.Planes {
			b := a.Boxes[i]
			t := p.put(pl.Name, fyne.TextAlignLeading, ftheme.ColorNameForeground, b.X0, b.Y0-mapHead, 60)
			t.TextStyle.Bold = true
			if b.W() > 136 {
				p.put(axisName[pl.Across]+" right, "+axisName[pl.Up]+" up", fyne.TextAlignTrailing, theme.ColorMuted, b.X1-80, b.Y0-mapHead, 80)
			}
		}
	} else {
		p.put("By number: the places of these voxels are not known", fyne.TextAlignLeading, theme.ColorMuted, 0, 0, size.Width)
	}
	if len(m.voxels.Weights) == 0 {
		return
	}
	k := key(a.Rest)
	p.put("Weight, SD of unit per SD of voxel", fyne.TextAlignCenter, theme.ColorMuted, k.X0-40, k.Y0-18, k.W()+80)
	p.put("−"+vm.Number(m.limit), fyne.TextAlignLeading, theme.ColorMuted, k.X0-14, k.Y1+2, 70)
	p.put("0", fyne.TextAlignCenter, theme.ColorMuted, (k.X0+k.X1)/2-20, k.Y1+2, 40)
	p.put(vm.Number(m.limit), fyne.TextAlignTrailing, theme.ColorMuted, k.X1-56, k.Y1+2, 70)
}

func (m *VoxelMap) draw(dst *image.RGBA, scale float32) {
	if m.voxels.N == 0 {
		return
	}
	size := fyne.NewSize(float32(dst.Rect.Dx())/scale, float32(dst.Rect.Dy())/scale)
	a := m.arrange(size)
	ramp := paint.Ramp(theme.Diverging(onDark()))
	faint := toNRGBA(themed(m, theme.ColorGrid))
	if m.placed {
		for i, pl := range paint.Planes {
			m.voxels.Project(dst, m.space, pl, a.Boxes[i].Times(scale), faint, ramp, max(m.limit, 1e-30))
		}
	} else {
		m.voxels.Grid(dst, paint.Box{X0: 0, Y0: 20, X1: size.Width, Y1: a.Rest.Y0 - 4}.Times(scale), faint, ramp, max(m.limit, 1e-30))
	}
	if len(m.voxels.Weights) > 0 {
		paint.Key(dst, ramp, key(a.Rest).Times(scale))
	}
}
