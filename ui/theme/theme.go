// Package theme is the look of the window: neutral greys, so that pictures are
// judged on neutral ground, and one accent, petrol. Both variants are designed;
// text keeps a contrast of at least 4.5:1 to the ground it stands on.
package theme

import (
	"image/color"

	"fyne.io/fyne/v2"
	ftheme "fyne.io/fyne/v2/theme"
)

// Colours of our own, beside the toolkit's.
const (
	ColorSurface  fyne.ThemeColorName = "reverieSurface"  // cards and side bars
	ColorGround   fyne.ThemeColorName = "reverieGround"   // behind pictures: the mid grey of neither variant
	ColorGrid     fyne.ThemeColorName = "reverieGrid"     // lines of charts
	ColorMuted    fyne.ThemeColorName = "reverieMuted"    // secondary text
	ColorBadge    fyne.ThemeColorName = "reverieBadge"    // ground of badges
	ColorOnBadge  fyne.ThemeColorName = "reverieOnBadge"  // text on it
	ColorProblem  fyne.ThemeColorName = "reverieProblem"  // ground of a problem banner
	ColorNotice   fyne.ThemeColorName = "reverieNotice"   // ground of a banner that tells of no problem
	ColorSelected fyne.ThemeColorName = "reverieSelected" // ground of the chosen navigation entry
)

// Mode is which variant to show.
type Mode string

const (
	System Mode = "system" // as the desktop is set
	Light  Mode = "light"
	Dark   Mode = "dark"
)

// Theme is the program's theme in a mode.
type Theme struct{ Mode Mode }

var _ fyne.Theme = Theme{}

// Variant resolves the mode; system is what the desktop says.
func (t Theme) Variant(system fyne.ThemeVariant) fyne.ThemeVariant {
	switch t.Mode {
	case Light:
		return ftheme.VariantLight
	case Dark:
		return ftheme.VariantDark
	}
	return system
}

// Color is a colour of the palette.
func (t Theme) Color(name fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	v = t.Variant(v)
	palette := light
	if v == ftheme.VariantDark {
		palette = dark
	}
	if c, ok := palette[name]; ok {
		return c
	}
	return ftheme.DefaultTheme().Color(name, v)
}

// Font is the toolkit's bundled font, which has Greek, × and superscripts.
func (t Theme) Font(s fyne.TextStyle) fyne.Resource { return ftheme.DefaultTheme().Font(s) }

// Icon is the toolkit's.
func (t Theme) Icon(n fyne.ThemeIconName) fyne.Resource { return ftheme.DefaultTheme().Icon(n) }

// Size is a length in device-independent pixels.
func (t Theme) Size(n fyne.ThemeSizeName) float32 {
	switch n {
	case ftheme.SizeNameText:
		return 13
	case ftheme.SizeNameCaptionText:
		return 11
	case ftheme.SizeNameSubHeadingText:
		return 15
	case ftheme.SizeNameHeadingText:
		return 24
	case ftheme.SizeNameInnerPadding:
		return 7
	case ftheme.SizeNameInputRadius, ftheme.SizeNameSelectionRadius:
		return 6
	case ftheme.SizeNameSeparatorThickness:
		return 1
	}
	return ftheme.DefaultTheme().Size(n)
}

func grey(v uint8) color.NRGBA { return color.NRGBA{v, v, v, 255} }

func rgb(v uint32) color.NRGBA {
	return color.NRGBA{uint8(v >> 16), uint8(v >> 8), uint8(v), 255}
}

func alpha(c color.NRGBA, a uint8) color.NRGBA {
	c.A = a
	return c
}

var light = map[fyne.ThemeColorName]color.NRGBA{
	ftheme.ColorNameBackground:          grey(0xF1),
	ftheme.ColorNameForeground:          grey(0x1E),
	ftheme.ColorNamePrimary:             rgb(0x0B6A73),
	ftheme.ColorNameForegroundOnPrimary: grey(0xFF),
	ftheme.ColorNameHyperlink:           rgb(0x0B6A73),
	ftheme.ColorNameButton:              grey(0xE2),
	ftheme.ColorNameDisabledButton:      grey(0xE9),
	ftheme.ColorNameDisabled:            grey(0x8C),
	ftheme.ColorNamePlaceHolder:         grey(0x62),
	ftheme.ColorNameInputBackground:     grey(0xEB),
	ftheme.ColorNameInputBorder:         grey(0xC4),
	ftheme.ColorNameHover:               color.NRGBA{0, 0, 0, 14},
	ftheme.ColorNamePressed:             color.NRGBA{0, 0, 0, 36},
	ftheme.ColorNameFocus:               alpha(rgb(0x0B6A73), 70),
	ftheme.ColorNameSelection:           alpha(rgb(0x0B6A73), 46),
	ftheme.ColorNameSeparator:           grey(0xD9),
	ftheme.ColorNameScrollBar:           color.NRGBA{0, 0, 0, 90},
	ftheme.ColorNameScrollBarBackground: color.NRGBA{0, 0, 0, 0},
	ftheme.ColorNameShadow:              color.NRGBA{0, 0, 0, 40},
	ftheme.ColorNameMenuBackground:      grey(0xFB),
	ftheme.ColorNameOverlayBackground:   grey(0xFB),
	ftheme.ColorNameHeaderBackground:    grey(0xE8),
	ftheme.ColorNameError:               rgb(0xA83232),
	ftheme.ColorNameWarning:             rgb(0x8A5A00),
	ftheme.ColorNameSuccess:             rgb(0x2C6E3F),
	ColorSurface:                        grey(0xFC),
	ColorGround:                         grey(0xDC),
	ColorGrid:                           grey(0xDE),
	ColorMuted:                          grey(0x5E),
	ColorBadge:                          rgb(0xF0E2C4),
	ColorOnBadge:                        rgb(0x5C4300),
	ColorProblem:                        rgb(0xF7E6E2),
	ColorNotice:                         rgb(0xF6EEDD),
	ColorSelected:                       rgb(0xDCE8E9),
}

var dark = map[fyne.ThemeColorName]color.NRGBA{
	ftheme.ColorNameBackground:          grey(0x1A),
	ftheme.ColorNameForeground:          grey(0xE6),
	ftheme.ColorNamePrimary:             rgb(0x5CC0C7),
	ftheme.ColorNameForegroundOnPrimary: grey(0x10),
	ftheme.ColorNameHyperlink:           rgb(0x5CC0C7),
	ftheme.ColorNameButton:              grey(0x36),
	ftheme.ColorNameDisabledButton:      grey(0x2A),
	ftheme.ColorNameDisabled:            grey(0x78),
	ftheme.ColorNamePlaceHolder:         grey(0xA0),
	ftheme.ColorNameInputBackground:     grey(0x31),
	ftheme.ColorNameInputBorder:         grey(0x4C),
	ftheme.ColorNameHover:               color.NRGBA{255, 255, 255, 16},
	ftheme.ColorNamePressed:             color.NRGBA{255, 255, 255, 40},
	ftheme.ColorNameFocus:               alpha(rgb(0x5CC0C7), 80),
	ftheme.ColorNameSelection:           alpha(rgb(0x5CC0C7), 56),
	ftheme.ColorNameSeparator:           grey(0x36),
	ftheme.ColorNameScrollBar:           color.NRGBA{255, 255, 255, 90},
	ftheme.ColorNameScrollBarBackground: color.NRGBA{0, 0, 0, 0},
	ftheme.ColorNameShadow:              color.NRGBA{0, 0, 0, 110},
	ftheme.ColorNameMenuBackground:      grey(0x2A),
	ftheme.ColorNameOverlayBackground:   grey(0x26),
	ftheme.ColorNameHeaderBackground:    grey(0x26),
	ftheme.ColorNameError:               rgb(0xF08A80),
	ftheme.ColorNameWarning:             rgb(0xE5B35A),
	ftheme.ColorNameSuccess:             rgb(0x86C79A),
	ColorSurface:                        grey(0x23),
	ColorGround:                         grey(0x2E),
	ColorGrid:                           grey(0x38),
	ColorMuted:                          grey(0xA6),
	ColorBadge:                          rgb(0x4A3B18),
	ColorOnBadge:                        rgb(0xF2D795),
	ColorProblem:                        rgb(0x3B2523),
	ColorNotice:                         rgb(0x322B1B),
	ColorSelected:                       rgb(0x24393B),
}

// Groups are the line colours of DNN1 … DNN8, Okabe and Ito's palette.
// Deviation: on light ground its yellow is darkened, and on dark ground its
// black and blue lightened, to be seen at all.
func Groups(darkGround bool) []color.NRGBA {
	c := []color.NRGBA{rgb(0xE69F00), rgb(0x56B4E9), rgb(0x009E73), rgb(0xC9B800), rgb(0x0072B2), rgb(0xD55E00), rgb(0xCC79A7), rgb(0x000000)}
	if darkGround {
		c[3], c[4], c[7] = rgb(0xF0E442), rgb(0x3E9BDC), rgb(0xE0E0E0)
	}
	return c
}

// Diverging are colours from negative over zero to positive, blue and orange-red
// as Brewer's RdBu. On dark ground the ends are light, so that in both variants
// what is far from zero stands out.
func Diverging(darkGround bool) []color.NRGBA {
	if darkGround {
		return []color.NRGBA{rgb(0x8CCBFF), rgb(0x3C86CC), rgb(0x6A6A6A), rgb(0xD0653E), rgb(0xFFB38C)}
	}
	return []color.NRGBA{rgb(0x1A4F96), rgb(0x6BA7D6), rgb(0xC9C4BE), rgb(0xE58A6B), rgb(0xA81529)}
}
