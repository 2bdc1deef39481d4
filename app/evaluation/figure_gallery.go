package evaluation

import (
	"fmt"
	"slices"
	"strings"

	"reverie/app/figure/paper"
	"reverie/app/results"
	"reverie/compute/eval"
)

// mostShown bounds the columns of a gallery.
const mostShown = 10

// found are the reconstructions of a way, averaged samples only, by subject and label.
func (d *drawer) found(w Way) map[unit]*results.Reconstruction {
	out := map[unit]*results.Reconstruction{}
	for i := range d.Catalogue.Items {
		r := &d.Catalogue.Items[i]
		if wayOf(r) == w && r.Trial == "" && d.Spec.keep(r) {
			out[unit{r.Subject, r.Label}] = r
		}
	}
	return out
}

// labels of a way in the order of the catalogue.
func (d *drawer) labels(w Way) (out []string) {
	for i := range d.Catalogue.Items {
		if r := &d.Catalogue.Items[i]; wayOf(r) == w && r.Trial == "" && d.Spec.keep(r) && !slices.Contains(out, r.Label) {
			out = append(out, r.Label)
		}
	}
	return out
}

// spread takes n evenly over the order.
func spread(all []string, n int) []string {
	if len(all) <= n {
		return all
	}
	out := make([]string, n)
	for i := range out {
		out[i] = all[i*len(all)/n]
	}
	return out
}

// strip is a row of one subject's reconstructions; a missing one leaves its place empty.
func (d *drawer) strip(name string, w Way, subject string, labels []string) (paper.Strip, error) {
	s := paper.Strip{Name: name}
	all := d.found(w)
	for _, l := range labels {
		p := paper.Picture{}
		if r := all[unit{subject, l}]; r != nil {
			img, err := r.Picture()
			if err != nil {
				return s, err
			}
			p.Image = img
		}
		s.Pictures = append(s.Pictures, p)
	}
	return s, nil
}

// presented is the row of originals.
func (d *drawer) presented(name string, w Way, labels []string) (paper.Strip, error) {
	s := paper.Strip{Name: name}
	all := d.found(w)
	for _, l := range labels {
		p := paper.Picture{Presented: true}
		for _, subject := range d.Inputs.Subjects {
			if r := all[unit{subject, l}]; r != nil && r.Original != "" {
				_, img, err := r.Pair()
				if err != nil {
					return s, err
				}
				p.Image = img
				break
			}
		}
		s.Pictures = append(s.Pictures, p)
	}
	return s, nil
}

// block is a row of originals with, below, each subject's reconstructions made in some ways.
func (d *drawer) block(labels []string, names []string, ways ...Way) ([]paper.Strip, error) {
	first, err := d.presented("presented", ways[0], labels)
	if err != nil {
		return nil, err
	}
	first.Gap = true
	out := []paper.Strip{first}
	for i, w := range ways {
		for _, subject := range d.Inputs.Subjects {
			name := names[i]
			if len(d.Inputs.Subjects) > 1 {
				name = strings.TrimPrefix(name+", "+subject, ", ")
			}
			s, err := d.strip(name, w, subject, labels)
			if err != nil {
				return nil, err
			}
			out = append(out, s)
		}
	}
	return out, nil
}

func (d *drawer) gallery(strips []paper.Strip, columns []string, text string) (paper.Sheet, error) {
	return paper.Gallery{Title: d.of.ID + "  " + d.of.Title, Columns: columns, Strips: strips, Text: d.caption(text, "Black frames: presented or target images; grey frames: reconstructions")}, nil
}

// natural is Fig. 2a and 2b.
func (d *drawer) natural(with, without bool) (paper.Sheet, error) {
	ways, names := []Way{}, []string{}
	if with {
		ways, names = append(ways, vc(eval.SeenNatural, true)), append(names, "reconstructed")
	}
	if without {
		ways, names = append(ways, vc(eval.SeenNatural, false)), []string{"with generator", "without"}
	}
	labels := d.labels(ways[0])
	if len(labels) == 0 || len(d.found(ways[len(ways)-1])) == 0 {
		return nil, ErrNothing
	}
	strips, err := d.block(spread(labels, mostShown), names, ways...)
	if err != nil {
		return nil, err
	}
	return d.gallery(strips, nil, "Reconstructions of seen natural images from VC with DNN1–8, ten spread evenly over the test images")
}

// layerGallery is Fig. 2d.
func (d *drawer) layerGallery() (paper.Sheet, error) {
	sets := d.layerSets()
	if len(sets) == 0 {
		return nil, ErrNothing
	}
	w := vc(eval.SeenNatural, false)
	w.Layers = sets[0]
	labels := spread(d.labels(w), 5)
	var strips []paper.Strip
	for i, l := range labels {
		s := paper.Strip{Gap: i > 0}
		for _, set := range sets {
			w.Layers = set
			r := d.found(w)[unit{d.Inputs.Subjects[0], l}]
			if r == nil {
				s.Pictures = append(s.Pictures, paper.Picture{})
				continue
			}
			made, original, err := r.Pair()
			if err != nil {
				return nil, err
			}
			if len(s.Pictures) == 0 {
				s.Pictures = append(s.Pictures, paper.Picture{Image: original, Presented: true})
			}
			s.Pictures = append(s.Pictures, paper.Picture{Image: made})
		}
		strips = append(strips, s)
	}
	return d.gallery(strips, append([]string{"presented"}, sets...), "Reconstructions of seen natural images from VC with different sets of layers, without the generator, "+d.Inputs.Subjects[0])
}

// rows is Fig. 3a, 4a, 4b: originals above reconstructions, some in a row; imagery from the best to the worst.
func (d *drawer) rows(of eval.Condition, most int) (paper.Sheet, error) {
	w := vc(of, false)
	labels := d.labels(w)
	if len(labels) == 0 {
		return nil, ErrNothing
	}
	order := ""
	if of == eval.ImaginedShapes || of == eval.ImaginedNatural {
		score := map[string]float64{}
		for _, s := range d.Scores {
			if s.Way == w && s.Measure == Correlation {
				score[s.Label] += s.Value
			}
		}
		slices.SortStableFunc(labels, func(a, b string) int {
			switch {
			case score[a] > score[b]:
				return -1
			case score[a] < score[b]:
				return 1
			}
			return 0
		})
		order = ", from the highest to the lowest pixel correlation"
	}
	labels = spread(labels, most)
	var strips []paper.Strip
	for len(labels) > 0 {
		n := min(mostShown, len(labels))
		block, err := d.block(labels[:n], []string{"reconstructed"}, w)
		if err != nil {
			return nil, err
		}
		strips, labels = append(strips, block...), labels[n:]
	}
	return d.gallery(strips, nil, fmt.Sprintf("Reconstructions of %s from VC with DNN1–8, without the generator%s", of, order))
}

// areaGallery is Fig. 3c.
func (d *drawer) areaGallery() (paper.Sheet, error) {
	w := vc(eval.SeenShapes, false)
	var areas []string
	for _, roi := range results.Areas {
		w.ROI = roi
		if len(d.found(w)) > 0 {
			areas = append(areas, roi)
		}
	}
	if len(areas) < 2 {
		return nil, ErrNothing
	}
	w.ROI = areas[0]
	var strips []paper.Strip
	for i, l := range diverse(d, w) {
		s := paper.Strip{Gap: i > 0}
		for _, roi := range areas {
			w.ROI = roi
			r := d.found(w)[unit{d.Inputs.Subjects[0], l}]
			if r == nil {
				s.Pictures = append(s.Pictures, paper.Picture{})
				continue
			}
			made, original, err := r.Pair()
			if err != nil {
				return nil, err
			}
			if len(s.Pictures) == 0 {
				s.Pictures = append(s.Pictures, paper.Picture{Image: original, Presented: true})
			}
			s.Pictures = append(s.Pictures, paper.Picture{Image: made})
		}
		strips = append(strips, s)
	}
	return d.gallery(strips, append([]string{"presented"}, areas...), "Reconstructions of seen shapes from visual areas with DNN1–8, without the generator, "+d.Inputs.Subjects[0])
}

// diverse takes shapes of which each has another shape and another colour.
func diverse(d *drawer, w Way) (out []string) {
	shapes, colours := map[string]bool{}, map[string]bool{}
	for _, l := range d.labels(w) {
		r := d.found(w)[unit{d.Inputs.Subjects[0], l}]
		if r == nil || shapes[r.Shape] || colours[r.Colour] {
			continue
		}
		shapes[r.Shape], colours[r.Colour] = true, true
		out = append(out, l)
	}
	return out
}

// letters is Fig. 3e: the letters as words, ATR and CNS, where they are there; else all.
func (d *drawer) letters() (paper.Sheet, error) {
	w := vc(eval.SeenLetters, false)
	all := d.labels(w)
	if len(all) == 0 {
		return nil, ErrNothing
	}
	words := [][]string{{"A", "T", "R"}, {"C", "N", "S"}}
	for _, word := range words {
		for _, l := range word {
			if !slices.Contains(all, l) {
				words = [][]string{all}
			}
		}
	}
	var strips []paper.Strip
	for _, word := range words {
		block, err := d.block(word, []string{"reconstructed"}, w)
		if err != nil {
			return nil, err
		}
		strips = append(strips, block...)
	}
	return d.gallery(strips, nil, "Reconstructions of alphabetical letters from VC with DNN1–8, without the generator, arranged in words")
}
