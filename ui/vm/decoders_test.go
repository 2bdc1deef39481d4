package vm_test

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"reverie/app/dataset/decoders"
	"reverie/ui/uitest"
	"reverie/ui/vm"
)

type inspector struct {
	*vm.Decoders
	mail     *vm.Mailbox
	problems []string
}

func inspect(t *testing.T, e *uitest.Engine) *inspector {
	t.Helper()
	i := &inspector{mail: vm.NewMailbox()}
	i.Decoders = vm.NewDecoders(e, i.mail, func() {}, func(action string, err error) { i.problems = append(i.problems, action+": "+err.Error()) })
	return i
}

func (i *inspector) unit(t *testing.T, n int) {
	t.Helper()
	settle(t, i.mail, "the unit", func() bool { return i.Unit != nil && i.Unit.Unit == n && i.Number == n })
}

func TestDecoders_openStepChoose(t *testing.T) {
	d := inspect(t, &uitest.Engine{})
	d.Open("/somewhere")
	if !d.Listing() {
		t.Error("not looking")
	}
	d.unit(t, 0)
	if len(d.Folders) != 11 || d.At != 0 || d.View.Layer != "conv1_1" || len(d.Unit.Weights) == 0 {
		t.Fatalf("%d folders, at %d", len(d.Folders), d.At)
	}
	d.Step(-1)
	d.unit(t, 8191)
	d.Step(1)
	d.Step(1)
	d.Step(1) // the newest counts
	d.unit(t, 2)
	d.Show(9000)
	if d.Number != 2 {
		t.Error("a unit that the layer has not")
	}
	d.Show(5000)
	d.unit(t, 5000)
	d.Choose(9)
	if d.View != nil || !d.Reading() {
		t.Error("the old folder still shows")
	}
	d.unit(t, 0) // fc8 has no unit 5000
	if d.View.Layer != "fc8" || len(d.problems) != 0 {
		t.Errorf("%v %v", d.View.Layer, d.problems)
	}
	d.StepFolder(1)
	d.unit(t, 0)
	if !d.View.Lab || d.View.XYZ != nil {
		t.Error("not the lab's")
	}
	d.StepFolder(1)
	if d.At != 10 {
		t.Error("beyond the last")
	}
	d.Filter(" VC  FC")
	if len(d.Shown) != 3 || d.Folders[d.Shown[0]].Layer != "fc6" {
		t.Errorf("%v", d.Shown)
	}
	d.StepFolder(-1)
	if d.At != 9 {
		t.Errorf("at %d, want the one before that is shown", d.At)
	}
	d.Filter("nothing such")
	d.StepFolder(1)
	if len(d.Shown) != 0 || d.At != 9 {
		t.Error("the filter leaves something")
	}
	d.Filter("")
	settle(t, d.mail, "the folder", func() bool { return d.View != nil && d.Unit != nil })
	d.Random()
	settle(t, d.mail, "any unit", func() bool { return d.Unit.Unit == d.Number })
}

func TestDecoders_best(t *testing.T) {
	e := &uitest.Engine{}
	d := inspect(t, e)
	d.Open("/somewhere")
	d.unit(t, 0)
	d.Choose(8) // fc8 from V1, 1000 units
	settle(t, d.mail, "the folder", func() bool { return d.View != nil && d.Unit != nil })
	d.Best(1)
	if !d.Searching() {
		t.Fatal("not searching")
	}
	settle(t, d.mail, "the best", func() bool { return !d.Searching() && d.Unit.Unit == d.Number })
	best, at := float32(math.Inf(-1)), 0
	for i := range 1000 {
		u, err := e.DecoderUnit(t.Context(), d.View.Path, i)
		if err != nil {
			t.Fatal(err)
		}
		if u.Accuracy[1] > best {
			best, at = u.Accuracy[1], i
		}
	}
	if d.Number != at {
		t.Errorf("unit %d, want %d", d.Number, at)
	}
	d.Best(1)
	d.Halt()
	if d.Searching() {
		t.Error("goes on")
	}
	d.Best(9)
	if d.Searching() {
		t.Error("on a condition that is not there")
	}
}

func TestDecoders_problems(t *testing.T) {
	e := &uitest.Engine{}
	d := inspect(t, e)
	d.Open("/somewhere")
	d.unit(t, 0)
	d.Choose(2) // a third of its units are trained
	settle(t, d.mail, "the folder", func() bool { return d.Unit != nil })
	d.Show(2000)
	settle(t, d.mail, "the problem", func() bool { return len(d.problems) == 1 })
	if d.Unit != nil || !strings.Contains(d.problems[0], "not trained yet") {
		t.Error(d.problems)
	}
	d.Best(0) // of those that are there
	settle(t, d.mail, "the best", func() bool { return !d.Searching() && d.Unit != nil })
	e.Training.ListErr = errors.New("permission denied")
	d.Open("/elsewhere")
	settle(t, d.mail, "the problem", func() bool { return len(d.problems) == 2 })
	if d.Folder() != nil || d.View != nil || d.Listing() {
		t.Error("the old root still shows")
	}
}

func TestDecoderTexts(t *testing.T) {
	for _, c := range []struct {
		shape []int
		unit  int
		want  string
	}{
		{[]int{64, 224, 224}, 64*224*224 - 1, "channel 63, row 223, column 223"},
		{[]int{1, 8, 4, 5}, 2*20 + 3*5 + 4, "channel 2, row 3, column 4"},
		{[]int{1000}, 7, ""}, {[]int{1, 1000}, 7, ""}, {nil, 0, ""},
	} {
		if got := vm.PlaceText(c.shape, c.unit); got != c.want {
			t.Errorf("%v %d: %q, want %q", c.shape, c.unit, got, c.want)
		}
	}
	e := &uitest.Engine{}
	list, _ := e.Decoders(t.Context(), "/x")
	v, err := e.Decoder(t.Context(), list[0].Path)
	if err != nil {
		t.Fatal(err)
	}
	u, _ := e.DecoderUnit(t.Context(), list[0].Path, 3)
	u.Iterations, u.Accuracy[1] = 1200, float32(math.NaN())
	facts := vm.UnitFacts(v, u)
	for _, want := range []vm.Fact{{"Iterations", "1,200"}, {"r, Seen shapes", "none, constant"}} {
		if !slices.Contains(facts, want) {
			t.Errorf("%v not in %v", want, facts)
		}
	}
	if got := vm.FolderText(list[10]); got != "S1 · fold run-3 · 1,000 units" {
		t.Error(got)
	}
	if got := vm.FolderText(list[2]); got != "sub-demo · 682 of 2,048 units" {
		t.Error(got)
	}
}

func TestOnlyDecoders(t *testing.T) {
	root := t.TempDir()
	deep := filepath.Join(root, "fc8", "S1", "VC")
	if err := os.MkdirAll(deep, 0o700); err != nil {
		t.Fatal(err)
	}
	if vm.OnlyDecoders(root) {
		t.Error("empty folders are no decoders")
	}
	write := func(path string) {
		if err := os.WriteFile(path, []byte("{}"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(deep, "decoder.json"))
	write(filepath.Join(deep, "norms.safetensors"))
	if !decoders.Is(deep) || !vm.OnlyDecoders(root) || !vm.OnlyDecoders(deep) {
		t.Error("not recognised")
	}
	write(filepath.Join(root, "sub-01.h5"))
	if vm.OnlyDecoders(root) || vm.OnlyDecoders(filepath.Join(root, "sub-01.h5")) {
		t.Error("a subject beside them is a subject")
	}
}

// The lab's model folders, as bdpy has them for its tests, and the folder of all of them.
func TestOnlyDecoders_lab(t *testing.T) {
	root := "../../../shared/data/bdpy/tests/data/test_models"
	list, err := os.ReadDir(root)
	if err != nil {
		t.Skipf("no specimens: %v", err)
	}
	for _, e := range list {
		if !vm.OnlyDecoders(filepath.Join(root, e.Name())) {
			t.Errorf("%s is not recognised", e.Name())
		}
	}
	if !vm.OnlyDecoders(root) {
		t.Error("the folder of all is not recognised")
	}
}
