package torch

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"reverie/compute/format/pickle"
)

// Bounds of the walk. Objects may stand in several places, so a small file can spell a tree without end;
// the visits and the names are therefore held to a multiple of the file's size too.
const (
	maxDepth  = 200
	maxName   = 1 << 10
	maxNames  = 1 << 24 // bytes of all names
	maxVisits = 1 << 20
	maxNotes  = 20
)

// wrappers are the keys under which programs keep a state dict beside other things.
var wrappers = map[string]bool{"state_dict": true, "model_state_dict": true, "model_state": true, "model": true, "net": true,
	"network": true, "module": true, "params": true, "params_ema": true, "weights": true, "ema": true}

// walker looks through a tree for tensors.
type walker struct {
	f       *File
	path    []pickle.Value // containers that the walk is in
	visits  int64          // left
	names   int64          // bytes left
	whole   bool           // a whole model was met
	calls   map[string]int
	wrapped string // the key that was left off
	inside  bool   // a model, whose parts' names stay whole
}

// flatten turns the tree into named tensors.
func (f *File) flatten(tree pickle.Value) error {
	w := &walker{f: f, calls: map[string]int{}, visits: min(maxVisits, 4*f.size), names: min(maxNames, 16*f.size)}
	if err := w.walk("", "", tree); err != nil {
		return err
	}
	if w.whole {
		f.note("a whole model was saved, not its state dict: its code was not run, its parameters were taken")
	}
	if w.wrapped != "" {
		f.note(fmt.Sprintf("names under %q go without it", w.wrapped))
	}
	var seen []string
	for c := range w.calls {
		seen = append(seen, c)
	}
	slices.Sort(seen)
	for _, c := range seen {
		f.note(fmt.Sprintf("%d × %.100s was not run", w.calls[c], c))
	}
	if len(f.Tensors) == 0 {
		what := ""
		if len(seen) > 0 {
			what = fmt.Sprintf(" but objects of %.200s", strings.Join(seen, ", "))
		}
		return fmt.Errorf("it holds no tensors%s: in PyTorch, save the weights with torch.save(model.state_dict(), file)", what)
	}
	f.commonPrefix()
	f.unique()
	f.shared()
	return nil
}

func (f *File) note(s string) {
	if len(f.Notes) < maxNotes {
		f.Notes = append(f.Notes, s)
	}
}

// walk adds the tensors of v, whose name is prefix+key; prefix is empty or ends with a dot.
func (w *walker) walk(prefix, key string, v pickle.Value) error {
	switch v.(type) {
	case *pickle.Dict, *pickle.List, *pickle.Tuple, *pickle.Object:
	default:
		return nil // numbers, texts, names: no tensors
	}
	if w.visits--; w.visits < 0 {
		return fmt.Errorf("too many objects to look through for a file of %d bytes: they hold each other", w.f.size)
	}
	if slices.Contains(w.path, v) {
		w.f.note(fmt.Sprintf("%q holds itself", prefix+key))
		return nil
	}
	if len(w.path) >= maxDepth {
		return fmt.Errorf("objects lie more than %d deep in each other", maxDepth)
	}
	if len(prefix)+len(key) > maxName {
		return fmt.Errorf("a name has more than %d bytes: %.60q…", maxName, prefix+key)
	}
	w.path = append(w.path, v)
	defer func() { w.path = w.path[:len(w.path)-1] }()
	inside := prefix
	if key != "" {
		inside += key + "."
	}
	switch x := v.(type) {
	case *pickle.Dict:
		return w.pairs(inside, x.Pairs)
	case *pickle.List:
		return w.items(inside, x.Items)
	case *pickle.Tuple:
		return w.items(inside, x.Items)
	case *pickle.Object:
		return w.object(prefix, key, inside, x)
	}
	return nil
}

func (w *walker) items(prefix string, items []pickle.Value) error {
	for i, x := range items {
		if err := w.walk(prefix, strconv.Itoa(i), x); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) pairs(prefix string, pairs []pickle.Pair) error {
	for _, p := range pairs {
		key, ok := pickle.Text(p.Key)
		if n, isInt := p.Key.(int64); isInt {
			key, ok = strconv.FormatInt(n, 10), true
		}
		if !ok {
			continue // a state dict has no other keys
		}
		if prefix == "" && w.wrapped == "" && !w.inside && wrappers[key] && dictionary(p.Value) {
			before := len(w.f.Tensors)
			if err := w.walk("", "", p.Value); err != nil {
				return err
			}
			if len(w.f.Tensors) > before { // the first that holds tensors; others keep their key in the names
				w.wrapped = key
			}
			continue
		}
		if err := w.walk(prefix, key, p.Value); err != nil {
			return err
		}
	}
	return nil
}

// dictionary tells a dict, an OrderedDict and a model from a tensor.
func dictionary(v pickle.Value) bool {
	switch x := v.(type) {
	case *pickle.Dict:
		return true
	case *pickle.Object:
		g, ok := x.Class.(pickle.Global)
		return !ok || rebuilders[g] == nil
	}
	return false
}

// object adds the tensor that a call makes, or the tensors in an object's state and entries.
func (w *walker) object(prefix, key, inside string, o *pickle.Object) error {
	v, err := w.f.tensor(o, 0)
	if err == nil {
		return w.add(prefix+key, v)
	}
	if !errors.Is(err, errNoTensor) {
		return fmt.Errorf("%.200q: %w", prefix+key, err)
	}
	g, _ := o.Class.(pickle.Global)
	ordered := g == pickle.Global{Module: "collections", Name: "OrderedDict"}
	state, _ := o.State.(*pickle.Dict)
	if ordered {
		if len(o.Args) == 1 { // Python 2: a list of pairs
			if l, ok := o.Args[0].(*pickle.List); ok {
				if err := w.pairs(inside, listPairs(l)); err != nil {
					return err
				}
			}
		}
		return w.pairs(inside, o.Pairs.Pairs) // its state is _metadata
	}
	module := false
	for _, part := range []string{"_parameters", "_buffers", "_modules"} {
		if state == nil {
			break
		}
		if x, ok := state.Get(part); ok && dictionary(x) {
			outer := w.inside
			module, w.inside = true, true
			err := w.walk(inside, "", x)
			if w.inside = outer; err != nil {
				return err
			}
		}
	}
	if module {
		w.whole = true
		return nil
	}
	if len(w.calls) < maxNotes || w.calls[g.String()] > 0 {
		w.calls[g.String()]++
	}
	if state != nil {
		if err := w.pairs(inside, state.Pairs); err != nil {
			return err
		}
	}
	if err := w.pairs(inside, o.Pairs.Pairs); err != nil {
		return err
	}
	return w.items(inside, o.Items)
}

// listPairs reads [[key, value], …].
func listPairs(l *pickle.List) []pickle.Pair {
	var out []pickle.Pair
	for _, x := range l.Items {
		var kv []pickle.Value
		switch p := x.(type) {
		case *pickle.List:
			kv = p.Items
		case *pickle.Tuple:
			kv = p.Items
		}
		if len(kv) == 2 {
			out = append(out, pickle.Pair{Key: kv[0], Value: kv[1]})
		}
	}
	return out
}

func (w *walker) add(name string, v *view) error {
	if name == "" {
		name = "tensor"
	}
	if w.names -= int64(len(name)); w.names < 0 {
		return fmt.Errorf("too many names of tensors for a file of %d bytes", w.f.size)
	}
	if root := v.st.base(); !root.found {
		return fmt.Errorf("%.200q: storage %.100q is not in the file: it is cut off or damaged", name, root.key)
	}
	w.f.Tensors = append(w.f.Tensors, &Tensor{Name: name, DType: v.elem.name, Shape: v.shape, view: v, f: w.f})
	return nil
}
