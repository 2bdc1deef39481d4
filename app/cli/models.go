package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"

	"reverie/app/dataset/stimuli"
	"reverie/app/device"
	"reverie/app/job"
	"reverie/app/models"
)

var modelsCommand = command{
	name: "models", args: "[add|verify|use|remove|check FILE…]", short: "the model files: what is needed, where it is published, which you have",
	examples: []string{
		"reverie models                                     # the list",
		"reverie models add VGG_ILSVRC_19_layers.caffemodel # check a file and remember it; it stays where it is",
		"reverie models verify                              # read all again and compare their checksums",
		"reverie models use vgg19.pt                        # of several for one purpose, the one to use",
		"reverie models remove vgg19.pt                     # forget it; the file is left alone",
		"reverie models check --network vgg19 photographs/  # are its features as large as the published ones?",
		"reverie reconstruct --network vgg19 cat.jpg        # the VGG19 of the list",
	},
	run: runModels,
}

// modelsReport is the list as JSON.
type modelsReport struct {
	List   string          `json:"list"` // the file it is kept in
	Models []modelEntry    `json:"models"`
	Wanted []models.Wanted `json:"wanted"`
}

type modelEntry struct {
	models.Entry
	State models.State `json:"state"`
}

func runModels(ctx context.Context, e *env, fs *flag.FlagSet, args []string) error {
	network := fs.String("network", "vgg19", "check: the `network` to check")
	statistics := fs.String("std", "", "check: the `file` of published standard deviations; the one in the list by default")
	dev := deviceFlags(fs)
	words, err := e.parse(fs, args, 0, -1)
	if err != nil {
		return err
	}
	store, err := models.Open("")
	if err != nil {
		return err
	}
	if len(words) == 0 {
		return listModels(e, store)
	}
	what, names := words[0], words[1:]
	if len(names) == 0 && what != "verify" {
		return usage("models %s needs a file", what)
	}
	meter := job.NewMeter(e.progress.report)
	progress := func(name string) models.Progress {
		return func(done, total int64) { meter.Step("read "+name, int(done>>20), int(total>>20)) }
	}
	switch what {
	case "add":
		var done []models.Entry
		for _, n := range names {
			m, err := store.Add(ctx, n, progress(n))
			if err != nil {
				return err
			}
			e.say("%s: %s, %s", m.Name(), m.Role.Name(), m.About)
			e.say("  SHA-256 %s", m.SHA256)
			for _, note := range m.Notes {
				e.say("  %s", note)
			}
			done = append(done, m)
		}
		return e.result(done)
	case "check":
		return checkNetwork(ctx, e, *network, *statistics, dev, names)
	case "verify":
		return verifyModels(ctx, e, store, names, progress)
	case "use", "remove":
		change, verb := store.Choose, "%s is the one to use for %s."
		if what == "remove" {
			change, verb = store.Remove, "%s is forgotten as %s; the file is left alone."
		}
		for _, n := range names {
			m, err := change(n)
			if err != nil {
				return err
			}
			e.say(verb, m.Name(), m.Role.Name())
		}
		return nil
	}
	return usage("models %s: want add, verify, use, remove or check", what)
}

// checkNetwork compares the features of natural pictures with the published standard deviations.
func checkNetwork(ctx context.Context, e *env, network, statistics string, dev *device.Choice, folders []string) error {
	set, err := stimuli.OpenSet(folders...)
	if err != nil {
		return err
	}
	var pictures []string
	for _, l := range set.Labels() {
		if p, ok := set.Match(l); ok {
			pictures = append(pictures, p)
		}
	}
	eng, err := openEngine(ctx, e, network, dev)
	if err != nil {
		return err
	}
	defer eng.Close()
	r, err := eng.CheckNetwork(ctx, pictures, statistics, e.progress.report)
	if err != nil {
		return err
	}
	e.say("%-10s %12s %12s %8s", "layer", "computed", "published", "ratio")
	for _, l := range r.Layers {
		e.say("%-10s %12.5g %12.5g %8.3f  %s", l.Layer, l.Computed, l.Reference, l.Ratio, l.Verdict)
	}
	e.say("%s: %s", r.Verdict, r.Why)
	return e.result(r)
}

func verifyModels(ctx context.Context, e *env, store *models.Store, names []string, progress func(string) models.Progress) error {
	list, err := store.Entries()
	if err != nil {
		return err
	}
	if len(names) > 0 {
		list = nil
		for _, n := range names {
			m, err := store.Find(n)
			if err != nil {
				return err
			}
			list = append(list, m)
		}
	}
	if len(list) == 0 {
		return errors.New("no model is remembered: add some with reverie models add FILE")
	}
	var out []modelEntry
	var bad []string
	for _, m := range list {
		state, err := store.Verify(ctx, m, progress(m.Name()))
		if err != nil {
			return err
		}
		e.say("%-10s %s", state, m.Path)
		out = append(out, modelEntry{m, state})
		if state != models.Unchanged {
			bad = append(bad, m.Name())
		}
	}
	if err := e.result(out); err != nil {
		return err
	}
	if len(bad) > 0 {
		return fmt.Errorf("not as they were added: %s (add them again if that is meant, or remove them)", strings.Join(bad, ", "))
	}
	return nil
}

func listModels(e *env, store *models.Store) error {
	list, err := store.Entries()
	if err != nil {
		return err
	}
	r := modelsReport{List: store.Path(), Wanted: models.Catalogue()}
	for _, w := range r.Wanted {
		e.say("%s: %s", w.Name, w.For)
		have := false
		for _, m := range list {
			if m.Role != w.Role {
				continue
			}
			have = true
			chosen := " "
			if m.Chosen {
				chosen = "*"
			}
			e.say("  %s %-9s %s", chosen, m.State(), m.Path)
			e.say("              %s", m.About)
			r.Models = append(r.Models, modelEntry{m, m.State()})
		}
		for _, f := range w.Files {
			if have {
				break
			}
			facts := []string{f.Name}
			for _, s := range []string{bytesText(f), f.Licence} {
				if s != "" {
					facts = append(facts, s)
				}
			}
			e.say("    not here: %s", strings.Join(facts, ", "))
			e.say("              %s", f.Where)
			if f.MD5 != "" {
				e.say("              MD5 %s", f.MD5)
			}
		}
	}
	return e.result(r)
}

func bytesText(f models.Published) string {
	if f.Size > 0 {
		return fmt.Sprintf("%d bytes", f.Size)
	}
	return f.About
}
