package cli

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"reverie/app/dataset/features"
	"reverie/app/engine"
	"reverie/app/export"
	"reverie/app/job"
	"reverie/app/pipeline"
	"reverie/app/session"
	"reverie/app/subject"
	"reverie/compute/brain"
	"reverie/compute/eval"
)

var decodeCommand = command{
	name: "decode", args: "FILE|FOLDER…", short: "fMRI samples → decoded features, with ridge decoders trained on the way",
	examples: []string{
		"reverie decode subject/ --roi VC --session ImageNetTest --out decoded",
		"reverie decode subject/ --roi 'V1 + V2' --labels scene_001,scene_002 --out decoded",
		"reverie decode subject/ --layout decoded --out decoded   # <layer>/<subject>/<roi>/<label>.mat, as the lab's scripts read it",
		"reverie decode S2_figureImage.mat --out decoded     # leave-one-run-out over its blocks",
	},
	run: runDecode,
}

func runDecode(ctx context.Context, e *env, fs *flag.FlagSet, args []string) error {
	network := fs.String("network", "demo", "`network`: demo, vgg19-seeded, a file with VGG19's weights, or one that reverie models lists, such as vgg19")
	roi := fs.String("roi", "", "`ROI`, name or expression like 'V1 + V2'; default VC, or all voxels of a .mat file")
	kind := fs.String("session", string(brain.NaturalTest), "`session` to decode")
	labels := fs.String("labels", "", "`labels` to decode, comma separated; all of the session by default")
	layers := fs.String("layers", "", "`layers`, comma separated; all by default")
	drop := fs.Bool("drop-repetitions", false, "leave out the blocks that only repeat the stimulus before them (one-back task)")
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
	var d *pipeline.Decoded
	if f := s.Datasets[0]; f.Session == subject.FigureImages {
		d, err = eng.DecodeFigures(ctx, f.File, list(*labels), splitROIs(*roi), chosen, 0, meter)
	} else {
		var stimuli []session.Stimulus
		if stimuli, err = pick(s, brain.Session(*kind), list(*labels)); err == nil {
			d, err = eng.DecodeStimuli(ctx, s, stimuli, *roi, chosen, meter)
		}
	}
	if err != nil {
		return err
	}
	accuracy, err := decodingAccuracy(ctx, eng, s, d, meter)
	if err != nil {
		return err
	}
	err = writeFeatures(ctx, *out, layouts[*layout], storedSet(*layout, s, *kind, *roi), eng.Model(), chosen, d.Labels, func(each func(i int, f [][]float32) error) error {
		for i := range d.Labels {
			if err := each(i, d.Sample(i)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for l, a := range accuracy {
		if a.Units == 0 { // JSON has no NaN
			accuracy[l].Mean = 0
		}
		e.say("  %-8s decoding accuracy %.3f over %d units", d.Layers[l], a.Mean, a.Units)
	}
	rec := decodeRecord{Accuracy: accuracy, Out: *out, Subject: s.Name, Simulated: s.Simulated, Computed: eng.Computed(), ROI: *roi, Notes: slices.Concat(s.Notes, d.Notes, eng.Backend().Notes()), Corrected: d.Corrected, Layers: chosen, Labels: d.Labels, FixedBlocks: d.FixedBlocks}
	if !d.Corrected {
		rec.Notes = append(rec.Notes, "No norm correction, for lack of natural pictures that no decoder was trained on.")
	}
	if err := export.JSON(filepath.Join(*out, subject.RecordFile), rec); err != nil {
		return err
	}
	for _, n := range rec.Notes {
		e.say("note: %s", n)
	}
	e.say("decoded features of %d samples in %d layers: %s", len(d.Labels), len(chosen), filepath.Clean(*out))
	return e.result(rec)
}

// storedSet names what is decoded as the field's trees do. The release has the kind of stimuli and the network above.
func storedSet(layout string, s *session.Subject, kind, roi string) features.Set {
	set := features.Set{Subject: export.Name(s.Name), ROI: export.Name(roi)}
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
	ROI       string   `json:"roi"`
	Notes     []string `json:"notes"`
	Corrected bool     `json:"norm_corrected"`
	Layers    []string `json:"layers"`
	Labels    []string `json:"labels"`
	// Accuracy is per layer: mean over units of the correlation with the true features across samples.
	Accuracy []eval.LayerAccuracy `json:"decoding_accuracy,omitempty"`
	// FixedBlocks is pipeline.Decoded's.
	FixedBlocks int `json:"fixed_blocks,omitempty"`
}

func readDecodeRecord(dir string) (r decodeRecord, err error) {
	raw, err := os.ReadFile(filepath.Join(dir, subject.RecordFile))
	if err == nil {
		err = json.Unmarshal(raw, &r)
	}
	return r, err
}

// decodingAccuracy compares with the true features, where every sample's picture is at hand and there are several.
func decodingAccuracy(ctx context.Context, eng *engine.Engine, s *session.Subject, d *pipeline.Decoded, meter *job.Meter) ([]eval.LayerAccuracy, error) {
	pictures := map[string]string{}
	for _, set := range s.Datasets {
		for _, st := range set.Stimuli {
			if st.Image != "" {
				pictures[st.Label] = st.Image
			}
		}
	}
	paths := make([]string, len(d.Labels))
	for i, l := range d.Labels {
		if paths[i] = pictures[l]; paths[i] == "" {
			return nil, nil
		}
	}
	if len(paths) < 2 {
		return nil, nil
	}
	return eng.Model().Accuracy(ctx, eng.Backend(), d, paths, func(done, total int) { meter.Step("true features", done, total) })
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
