package engine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reverie/app/session"
	"reverie/compute/brain"
)

func TestPicturesOfEqualNames(t *testing.T) {
	dir := t.TempDir()
	picture := func(name, content string) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		return p
	}
	set := func(kind brain.Session, label, image string) session.Dataset {
		return session.Dataset{Session: kind, Stimuli: []session.Stimulus{{Label: label, Session: kind, Image: image}}}
	}
	a, copied, b := picture("a.png", "a cat"), picture("copy.png", "a cat"), picture("b.png", "a dog")
	one := &session.Subject{Name: "S1", Datasets: []session.Dataset{set(brain.NaturalTest, "1", b), set(brain.NaturalTraining, "1", a), set(brain.Shapes, "2", b)}}
	two := &session.Subject{Name: "S2", Datasets: []session.Dataset{set(brain.NaturalTraining, "1", copied)}}
	pictures, other, err := picturesOf([]*session.Subject{one, two}, "")
	if err != nil {
		t.Fatal(err)
	}
	if pictures["1"] != a || pictures["2"] != b || len(other) != 1 || !other[named{brain.NaturalTest, "1"}] {
		t.Errorf("%v, %v", pictures, other)
	}
	two.Datasets[0] = set(brain.NaturalTraining, "1", b)
	if _, _, err := picturesOf([]*session.Subject{one, two}, ""); err == nil || !strings.Contains(err.Error(), "one picture for S1") {
		t.Errorf("other pictures: %v", err)
	}
}
