package cli

import (
	"path/filepath"
	"testing"

	"reverie/app/pipeline"
)

// Features written in the field's trees open again and give the same reconstructions.
func TestLayouts(t *testing.T) {
	dir := t.TempDir()
	twin := filepath.Join("..", "..", "testdata", "bdtb", "twin.mat")
	var losses []float64
	for _, layout := range []string{"chunked", "decoded", "release"} {
		out := filepath.Join(dir, layout)
		var dec decodeRecord
		must(t, &dec, "decode", twin, "--layers", "conv1_1,fc8", "--layout", layout, "--out", out)
		var rec pipeline.Record
		must(t, &rec, "reconstruct", "--features", out, "--layers", "conv1_1,fc8", "--labels", dec.Labels[0], "--iterations", "2", "--out", filepath.Join(dir, "r-"+layout))
		if len(rec.Images) != 1 || rec.Images[0].Loss <= 0 {
			t.Fatalf("%s: %+v", layout, rec)
		}
		losses = append(losses, rec.Images[0].Loss)
	}
	if losses[0] != losses[1] || losses[0] != losses[2] {
		t.Error("the same features, other losses:", losses)
	}
	if code, _, _ := run(t, "decode", twin, "--layout", "best"); code != Usage {
		t.Error("an unknown layout:", code)
	}
}
