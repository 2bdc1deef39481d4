package pipeline

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// optionValues are options as expected.json has them.
func optionValues(o *LabOptions, long bool) map[string]any {
	out := map[string]any{}
	for name, p := range o.fields() {
		v := reflect.ValueOf(p).Elem()
		switch {
		case !slices.Contains(o.Keys, name):
		case !o.Has(name):
			out[name] = nil
		default:
			out[name] = optionValue(v.Interface(), long)
		}
	}
	return out
}

func optionValue(v any, long bool) any {
	switch x := v.(type) {
	case *LabArray:
		return optionValue(*x, long)
	case []float64:
		if len(x) == 1 {
			return x[0]
		}
		return optionValue(LabArray{[]int{len(x)}, x}, long)
	case LabArray:
		if long {
			return map[string]any{"shape": x.Shape, "data": x.Data}
		}
		sum := 0.0
		for _, d := range x.Data {
			sum += d
		}
		return map[string]any{"shape": x.Shape, "sum": sum, "ends": []float64{x.Data[0], x.Data[len(x.Data)-1]}}
	case [][2]float64:
		pairs := make([]any, len(x))
		sum := [2]float64{}
		for i, p := range x {
			pair := [2]any{p[0], p[1]}
			for k := range p {
				sum[k] += p[k]
				if math.IsInf(p[k], 2*k-1) {
					pair[k] = nil
				}
			}
			pairs[i] = pair
		}
		if long {
			return pairs
		}
		return map[string]any{"length": len(x), "sum": sum, "ends": []any{pairs[0], pairs[len(pairs)-1]}}
	case map[string][]int:
		out := map[string]any{}
		for k, c := range x {
			out[k] = map[string]any{"shape": []int{len(c)}, "data": c}
		}
		return out
	case map[string]LabArray:
		out := map[string]any{}
		for k, a := range x {
			out[k] = optionValue(a, long)
		}
		return out
	}
	return v
}

// sameJSON compares by what JSON makes of the values.
func sameJSON(t *testing.T, what string, got, want map[string]any) {
	t.Helper()
	raw, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	var g map[string]any
	if err := json.Unmarshal(raw, &g); err != nil {
		t.Fatal(err)
	}
	for k, w := range want {
		if !reflect.DeepEqual(g[k], w) {
			t.Errorf("%s: %s is %v, want %v", what, k, g[k], w)
		}
	}
	if len(g) != len(want) {
		t.Errorf("%s: %d options, want %d", what, len(g), len(want))
	}
}

func TestLabOptionsOfReleasedRuns(t *testing.T) {
	want := readExpected(t).Released
	methods := map[string]bool{}
	for run, w := range want {
		o, err := ReadLabOptions(filepath.Join(labSpecimens, run, "options.pkl"))
		if errors.Is(err, fs.ErrNotExist) {
			t.Skip("shared/data is absent: ", err)
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(o.Unknown) > 0 || len(o.Keys) != len(w) {
			t.Errorf("%s: unknown %v, keys %v", run, o.Unknown, o.Keys)
		}
		sameJSON(t, run, optionValues(o, false), w)
		if m := o.Method(); m != strings.TrimSuffix(run, "_quick") {
			t.Errorf("%s is taken for %q", run, m)
		}
		methods[o.Method()] = true
	}
	if len(methods) != 4 {
		t.Errorf("methods %v", methods)
	}
}

// Every option there is, in every protocol; one that is not known is listed.
func TestLabOptionsAll(t *testing.T) {
	want := readExpected(t).All
	delete(want, "a_new_option")
	delete(want, "save_intermediate_postprocess")
	for protocol := range 5 {
		o, err := ReadLabOptions(filepath.Join(labResults, "options", fmt.Sprintf("protocol%d.pkl", protocol)))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(o.Unknown, []string{"a_new_option", "save_intermediate_postprocess"}) {
			t.Errorf("unknown: %v", o.Unknown)
		}
		sameJSON(t, fmt.Sprint("protocol ", protocol), optionValues(o, true), want)
		if len(o.fields()) != len(want) {
			t.Errorf("%d fields, the file has %d options", len(o.fields()), len(want))
		}
	}
}

func TestLabOptionsRefuses(t *testing.T) {
	for text, says := range map[string]string{
		"(dp0\nS'iter_n'\np1\nS'many'\np2\ns.":                    "iter_n",
		"(dp0\nS'iter_n'\np1\nF1.5\ns.":                           "no count",
		"(dp0\nS'layer_weight'\np1\nI4\ns.":                       "dictionary of layers",
		"(dp0\nS'gen_feat_bounds'\np1\n(lp2\nI1\nas.":             "no pair",
		"(dp0\nS'x'\np1\nI4\ns.":                                  "none of its keys",
		"(lp0\n.":                                                 "no dictionary",
		"(dp0\nI4\nI4\ns.":                                        "no text",
		"(dp0\nS'initial_image'\np1\ncos\nsystem\n(S'ls'\ntRs.":   "no array",
		"(dp0\nS'feat_upper_bound'\np1\n(lp2\nS'a'\nas.":          "element 0",
		"(dp0\nS'channel'\np1\n(dp2\nS'fc8'\np3\n(lp4\nF-1\nass.": "no number of a channel",
	} {
		if _, err := parseLabOptions(strings.NewReader(text), int64(len(text))); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %q", text, err, says)
		}
	}
}

func FuzzLabOptions(f *testing.F) {
	for protocol := range 5 {
		raw, err := os.ReadFile(filepath.Join(labResults, "options", fmt.Sprintf("protocol%d.pkl", protocol)))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Add([]byte("(dp0\nS'iter_n'\np1\nI200\nsS'maxiter'\np2\nI01\ns."))
	f.Fuzz(func(t *testing.T, raw []byte) {
		o, err := parseLabOptions(bytes.NewReader(raw), int64(len(raw)))
		if err == nil {
			o.Method()
		}
	})
}
