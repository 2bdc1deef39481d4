package evaluation

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"reverie/app/figure/paper"
	"reverie/compute/eval"
)

// Figure is one of the paper's.
type Figure struct {
	ID    string // as 2a
	Title string
	Needs string // what reconstructions it takes
	make  func(*drawer) (paper.Sheet, error)
}

// Figures are those of the paper that come from reconstructions and their scores.
var Figures = []Figure{
	{"2a", "Seen natural images, with the generator", "natural images from VC, all layers, with the generator", func(d *drawer) (paper.Sheet, error) { return d.natural(true, false) }},
	{"2b", "Seen natural images, with and without the generator", "natural images from VC, all layers, with and without the generator", func(d *drawer) (paper.Sheet, error) { return d.natural(true, true) }},
	{"2c", "Quality of natural images", "natural images from VC, all layers", func(d *drawer) (paper.Sheet, error) { return d.priors() }},
	{"2d", "Natural images by sets of layers", "natural images from VC by sets of layers, without the generator", func(d *drawer) (paper.Sheet, error) { return d.layerGallery() }},
	{"2e", "Quality by sets of layers", "natural images from VC by sets of layers, without the generator; with ratings the winning percentage", func(d *drawer) (paper.Sheet, error) { return d.layerScores() }},
	{"3a", "Seen artificial shapes", "shapes from VC", func(d *drawer) (paper.Sheet, error) { return d.rows(eval.SeenShapes, 40) }},
	{"3b", "Quality of artificial shapes", "shapes from VC", func(d *drawer) (paper.Sheet, error) { return d.quality(eval.SeenShapes) }},
	{"3c", "Shapes from visual areas", "shapes from single areas", func(d *drawer) (paper.Sheet, error) { return d.areaGallery() }},
	{"3d", "Shape and colour by visual area", "shapes from single areas", func(d *drawer) (paper.Sheet, error) { return d.areaScores() }},
	{"3e", "Alphabetical letters", "letters from VC", func(d *drawer) (paper.Sheet, error) { return d.letters() }},
	{"3f", "Quality of letters", "letters from VC", func(d *drawer) (paper.Sheet, error) { return d.quality(eval.SeenLetters) }},
	{"4a", "Imagined artificial shapes", "imagined shapes from VC", func(d *drawer) (paper.Sheet, error) { return d.rows(eval.ImaginedShapes, 15) }},
	{"4b", "Imagined natural images", "imagined natural images from VC", func(d *drawer) (paper.Sheet, error) { return d.rows(eval.ImaginedNatural, 10) }},
	{"4c", "Quality of imagery", "imagery from VC", func(d *drawer) (paper.Sheet, error) { return d.quality(eval.ImaginedShapes, eval.ImaginedNatural) }},
	{"4d", "Colour and shape of imagined shapes", "imagined shapes from VC", func(d *drawer) (paper.Sheet, error) { return d.imaginedTasks() }},
}

// ErrNothing says that the reconstructions for a figure are not there.
var ErrNothing = errors.New("there are no such reconstructions")

// FigureOptions say how figures are drawn.
type FigureOptions struct {
	Published bool // the paper's values as marks
}

// Figure makes a figure of the report. ErrNothing where the pictures for it are missing.
func (r *Report) Figure(id string, opt FigureOptions) (paper.Sheet, error) {
	for _, f := range Figures {
		if f.ID == id {
			s, err := f.make(&drawer{r, opt, f})
			if err != nil {
				return nil, fmt.Errorf("figure %s (%s): %w", id, f.Title, err)
			}
			return s, nil
		}
	}
	var ids []string
	for _, f := range Figures {
		ids = append(ids, f.ID)
	}
	return nil, fmt.Errorf("no figure %q: choose of %s", id, strings.Join(ids, ", "))
}

// drawer makes one figure.
type drawer struct {
	*Report
	opt FigureOptions
	of  Figure
}

// caption puts together what a caption says.
func (d *drawer) caption(parts ...string) string {
	out := []string{}
	for _, p := range parts {
		if p != "" {
			out = append(out, strings.TrimSuffix(p, ".")+".")
		}
	}
	if d.Simulated {
		out = append(out, "Simulated subject: no person was scanned.")
	}
	return strings.Join(out, " ")
}

// intervals says what the dots and bars are.
func (d *drawer) intervals() string {
	kind := "Student's t"
	if d.Spec.Interval == Bootstrap {
		kind = "BCa bootstrap"
	}
	unit := "image × subject"
	if d.Spec.Trials {
		unit = "trial"
	}
	return fmt.Sprintf("Each dot is one %s (%s); large marks are means, bars %g %% confidence intervals (%s) over them", unit, plural(len(d.Inputs.Subjects), "subject"), 100*d.Spec.Level, kind)
}

// measures that figures of quality show: the relative ones that were taken, by pixels first.
func (d *drawer) relative() (out []Measure) {
	for _, c := range d.Cells {
		if c.Measure.Relative() && !slices.Contains(out, c.Measure) {
			out = append(out, c.Measure)
		}
	}
	return out
}

// cell is the pooled summary of a way, or nil.
func (d *drawer) cell(w Way, m Measure, t eval.Task) *Cell {
	for i := range d.Cells {
		c := &d.Cells[i]
		if c.Way == w && c.Measure == m && c.Task == t && c.Subject == "" {
			return c
		}
	}
	return nil
}
