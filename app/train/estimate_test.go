package train

import (
	"context"
	"testing"
)

func TestEstimateCountsWhatIsLeft(t *testing.T) {
	ctx := context.Background()
	j, _ := newJob(t, t.TempDir())
	sizes := []Size{{60, 30, 60}, {60, 30, 40}}
	e, err := j.Estimate(ctx, sizes)
	if err != nil {
		t.Fatal(err)
	}
	if e.Units != 2*(9000+125) || len(e.Parts) != 4 || e.Time <= 0 || e.Free == 0 {
		t.Errorf("%+v", e)
	}
	half := *j
	half.Shard, half.Shards = 1, 2
	half.quiet(ctx, t)
	if e, err = half.Estimate(ctx, sizes); err != nil || e.Units != 0 || e.Disk != 0 {
		t.Errorf("after the shard: %+v, %v", e, err)
	}
	rest, err := j.Estimate(ctx, sizes)
	if err != nil || rest.Units == 0 || rest.Units >= 2*(9000+125) {
		t.Errorf("%d units left, %v", rest.Units, err)
	}
	trained := 0
	for _, p := range rest.Parts {
		trained += p.Trained
	}
	if trained+rest.Units != 2*(9000+125) {
		t.Errorf("%d trained and %d left", trained, rest.Units)
	}
	j.quiet(ctx, t)
	bytes := int64(0)
	for _, raw := range content(t, j.Root) {
		bytes += int64(len(raw))
	}
	all := Job{Root: t.TempDir(), Layers: j.Layers, Data: j.Data, Options: j.Options}
	if e, err = all.Estimate(ctx, sizes); err != nil || e.Disk < bytes*9/10 || e.Disk > bytes*11/10 {
		t.Errorf("%d bytes on disk, estimated %d, %v", bytes, e.Disk, err)
	}
}

// TestTrialOfFoldsWithSingleTrials has more stimuli than samples in the fold.
func TestTrialOfFoldsWithSingleTrials(t *testing.T) {
	j, _ := newJob(t, t.TempDir())
	for _, size := range []Size{{80, 100, 60}, {80, 0, 60}} {
		if _, err := j.Estimate(context.Background(), []Size{size, size}); err != nil {
			t.Errorf("%+v: %v", size, err)
		}
	}
}
