package vm

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"reverie/app/session"
	"reverie/compute/brain"
)

// The methods of a TrainForm, as in session.TrainPlan.
const (
	Ridge  = "l2"
	Sparse = "slr"
)

// TrainForm is what the Train panel asks, as it was typed. What it can be
// changed from are the lab's settings.
type TrainForm struct {
	Subject    *session.Subject // nil while none is open
	Layers     *Layers
	Session    brain.Session
	ROIs       map[string]bool
	Expression string // one more region, such as V1 + V2
	Store      string // path of stored true features; empty computes them
	Out        string

	TrainSettings
}

// TrainSettings are those that have a preset. Numbers are as typed.
type TrainSettings struct {
	Method        string
	Voxels        string
	Alpha         string
	FreeBias      bool
	Spatial       string
	Precision     string
	Iterations    string
	Mode, Prune   string
	Absolute      bool
	CV, Exclusive string
	Memory        string // GiB
}

// LabSettings are the lab's, for a method.
func LabSettings(method string) TrainSettings {
	return TrainSettings{Method: method, Voxels: "500", Alpha: "100", Precision: "mixed", Iterations: "200", Mode: "lab", Prune: "variance", Memory: "8"}
}

// NewTrainForm asks for decoders of layers, all at first, by ridge with the lab's settings.
func NewTrainForm(layers []string) *TrainForm {
	return &TrainForm{Layers: NewLayers(layers), ROIs: map[string]bool{}, TrainSettings: LabSettings(Ridge)}
}

// SetSubject takes a subject's first training session. Regions that were
// chosen stay so where the subject has them.
func (f *TrainForm) SetSubject(s *session.Subject) {
	f.Subject, f.Session, f.Store = s, "", ""
	list := f.Sessions()
	if len(list) == 0 {
		return
	}
	f.Session = list[0].Session
	for _, d := range list {
		if d.Session == brain.NaturalTraining {
			f.Session = d.Session
		}
	}
	f.keepROIs()
}

// SetSession trains on another session.
func (f *TrainForm) SetSession(s brain.Session) {
	f.Session = s
	f.keepROIs()
}

func (f *TrainForm) keepROIs() {
	rois := f.Regions()
	for name := range f.ROIs {
		if !slices.ContainsFunc(rois, func(r session.ROI) bool { return r.Name == name }) {
			delete(f.ROIs, name)
		}
	}
	if len(f.ROIs) == 0 && len(rois) > 0 {
		f.ROIs[preferred(rois)] = true
	}
}

// preferred is the whole visual cortex, or the region named last.
func preferred(rois []session.ROI) string {
	for _, r := range rois {
		if r.Name == "VC" {
			return r.Name
		}
	}
	return rois[len(rois)-1].Name
}

// Sessions are the subject's sessions with brain activity.
func (f *TrainForm) Sessions() []session.Dataset {
	var out []session.Dataset
	if f.Subject != nil {
		for _, d := range f.Subject.Datasets {
			if d.File != "" && len(d.ROIs) > 0 {
				out = append(out, d)
			}
		}
	}
	return out
}

// Regions are those of the session.
func (f *TrainForm) Regions() []session.ROI {
	for _, d := range f.Sessions() {
		if d.Session == f.Session {
			return d.ROIs
		}
	}
	return nil
}

// Stores are the subject's stores of true features.
func (f *TrainForm) Stores() []session.Feature {
	var out []session.Feature
	if f.Subject != nil {
		for _, s := range f.Subject.Stored {
			if len(s.ROIs) == 0 {
				out = append(out, s)
			}
		}
	}
	return out
}

// Reset takes the lab's settings of the method.
func (f *TrainForm) Reset() { f.TrainSettings = LabSettings(f.Method) }

// Setting is a setting that can differ from the preset.
type Setting int

// The settings.
const (
	SetVoxels Setting = iota
	SetAlpha
	SetFreeBias
	SetSpatial
	SetPrecision
	SetIterations
	SetMode
	SetPrune
	SetAbsolute
	SetCV
	SetExclusive
	SetMemory
)

// Changed lists what differs from the lab's settings, of what the method uses.
func (f *TrainForm) Changed() map[Setting]bool {
	p := LabSettings(f.Method)
	same := func(a, b string) bool { return strings.TrimSpace(a) == b }
	out := map[Setting]bool{}
	mark := func(s Setting, changed bool) {
		if changed {
			out[s] = true
		}
	}
	mark(SetVoxels, !same(f.Voxels, p.Voxels))
	mark(SetAbsolute, f.Absolute)
	mark(SetCV, !same(f.CV, ""))
	mark(SetExclusive, !same(f.Exclusive, ""))
	mark(SetMemory, !same(f.Memory, p.Memory))
	if f.Method == Sparse {
		mark(SetIterations, !same(f.Iterations, p.Iterations))
		mark(SetMode, f.Mode != p.Mode)
		mark(SetPrune, f.Prune != p.Prune)
		return out
	}
	mark(SetAlpha, !same(f.Alpha, p.Alpha))
	mark(SetFreeBias, f.FreeBias)
	mark(SetSpatial, f.Spatial != p.Spatial)
	mark(SetPrecision, f.Precision != p.Precision)
	return out
}

// chosenROIs lists the chosen regions in the file's order, then the expression.
func (f *TrainForm) chosenROIs() []string {
	var out []string
	for _, r := range f.Regions() {
		if f.ROIs[r.Name] {
			out = append(out, r.Name)
		}
	}
	if e := strings.Join(strings.Fields(f.Expression), " "); e != "" && !slices.Contains(out, e) {
		out = append(out, e)
	}
	return out
}

// Plan is what the form says, or what is still lacking.
func (f *TrainForm) Plan() (p session.TrainPlan, lack string) {
	p = session.TrainPlan{
		Session: f.Session, ROIs: f.chosenROIs(), Layers: f.Layers.Chosen(), Method: f.Method, Store: f.Store,
		Absolute: f.Absolute, CV: strings.TrimSpace(f.CV), Exclusive: strings.TrimSpace(f.Exclusive), Out: f.Out,
	}
	if p, lack = f.numbers(p); lack != "" {
		return p, lack
	}
	switch {
	case f.Subject == nil:
		return p, "Open a subject first."
	case len(f.Sessions()) == 0:
		return p, "This subject has no session with brain activity to train on."
	case len(p.ROIs) == 0:
		return p, "Choose a region of the brain, or write an expression."
	}
	for _, s := range f.Stores() {
		if s.Path == f.Store {
			p.Layers = slices.DeleteFunc(p.Layers, func(l string) bool { return !slices.Contains(s.Layers, l) })
			if len(p.Layers) == 0 && len(f.Layers.Chosen()) > 0 {
				return p, "The store has none of the chosen layers: it has " + strings.Join(s.Layers, ", ") + "."
			}
		}
	}
	switch {
	case len(p.Layers) == 0:
		return p, "Choose at least one layer."
	case p.Exclusive != "" && p.CV == "":
		return p, "A key of exclusion needs a key of cross-validation."
	case p.Out == "":
		return p, "Choose a folder for the decoders."
	}
	return p, ""
}

// numbers reads what was typed.
func (f *TrainForm) numbers(p session.TrainPlan) (session.TrainPlan, string) {
	number := func(s string) float64 {
		x, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
		if err != nil {
			return math.NaN()
		}
		return x
	}
	whole := func(s string, low, high int) (int, bool) {
		n, err := strconv.Atoi(strings.TrimSpace(s))
		return n, err == nil && n >= low && n <= high
	}
	var ok bool
	if p.Voxels, ok = whole(f.Voxels, 0, 1e6); !ok {
		return p, "Voxels of a unit must be a number; 0 takes all of the region."
	}
	memory := number(f.Memory)
	if !(memory >= 0.5 && memory <= 1<<20) {
		return p, "The memory limit must be a number of GiB, 0.5 at the least."
	}
	p.Memory = int64(memory * (1 << 30))
	if f.Method == Sparse {
		if p.Iterations, ok = whole(f.Iterations, 1, 1e5); !ok {
			return p, "Iterations must be a number from 1 to 100,000."
		}
		p.Mode, p.Prune = f.Mode, f.Prune
		return p, ""
	}
	if p.Alpha = number(f.Alpha); !(p.Alpha > 0 && !math.IsInf(p.Alpha, 1)) {
		return p, "Alpha must be a number above 0."
	}
	p.FreeBias, p.Spatial, p.Precision = f.FreeBias, f.Spatial, f.Precision
	return p, ""
}
