package evaluation

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"reverie/app/export"
)

// Files of a saved report, beside ReportFile.
const (
	ScoresFile  = "scores.tsv"
	SummaryFile = "summary.tsv"
	TestsFile   = "tests.tsv"
	PageFile    = "report.html"
)

// Save writes report.json, its tables as TSV and the page report.html, with the figures given, into a folder.
func (r *Report) Save(dir string, figures []Drawn) error {
	if err := export.JSON(filepath.Join(dir, ReportFile), r); err != nil {
		return err
	}
	for name, rows := range map[string][][]string{ScoresFile: r.scoreRows(), SummaryFile: r.summaryRows(), TestsFile: r.testRows()} {
		if err := export.TSV(filepath.Join(dir, name), rows); err != nil {
			return err
		}
	}
	return r.page(filepath.Join(dir, PageFile), figures)
}

func number(x float64) string { return strconv.FormatFloat(x, 'g', 8, 64) }

func pointer(x *float64) string {
	if x == nil {
		return ""
	}
	return number(*x)
}

func (w Way) columns() []string {
	prior := "pixels"
	if w.Prior {
		prior = "generator"
	}
	return []string{string(w.Condition), w.ROI, w.Layers, prior, string(w.Source)}
}

var wayHeader = []string{"condition", "roi", "layers", "prior", "source"}

func (r *Report) scoreRows() [][]string {
	out := [][]string{append(append([]string{"subject"}, wayHeader...), "label", "shape", "colour", "measure", "task", "value", "others", "trials", "raters")}
	for _, s := range r.Scores {
		out = append(out, append(append([]string{s.Subject}, s.columns()...), s.Label, s.Shape, s.Colour, string(s.Measure), string(s.Task), number(s.Value), strconv.Itoa(s.Others), strconv.Itoa(s.Trials), strconv.Itoa(s.Raters)))
	}
	return out
}

func (r *Report) summaryRows() [][]string {
	out := [][]string{append(append([]string{"subject"}, wayHeader...), "measure", "task", "n", "subjects", "mean", "lower", "upper", "level", "interval", "chance", "signed_rank_T", "signed_rank_p", "p_shuffled_labels")}
	for _, c := range r.Cells {
		row := append(append([]string{c.Subject}, c.columns()...), string(c.Measure), string(c.Task), strconv.Itoa(len(c.Values)), strconv.Itoa(c.Subjects), number(c.Mean))
		if i := c.Interval; i != nil {
			row = append(row, number(i.Lower), number(i.Upper), number(i.Level), i.Method)
		} else {
			row = append(row, "", "", "", "")
		}
		chance, stat, p := "", "", ""
		if c.Chance > 0 {
			chance = number(c.Chance)
		}
		if c.Test != nil {
			stat, p = number(c.Test.Statistic), number(c.Test.P)
		}
		out = append(out, append(row, chance, stat, p, pointer(c.P)))
	}
	return out
}

func (r *Report) testRows() [][]string {
	out := [][]string{{"name", "figure", "measure", "n", "difference", "lower", "upper", "p", "p_holm", "family", "apa", "why"}}
	for _, c := range r.Tests {
		row := []string{c.Name, c.Figure, string(c.Measure), strconv.Itoa(c.N), "", "", ""}
		if d := c.Difference; d != nil {
			row = append(row[:4], number(d.Mean), number(d.Lower), number(d.Upper))
		}
		out = append(out, append(row, number(c.P), number(c.PHolm), c.Family, c.APA, c.Why))
	}
	return out
}

// Methods is text for a methods section, filled with what was done.
func (r *Report) Methods() string {
	var b strings.Builder
	say := func(format string, a ...any) { fmt.Fprintf(&b, format+" ", a...) }
	say("Reconstructions of %s (%d pictures) were evaluated with Reverie (%s).", plural(len(r.Inputs.Subjects), "subject"), r.Inputs.Reconstructions, r.Program)
	if r.Simulated {
		say("The subject is simulated: no person was scanned.")
	}
	for _, rec := range r.Computed {
		prior := "over pixels"
		if rec.Prior != "" {
			prior = "through a generator (" + rec.Prior + ")"
		}
		say("Images were optimised %s by %s with %d iterations (preset %s) in the network %s (%s; SHA-256 of the weights %.12s…) on %s.", prior, optimizer(string(rec.Options.Optimizer)), rec.Options.Iterations, rec.Options.Preset, rec.Network, rec.Weights, rec.SHA256, rec.Device)
	}
	for _, m := range r.Spec.Measures {
		say("%s", m.text(r.Spec))
	}
	if len(r.Spec.Ratings) > 0 {
		say("%s", Human.text(r.Spec))
	}
	kind := "Student's t"
	if r.Spec.Interval == Bootstrap {
		kind = fmt.Sprintf("BCa bootstrap, %d resamples", resamples)
	}
	unit := "image × subject, subjects pooled as by Shen et al. (2019); single trials of an image were averaged"
	if r.Spec.Trials {
		unit = "the single trial; trials of one image are not independent, so intervals and p are too good"
	}
	say("The unit of every mean and test is %s. Intervals are %g %% (%s; of proportions Wilson's).", unit, 100*r.Spec.Level, kind)
	say("Scores were held against chance and conditions against each other by two-sided Wilcoxon signed-rank tests (exact up to 25 values; values at the null left out); p values of a family of comparisons were corrected after Holm.")
	if len(r.Noise) > 0 {
		say("The noise ceiling of a voxel is the part of the variance of a stimulus' mean over its trials that the stimulus explains (as for the Natural Scenes Dataset); reliability is the correlation of halves of the trials over %d random splits, after Spearman and Brown.", splits)
	}
	if r.Spec.Shuffles > 0 {
		say("Beside it stands the p of %d draws of the labels at evaluation (seed %d).", r.Spec.Shuffles, r.Spec.Seed)
	}
	return strings.TrimSpace(b.String())
}

func optimizer(name string) string {
	if name == "lbfgs" {
		return "L-BFGS"
	}
	return "gradient descent with momentum"
}

func plural(n int, word string) string {
	if n == 1 {
		return "one " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

// text says how a measure is made.
func (m Measure) text(s Spec) string {
	switch m {
	case Identification:
		return fmt.Sprintf("Pairwise identification: the fraction of the other originals of its type to which a reconstruction was less similar than to its own, by Pearson's correlation over all pixels and colours at the reconstruction's size; for shapes also among candidates of the same colour (shape score) or the same shape (colour score, with and without black and white). Ties: %s.", s.Ties)
	case Correlation:
		return "Pixel correlation: Pearson's r over all pixels and colours at the reconstruction's size."
	case Best:
		return "Best of all: how often no other original of its type was as similar to a reconstruction as its own."
	case PixCorr:
		return "PixCorr: Pearson's r over all pixels and colours, both pictures resized to 425 × 425 (bicubic)."
	case SSIM:
		return "SSIM: structural similarity of the grey pictures at 425 × 425 (bicubic; Gaussian window, σ = 1.5, population covariance, range 1)."
	case SSIMColour:
		return "SSIM (RGB): structural similarity over the colour channels at the reconstruction's size (Gaussian window 11 × 11, σ = 1.5, range 1)."
	case Human:
		return "Human judgement: the proportion of trials in which raters chose the original, averaged over raters."
	}
	return fmt.Sprintf("Identification in features of %s of the network %s, by Pearson's correlation.", m.Layer(), s.Network)
}
