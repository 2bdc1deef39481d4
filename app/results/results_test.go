package results

import (
	"image"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"reverie/app/export"
	"reverie/app/pipeline"
	"reverie/app/session"
	"reverie/compute/brain"
	"reverie/compute/eval"
)

// folder writes a folder of results with the images named.
func folder(t *testing.T, dir string, rec pipeline.Record, images ...pipeline.ImageRecord) {
	t.Helper()
	for i := range images {
		if images[i].Error != "" {
			continue
		}
		images[i].File, images[i].Original = "recon_image-"+images[i].Label+".png", "original_image-"+images[i].Label+".png"
		for _, f := range []string{images[i].File, images[i].Original} {
			if err := export.PNG(filepath.Join(dir, f), image.NewNRGBA(image.Rect(0, 0, 4, 4))); err != nil {
				t.Fatal(err)
			}
		}
	}
	rec.Images = images
	if err := export.JSON(filepath.Join(dir, pipeline.RecordFile), rec); err != nil {
		t.Fatal(err)
	}
}

func TestOpenOurs(t *testing.T) {
	root := t.TempDir()
	folder(t, filepath.Join(root, "s1", "V1", "layers-1to4", "pixels", "Imagery"), pipeline.Record{
		Subject: "s1", Session: brain.Imagery, Features: session.Decoded, ROI: "V1", Voxels: 300, LayerSet: "DNN1-4",
	}, pipeline.ImageRecord{Label: "red_square"}, pipeline.ImageRecord{Label: "n01443537_22563"},
		pipeline.ImageRecord{Label: "run1-block02-blue_cross", Stimulus: "blue_cross"}, pipeline.ImageRecord{Label: "bad", Error: "it broke"})
	folder(t, filepath.Join(root, "s1", "true"), pipeline.Record{Source: "true features of the pictures", Layers: []string{"fc6", "fc7"}, Prior: "a generator"},
		pipeline.ImageRecord{Label: "A"})
	c, err := Open(t.Context(), []string{root}, Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Items) != 4 || !slices.ContainsFunc(c.Notes, func(n string) bool { return strings.Contains(n, "1 images came to no picture") }) {
		t.Fatalf("%d items, notes %q", len(c.Items), c.Notes)
	}
	first := c.Items[0]
	if first.Condition != eval.ImaginedShapes || first.Shape != "square" || first.Colour != "red" || first.Voxels != 300 || first.Layers != "DNN1-4" {
		t.Errorf("red_square is %+v", first)
	}
	if i := c.Items[1]; i.Condition != eval.ImaginedNatural || i.Category != "n01443537" {
		t.Errorf("the natural image is %+v", i)
	}
	if i := c.Items[2]; i.Label != "blue_cross" || i.Trial != "run1-block02-blue_cross" {
		t.Errorf("the trial is %+v", i)
	}
	if i := c.Items[3]; i.Condition != eval.SeenLetters || i.Layers != "DNN6-7" || !i.Prior || i.Source != session.True || i.Subject != "unnamed" {
		t.Errorf("the letter is %+v", i)
	}
	if _, original, err := c.Items[0].Pair(); err != nil || original == nil {
		t.Errorf("its pictures: %v", err)
	}
	if got := Values(c.Items, Prior); !reflect.DeepEqual(got, []string{"generator", "pixels"}) {
		t.Errorf("ways %q", got)
	}
	if got := c.Select(Filter{ROI: {"V1"}, Colour: {"blue", "red"}}); len(got) != 2 {
		t.Errorf("%d of V1 in red or blue", len(got))
	}
}

func TestOpenLab(t *testing.T) {
	root := "../../testdata/labresults"
	c, err := Open(t.Context(), []string{filepath.Join(root, "paper")}, Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Items) < 3 {
		t.Fatalf("%d items", len(c.Items))
	}
	var sets []string
	for _, r := range c.Items {
		if r.Subject != "S1" && r.Subject != "S2" || r.ROI != "VC" && r.ROI != "V1" {
			t.Errorf("%+v", r)
		}
		if img, err := r.Picture(); err != nil || img.Bounds().Empty() {
			t.Errorf("%s: %v", r.File, err)
		}
		if _, _, err := r.Pair(); err == nil {
			t.Errorf("%s has an original out of nothing", r.File)
		}
		sets = append(sets, r.Layers)
	}
	if !slices.Contains(sets, "DNN1-3") || !slices.Contains(sets, "DNN1-8") {
		t.Errorf("layer sets %q", sets)
	}
	if c, err = Open(t.Context(), []string{filepath.Join(root, "cookbook")}, Options{}, nil); err != nil || len(c.Items) != 1 {
		t.Fatalf("cookbook: %v", err)
	}
}

// TestOriginalOfAnotherSize: lab folders have no originals; those of the stimulus folder are resized.
func TestOriginalOfAnotherSize(t *testing.T) {
	dir := t.TempDir()
	for name, side := range map[string]int{"made/recon_image-x.tiff": 4, "seen/x.png": 9} {
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := export.PNG(filepath.Join(dir, name), image.NewNRGBA(image.Rect(0, 0, side, side))); err != nil {
			t.Fatal(err)
		}
	}
	c, err := Open(t.Context(), []string{filepath.Join(dir, "made")}, Options{Stimuli: []string{filepath.Join(dir, "seen")}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	made, original, err := c.Items[0].Pair()
	if err != nil || made.Bounds() != original.Bounds() {
		t.Errorf("%v %v: %v", made.Bounds(), original.Bounds(), err)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad")
	if err := os.MkdirAll(bad, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(bad, pipeline.RecordFile), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, p := range [][]string{nil, {filepath.Join(dir, "none")}, {t.TempDir()}, {bad}} {
		if _, err := Open(t.Context(), p, Options{}, nil); err == nil {
			t.Errorf("%q was opened", p)
		}
	}
}

func TestTable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "stimuli.tsv")
	if err := os.WriteFile(path, []byte("label\tshape\tcolor\tcategory\tcondition\nImg0001\tplus\tblue\t\t\nImg0002\t\t\tdog\tseen natural\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	table, err := ReadTable(path)
	if err != nil {
		t.Fatal(err)
	}
	r := Reconstruction{Label: "Img0001", Session: brain.Imagery}
	if table.describe(&r); r.Condition != eval.ImaginedShapes || r.Shape != "plus" || r.Colour != "blue" {
		t.Errorf("%+v", r)
	}
	r = Reconstruction{Label: "Img0002"}
	if table.describe(&r); r.Condition != eval.SeenNatural || r.Category != "dog" {
		t.Errorf("%+v", r)
	}
	for name, text := range map[string]string{"a.csv": "", "b.csv": "name,shape\n", "c.csv": "label,condition\nx,dreamt\n", "d.csv": "label,shape\nx\n"} {
		p := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadTable(p); err == nil || !strings.Contains(err.Error(), p) {
			t.Errorf("%q was read: %v", text, err)
		}
	}
}

func TestGuess(t *testing.T) {
	for label, want := range map[string]Stimulus{
		"red_square":               {Condition: eval.SeenShapes, Shape: "square", Colour: "red"},
		"colorExp-large-ring-Cyan": {Condition: eval.SeenShapes, Shape: "largeframe", Colour: "cyan"},
		"n01443537_22563":          {Condition: eval.SeenNatural, Category: "n01443537"},
		"T":                        {Condition: eval.SeenLetters},
		"Img0001":                  {},
		"red":                      {},
	} {
		if got := guess("", "", label); got != want {
			t.Errorf("%s is %+v, want %+v", label, got, want)
		}
	}
}

func TestValuesAreInOrder(t *testing.T) {
	var items []Reconstruction
	for _, r := range []string{"VC", "LOC", "other", "V1"} {
		items = append(items, Reconstruction{ROI: r, Layers: "DNN1-" + string(rune('0'+len(r)))})
	}
	items[0].Layers = "DNN1-10"
	if got := Values(items, ROI); !reflect.DeepEqual(got, []string{"V1", "LOC", "VC", "other"}) {
		t.Errorf("areas %q", got)
	}
	if got := Values(items, Layers); !reflect.DeepEqual(got, []string{"DNN1-2", "DNN1-3", "DNN1-5", "DNN1-10"}) {
		t.Errorf("layer sets %q", got)
	}
}

func TestSetName(t *testing.T) {
	for want, layers := range map[string][]string{
		"DNN1":    {"conv1_1", "conv1_2"},
		"DNN6-8":  {"fc6", "fc7", "fc8"},
		"fc6+fc8": {"fc6", "fc8"},
		"conv1_1": {"conv1_1"},
	} {
		if got := SetName(layers); got != want {
			t.Errorf("%q is %s, want %s", layers, got, want)
		}
	}
}
