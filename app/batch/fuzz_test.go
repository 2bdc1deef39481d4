package batch

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reverie/app/pipeline"
)

func FuzzSpec(f *testing.F) {
	raw, err := json.Marshal(saved{BatchSpec: spec(), Folders: []string{"S1/V1"}, Together: 10})
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{string(raw), "{}", `{"version":1,"folders":["../up"]}`, `{"version":1e999}`, strings.Repeat("[", 10000), `{"pixels":{"Iterations":-1}}`, `{"version":1,"subjects":[{"paths":null}],"layer_sets":["DNN1"],"source":"true","prior":"off","layouts":["ours"]}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := parse(bytes.NewReader(raw))
		if err != nil {
			return
		}
		for _, d := range s.Folders {
			if !filepath.IsLocal(d) {
				t.Errorf("folder %q", d)
			}
		}
		if d := differences(s.BatchSpec, s.BatchSpec); len(d) > 0 {
			t.Errorf("differs from itself: %v", d)
		}
		out, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		again, err := parse(bytes.NewReader(out))
		if err != nil || len(differences(again.BatchSpec, s.BatchSpec)) > 0 {
			t.Errorf("written and read: %v", err)
		}
	})
}

func FuzzState(f *testing.F) {
	dir := f.TempDir()
	c := chunk{1, []unit{{0, 1}, {0, 2}}}
	st := newState(filepath.Join(dir, "state"), c, 2)
	st.curves[0] = []pipeline.CurvePoint{{Iteration: 1, Evaluation: 2, Loss: 3}}
	if err := st.write(func(io.Writer) error { return nil }); err != nil {
		f.Fatal(err)
	}
	raw, err := os.ReadFile(st.path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add(raw[:20])
	f.Add([]byte(stateMagic + "\xff\xff\xff\xff\x00\x00\x00\x00"))
	path := filepath.Join(dir, "fuzzed")
	f.Fuzz(func(t *testing.T, raw []byte) {
		if err := os.WriteFile(path, raw, 0o644); err != nil {
			t.Fatal(err)
		}
		st := newState(path, c, 2)
		r, _, err := st.open()
		if err != nil {
			t.Fatal(err)
		}
		if r != nil {
			r.Close()
		}
		_ = st.reached(0)
	})
}
