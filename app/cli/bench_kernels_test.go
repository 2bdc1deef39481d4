package cli

import (
	"math"
	"testing"

	"reverie/compute/gl"
	"reverie/compute/nn"
)

func TestPerLayer(t *testing.T) {
	net, err := nn.VGG19(nn.VGG19Config{})
	if err != nil {
		t.Fatal(err)
	}
	rows := perLayer([]gl.Timing{
		{Label: "images in", Seconds: 1}, {Label: "conv1_2, transform", Seconds: 2}, {Label: "conv1_2, products", Seconds: 3},
		{Label: "pool1", Seconds: 4}, {Label: "fc6", Seconds: 5}, {Label: "conv1_2 loss", Seconds: 6},
		{Label: "fc8 backward, top", Seconds: 7}, {Label: "fc6 backward, sum", Seconds: 8}, {Label: "conv1_2 backward", Seconds: 9},
	}, net, 2)
	// conv1_2: 2·64·64·9·224² ≈ 3.699 GFLOP; fc6: 2·25088·4096 ≈ 0.2055 GFLOP per image (Simonyan & Zisserman's shapes).
	want := []kernelRow{
		{Label: "images in", Seconds: 1}, {Label: "conv1_2", Seconds: 5, GFlop: 2 * 3.699376128}, {Label: "pool1", Seconds: 4},
		{Label: "fc6", Seconds: 5, GFlop: 2 * 0.205520896}, {Label: "conv1_2 loss", Seconds: 6}, {Label: "fc8 loss", Seconds: 7},
		{Label: "fc6 backward", Seconds: 8, GFlop: 2 * 0.205520896}, {Label: "conv1_2 backward", Seconds: 9, GFlop: 2 * 3.699376128},
	}
	if len(rows) != len(want) {
		t.Fatalf("%d rows, want %d: %+v", len(rows), len(want), rows)
	}
	for i, w := range want {
		if g := rows[i]; g.Label != w.Label || g.Seconds != w.Seconds || math.Abs(g.GFlop-w.GFlop) > 1e-9 {
			t.Errorf("row %d: %+v, want %+v", i, g, w)
		}
	}
}

func TestBenchDecoders(t *testing.T) {
	var r decoderReport
	must(t, &r, "bench", "--decoders", "--samples", "200", "--stimuli", "100", "--voxels", "150", "--chosen", "40")
	if len(r.Rows) != 4 || !(r.Sgemm > 0 && r.Dpotrf > 0) {
		t.Fatalf("%+v", r)
	}
	for _, row := range r.Rows {
		if !(row.Unit > 0 && row.PerSec > 0 && row.Factors > 0) {
			t.Errorf("%+v", row)
		}
	}
	if code, _, errs := run(t, "bench", "--decoders", "--chosen", "0"); code != Usage {
		t.Errorf("exit %d: %s", code, errs)
	}
}
