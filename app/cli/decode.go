package cli

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"reverie/app/dataset/features"
	"reverie/app/engine"
	"reverie/app/export"
	"reverie/app/job"
	"reverie/app/pipeline"
	"reverie/app/session"
	"reverie/app/subject"
	"reverie/compute/brain"
	"reverie/compute/decode"
	"reverie/compute/eval"
)

var decodeCommand = command{
	name: "decode", args: "FILE|FOLDER…", short: "fMRI samples → decoded features, with trained decoders or ridge on the way",
	examples: []string{
		"reverie decode subject/ --roi VC --session ImageNetTest --out decoded",
		"reverie decode subject/ --roi 'V1 + V2' --labels scene_001,scene_002 --out decoded",
		"reverie decode subject/ --layout decoded --out decoded   # <layer>/<subject>/<roi>/<label>.mat, as the lab's scripts read it",
		"reverie decode S2_figureImage.mat --out decoded     # leave-one-run-out over its blocks",
		"reverie decode subject/ --decoders decoders --roi VC --out decoded                   # what reverie train, or the lab's scripts, trained",
		"reverie decode subject/ --decoders decoders --norm feature_std_train_mean_center --out decoded",
		"reverie decode subject/ --decoders decoders-cv --layout decoded --out decoded        # each fold's held-out samples",
	},
	run: runDecode,
}

func runDecode(ctx context.Context, e *env, fs *flag.FlagSet, args []string) error {
	network := fs.String("network", "demo", "`network`: demo, vgg19-seeded, a file with VGG19's weights, or one that reverie models lists, such as vgg19")
	roi := fs.String("roi", "", "`ROI`, name or expression like 'V1 + V2'; default VC, or all voxels of a .mat file")
	kind := fs.String("session", string(brain.NaturalTest), "`session` to decode")
	labels := fs.String("labels", "", "`labels` to decode, comma separated; all of the session by default")
	layers := fs.String("layers", "", "`layers`, comma separated; all by default")
	drop := fs.Bool("drop-repetitions", false, "leave out the blocks that only repeat the stimulus before them (one-back task; BData files)")
	root := fs.String("decoders", "", "`folder` of trained decoders; without it ridge regression is trained on the way, one penalty for all units")
	held := fs.Bool("folds", false, "with --decoders of cross-validation: decode what each fold held out; the default where there are no others")
	single := fs.Bool("trials", false, "with --decoders: decode every trial by itself, not their mean for each stimulus")
	scaling := fs.String("norm", decode.Scripts2019.String(), "norm correction, by the `name` in the lab's configurations: "+strings.Join(scalings(), ", "))
	statistics := fs.String("norm-file", "", "`file` of published standard deviations for it; default the pictures in stimuli/norm")
	out := fs.String("out", "results/decoded", "`folder` for the features")
	layout := fs.String("layout", "chunked", "`layout`: chunked (one <layer>.h5 each), decoded (<layer>/<subject>/<roi>/<label>.mat) or release (as in 2019)")
	dev := deviceFlags(fs)
	paths, err := e.parse(fs, args, 1, -1)
	if err != nil {
		return err
	}
	if *layout != "chunked" && *layout != "decoded" && *layout != "release" {
		return usage("--layout %q: want chunked, decoded or release", *layout)
	}
	scale, err := decode.ParseScaling(*scaling)
	if err != nil {
		return usage("--norm: %v", err)
	}
	if *single && *root == "" {
		return usage("--trials needs --decoders: without trained ones the mean of a stimulus's trials is decoded")
	}
	eng, err := openEngine(ctx, e, *network, dev)
	if err != nil {
		return err
	}
	defer eng.Close()
	chosen, err := eng.Model().Layers(list(*layers))
	if err != nil {
		return usage("%v", err)
	}
	s, err := eng.OpenSubject(ctx, paths, e.progress.report)
	if err != nil {
		return err
	}
	s.DropRepetitions = *drop
	meter := job.NewMeter(e.progress.report)
	j := decoding{e: e, eng: eng, s: s, layers: chosen, roi: *roi, meter: meter,
		layout: *layout, kind: *kind, out: *out, norm: engine.NormOf(s, scale, *statistics)}
	var d *pipeline.Decoded
	var folds []string
	whole := true
	if *root != "" {
		if folds, whole, err = engine.Folds(ctx, *root, *roi); err != nil {
			return err
		}
	}
	byFold := len(folds) > 0 && (*held || !whole)
	switch {
	case *held && !byFold:
		return fmt.Errorf("%s has no decoders of cross-validation for ROI %q: train some with --cv", *root, *roi)
	case byFold && (given(fs, "session") || *labels != ""):
		return usage("these decoders are cross-validated and decode what each fold held out: --session and --labels choose nothing there")
	}
	t := engine.Trained{Root: *root, ROI: *roi, Layers: chosen, Trials: *single, Norm: j.norm}
	switch f := s.Datasets[0]; {
	case byFold:
		return j.folds(ctx, folds, t)
	case *root != "":
		var stimuli []session.Stimulus
		if stimuli, err = pick(s, brain.Session(*kind), list(*labels)); err == nil {
			d, err = eng.DecodeTrained(ctx, s, stimuli, t, meter)
		}
	case f.Session == subject.FigureImages:
		d, err = eng.DecodeFigures(ctx, f.File, list(*labels), splitROIs(*roi), chosen, 0, meter)
	default:
		var stimuli []session.Stimulus
		if stimuli, err = pick(s, brain.Session(*kind), list(*labels)); err == nil {
			d, err = eng.DecodeStimuli(ctx, s, stimuli, *roi, chosen, j.norm, meter)
		}
	}
	if err != nil {
		return err
	}
	rec, err := j.write(ctx, d, "")
	if err != nil {
		return err
	}
	return e.result(rec)
}

// storedSet names what is decoded as the field's trees do. The release has the kind of stimuli and the network above.
func storedSet(layout string, s *session.Subject, kind, roi, fold string) features.Set {
	set := features.Set{Subject: export.Name(s.Name), ROI: export.Name(roi), Fold: fold}
	if roi == "" {
		set.ROI = "VC"
		if s.Datasets[0].Session == subject.FigureImages {
			set.ROI = "all"
		}
	}
	if layout == "release" {
		set.Collection = export.Name(kind) + "/VGG19"
	}
	return set
}

// decodeRecord is kept beside decoded features, so that what is made of them carries its notes.
type decodeRecord struct {
	Out       string `json:"out"`
	Subject   string `json:"subject"`
	Simulated bool   `json:"simulated"`
	pipeline.Computed
	Session   string   `json:"session,omitempty"` // "" of held-out folds
	ROI       string   `json:"roi"`
	Notes     []string `json:"notes"`
	Corrected bool     `json:"norm_corrected"`
	Scaling   string   `json:"norm_correction,omitempty"`
	Fold      string   `json:"fold,omitempty"`
	Layers    []string `json:"layers"`
	Labels    []string `json:"labels"`
	// Accuracy is per layer: mean over units of the correlation with the true features across samples.
	Accuracy []eval.LayerAccuracy `json:"decoding_accuracy,omitempty"`
	// FixedBlocks is pipeline.Decoded's.
	FixedBlocks int `json:"fixed_blocks,omitempty"`
}

// recordName is the record's file for a fold of cross-validation.
func recordName(fold string) string {
	if fold == "" {
		return subject.RecordFile
	}
	return fold + "-" + subject.RecordFile
}

// readDecodeRecord reads the record beside decoded features, "" being those without a fold.
func readDecodeRecord(dir, fold string) (r decodeRecord, err error) {
	raw, err := os.ReadFile(filepath.Join(dir, recordName(fold)))
	if err == nil {
		err = json.Unmarshal(raw, &r)
	}
	return r, err
}

func splitROIs(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("+|, ", r) })
}

// pick finds stimuli of a session; no labels is all of them.
func pick(s *session.Subject, kind brain.Session, labels []string) ([]session.Stimulus, error) {
	var names []string
	for _, d := range s.Datasets {
		names = append(names, string(d.Session))
		if d.Session != kind {
			continue
		}
		if len(labels) == 0 {
			return d.Stimuli, nil
		}
		var out []session.Stimulus
		for _, l := range labels {
			found := false
			for _, st := range d.Stimuli {
				if st.Label == l {
					out, found = append(out, st), true
				}
			}
			if !found {
				return nil, fmt.Errorf("session %s has no stimulus %q", kind, l)
			}
		}
		return out, nil
	}
	return nil, fmt.Errorf("subject %s has no session %q; it has %s", s.Name, kind, strings.Join(names, ", "))
}
