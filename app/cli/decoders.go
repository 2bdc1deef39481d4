package cli

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"reverie/app/dataset/decoders"
	"reverie/app/job"
	"reverie/compute/stats"
)

var decodersCommand = command{
	name: "decoders", args: "[unit|export|accuracy|filters] FOLDER…", short: "trained decoders, ours and the lab's: what there is, how accurate it is, export to the lab's layout",
	examples: []string{
		"reverie decoders results/decoders                                   # what there is",
		"reverie decoders unit results/decoders/conv1_1/S1/VC 81930          # one decoder: bias, correlations, strongest voxels",
		"reverie decoders export results/decoders --out results/lab          # model folders that bdpy reads",
		"reverie decoders accuracy results/decoders --out results/accuracy   # Supplementary Fig. 1: tables and a figure",
		"reverie decoders accuracy results/decoders --roi VC --subject S1,S2,S3 --out results/vc",
		"reverie decoders filters results/signed results/absolute --network vgg19 --out results/filters   # Supplementary Fig. 11",
	},
	run: runDecoders,
}

// decodersFlags are the options of all its forms.
type decodersFlags struct {
	out, roi, subject, network, condition *string
	voxels                                *int
}

// paperLevel is that of the paper's intervals.
const paperLevel = 0.95

func runDecoders(ctx context.Context, e *env, fs *flag.FlagSet, args []string) error {
	f := decodersFlags{
		out:       fs.String("out", "", "export, accuracy, filters: `folder` for the result"),
		roi:       fs.String("roi", "", "only these `ROIs`, comma separated; all by default"),
		subject:   fs.String("subject", "", "only these `subjects`, comma separated; all by default"),
		network:   fs.String("network", "demo", "filters: the `network` whose features were learnt: demo, vgg19-seeded, a file, or one that reverie models lists"),
		condition: fs.String("condition", "seen natural", "filters: what the accuracy was measured on, a `condition` that the list shows"),
		voxels:    fs.Int("voxels", 10, "unit: `number` of the strongest voxels to show; 0 shows all"),
	}
	words, err := e.parse(fs, args, 1, -1)
	if err != nil {
		return err
	}
	switch what, rest := words[0], words[1:]; what {
	case "unit":
		if len(rest) != 2 {
			return usage("decoders unit takes one folder of decoders and the number of a unit")
		}
		unit, err := strconv.Atoi(rest[1])
		if err != nil {
			return usage("decoders unit: %q is no number of a unit", rest[1])
		}
		return showUnit(ctx, e, f, rest[0], unit)
	case "export", "accuracy":
		if len(rest) == 0 {
			return usage("decoders %s needs a folder of decoders", what)
		}
		if *f.out == "" {
			return usage("decoders %s needs a folder for the result: --out DIR", what)
		}
		if what == "export" {
			return exportDecoders(ctx, e, f, rest)
		}
		return decodersAccuracy(ctx, e, f, rest)
	case "filters":
		if len(rest) != 2 {
			return usage("decoders filters takes two folders: decoders trained without and with --absolute")
		}
		if *f.out == "" {
			return usage("decoders filters needs a folder for the result: --out DIR")
		}
		return decodersFilters(ctx, e, f, rest[0], rest[1])
	}
	return listDecoders(ctx, e, f, words)
}

// wanted reports whether a folder is among those asked for.
func (f decodersFlags) wanted(a decoders.About) bool {
	rois, subjects := list(*f.roi), list(*f.subject)
	return (len(rois) == 0 || slices.Contains(rois, a.ROI)) && (len(subjects) == 0 || slices.Contains(subjects, a.Subject))
}

// open opens the folders of decoders below roots that are asked for, each once.
func (f decodersFlags) open(ctx context.Context, e *env, roots []string) ([]decoders.Folder, error) {
	meter := job.NewMeter(e.progress.report)
	var out []decoders.Folder
	seen, others := map[string]bool{}, []string{}
	for _, root := range roots {
		if _, err := os.Stat(root); err != nil {
			return nil, fmt.Errorf("look for decoders: %w", err)
		}
		dirs, err := decoders.Scan(root)
		if err != nil {
			return nil, err
		}
		if len(dirs) == 0 {
			return nil, fmt.Errorf("%s: %w; or train some with reverie train", root, decoders.ErrNone)
		}
		for i, dir := range dirs {
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			meter.Step("open decoders", i, len(dirs))
			if abs, err := filepath.Abs(dir); err == nil && seen[abs] {
				continue
			} else {
				seen[abs] = true
			}
			d, err := decoders.Open(ctx, dir)
			if err != nil {
				return nil, err
			}
			if a := d.About(); f.wanted(a) {
				out = append(out, d)
			} else if name := a.Subject + " " + a.ROI; !slices.Contains(others, name) {
				others = append(others, name)
			}
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s: no decoders of --roi %q --subject %q: there are those of %s", strings.Join(roots, ", "), *f.roi, *f.subject, strings.Join(others, ", "))
	}
	order := newDecoderOrder()
	slices.SortStableFunc(out, func(x, y decoders.Folder) int {
		a, b := x.About(), y.About()
		return order.compare(a.Subject, a.ROI, a.Layer, a.Fold, b.Subject, b.ROI, b.Layer, b.Fold)
	})
	return out, nil
}

// decoderEntry is a folder as JSON.
type decoderEntry struct {
	Path     string         `json:"path"`
	Lab      bool           `json:"lab"` // in the lab's format
	Layer    string         `json:"layer"`
	Subject  string         `json:"subject"`
	ROI      string         `json:"roi"`
	Fold     string         `json:"fold,omitempty"`
	Method   string         `json:"method"`
	Shape    []int          `json:"shape"`
	Voxels   int            `json:"voxels"`
	Units    int            `json:"units"`
	Trained  int            `json:"trained"`
	Accuracy []accuracyRow  `json:"accuracy,omitempty"`
	Training *decoders.Meta `json:"training,omitempty"` // as it stands in decoder.json
	Notes    []string       `json:"notes,omitempty"`
}

func listDecoders(ctx context.Context, e *env, f decodersFlags, roots []string) error {
	folders, err := f.open(ctx, e, roots)
	if err != nil {
		return err
	}
	meter := job.NewMeter(e.progress.report)
	var out []decoderEntry
	for i, d := range folders {
		meter.Step("read accuracies", i, len(folders))
		a := d.About()
		x := decoderEntry{Path: d.Path(), Lab: a.Lab, Layer: a.Layer, Subject: a.Subject, ROI: a.ROI, Fold: a.Fold, Method: a.Method,
			Shape: a.Shape, Voxels: a.Voxels, Units: a.Units(), Trained: a.Trained, Notes: a.Notes}
		if s, ok := d.(*decoders.Store); ok {
			x.Training = &s.Meta
			g := &decoderGroup{subject: a.Subject, roi: a.ROI, layer: a.Layer, stores: []*decoders.Store{s}}
			if x.Accuracy, err = g.accuracy(ctx); err != nil {
				return err
			}
		}
		out = append(out, x)
	}
	sayAll(e, decoderTable(out))
	return e.result(out)
}

// decoderTable is the list for people: what all folders share stands below it.
func decoderTable(all []decoderEntry) (lines []string) {
	methods, notes, places := map[string]int{}, map[string]int{}, []string{}
	var conditions []string
	folds, lab := false, 0
	for _, x := range all {
		methods[x.Method]++
		folds = folds || x.Fold != ""
		for _, n := range x.Notes {
			notes[n]++
		}
		for _, r := range x.Accuracy {
			if !slices.Contains(conditions, r.Condition) {
				conditions = append(conditions, r.Condition)
			}
		}
	}
	slices.SortStableFunc(conditions, compareConditions)
	head := []string{"layer", "subject", "ROI"}
	if folds {
		head = append(head, "fold")
	}
	head = append(head, "shape", "voxels", "trained")
	head = append(head, conditions...)
	if len(methods) > 1 {
		head = append(head, "method")
	}
	rows := [][]string{head}
	for _, x := range all {
		row := []string{x.Layer, x.Subject, x.ROI}
		if folds {
			row = append(row, x.Fold)
		}
		row = append(row, shapeText(x.Shape), fmt.Sprint(x.Voxels), fmt.Sprintf("%d of %d", x.Trained, x.Units))
		row = append(row, accuracyCells(x.Accuracy, conditions)...)
		if len(methods) > 1 {
			row = append(row, x.Method)
		}
		rows = append(rows, row)
		switch {
		case x.Layer == "":
			places = append(places, x.Path)
		case x.Lab:
			lab++
		}
	}
	lines = columnsOf(rows)
	if len(methods) == 1 {
		lines = append(lines, "method: "+all[0].Method)
	}
	if len(conditions) > 0 {
		lines = append(lines, "numbers: mean over units of the correlation between decoded and true values over stimuli")
	}
	for _, p := range places {
		lines = append(lines, "in the lab's layout, layer unknown: "+p)
	}
	if lab > 0 {
		lines = append(lines, fmt.Sprintf("in the lab's layout, which keeps no accuracy: %d folders", lab))
	}
	return append(lines, counted(notes)...)
}

// accuracyCells are means by condition, "-" where there is none.
func accuracyCells(rows []accuracyRow, conditions []string) (out []string) {
	for _, c := range conditions {
		cell := "-"
		for _, r := range rows {
			if r.Condition == c && r.Accuracy != nil {
				cell = fmt.Sprintf("%.3f", r.Accuracy.Mean)
			}
		}
		out = append(out, cell)
	}
	return out
}

// counted are notes, each once, with how many folders have it.
func counted(notes map[string]int) (lines []string) {
	for n, k := range notes {
		line := "note: " + n
		if k > 1 {
			line += fmt.Sprintf(" (%d folders)", k)
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return lines
}

// columnsOf aligns rows of cells.
func columnsOf(rows [][]string) []string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		fmt.Fprintln(w, strings.Join(r, "\t"))
	}
	w.Flush()
	lines := strings.Split(strings.TrimRight(b.String(), "\n"), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " ")
	}
	return lines
}

func sayAll(e *env, lines []string) {
	for _, l := range lines {
		e.say("%s", l)
	}
}

func shapeText(shape []int) string {
	parts := make([]string, len(shape))
	for i, s := range shape {
		parts[i] = fmt.Sprint(s)
	}
	return strings.Join(parts, "×")
}

// intervalText is a mean with its bounds, as "0.223 [0.222, 0.225]".
func intervalText(i *stats.Interval) string {
	if i == nil {
		return "-"
	}
	return fmt.Sprintf("%.3f [%.3f, %.3f]", i.Mean, i.Lower, i.Upper)
}
