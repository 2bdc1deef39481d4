package resources

import (
	"bytes"
	"image/png"
	"testing"
)

func TestIcon(t *testing.T) {
	m, err := png.Decode(bytes.NewReader(Icon))
	if err != nil {
		t.Fatal(err)
	}
	if b := m.Bounds(); b.Dx() != 512 || b.Dy() != 512 {
		t.Errorf("icon is %d×%d, want 512×512", b.Dx(), b.Dy())
	}
	if _, _, _, a := m.At(0, 0).RGBA(); a != 0 {
		t.Error("the corner outside the rounded tile is not transparent")
	}
}
