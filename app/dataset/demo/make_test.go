package demo

import (
	"context"
	"os"
	"testing"
	"time"
)

// TestMakeFull makes the whole subject into the folder that REVERIE_DEMO names and tells how long it took.
func TestMakeFull(t *testing.T) {
	dir := os.Getenv("REVERIE_DEMO")
	if dir == "" {
		t.Skip("set REVERIE_DEMO to a new folder to have the whole subject made")
	}
	start := time.Now()
	f, err := Make(context.Background(), dir, Options{Seed: 1}, backend(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%v: %+v", time.Since(start), f)
}
