package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reverie/app/evaluation"
	"reverie/app/pipeline"
	"reverie/compute/eval"
	"reverie/compute/format/guard"
)

// cache is shared by the tests of this package: making the simulated subject takes seconds.
var cache string

// asProgram in the environment makes the test binary behave as the program, for the tasks of a Slurm job.
const asProgram = "REVERIE_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	guard.Main() // tests open files in children of this binary
	if os.Getenv(asProgram) != "" {
		os.Exit(Run(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
	}
	dir, err := os.MkdirTemp("", "reverie-cli-")
	if err != nil {
		panic(err)
	}
	cache = dir
	os.Setenv("REVERIE_CACHE", dir)
	os.Setenv("REVERIE_CONFIG", dir)
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// run executes a command line and gives its exit status and output.
func run(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = Run(context.Background(), args, &out, &errs)
	return code, out.String(), errs.String()
}

// must runs a command line that has to succeed and reads its JSON.
func must(t *testing.T, doc any, args ...string) {
	t.Helper()
	code, out, errs := run(t, append(args, "--json")...)
	if code != OK {
		t.Fatalf("reverie %s: exit %d\n%s", strings.Join(args, " "), code, errs)
	}
	if err := json.Unmarshal([]byte(out), doc); err != nil {
		t.Fatalf("reverie %s: standard output is not one JSON document: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// shared gives a file of other people's data, or skips the test.
func shared(t *testing.T, parts ...string) string {
	t.Helper()
	path := filepath.Join(append([]string{"..", "..", "..", "shared", "data"}, parts...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no %s here: the folder of other people's data is not part of the repository", filepath.Join(parts...))
	}
	return path
}

// picture writes a colourful picture.
func picture(t *testing.T, path string) {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, 160, 120))
	for y := range 120 {
		for x := range 160 {
			c := color.NRGBA{uint8(x), uint8(2 * y), uint8(128 + x/2 - y/2), 255}
			if (x-80)*(x-80)+(y-60)*(y-60) < 1200 {
				c = color.NRGBA{230, 60, 40, 255}
			}
			img.SetNRGBA(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// A picture comes back from its own features: the bound 0.8 is the for the demo network.
func comesBack(t *testing.T, path string) {
	t.Helper()
	var rec pipeline.Record
	must(t, &rec, "reconstruct", path, "--iterations", "100", "--out", filepath.Join(t.TempDir(), "out"))
	if len(rec.Images) != 1 || rec.Images[0].Correlation == nil {
		t.Fatalf("record has no correlation: %+v", rec.Images)
	}
	if r := *rec.Images[0].Correlation; r < 0.8 {
		t.Errorf("pixel correlation %.3f after 100 iterations, want at least 0.8", r)
	} else {
		t.Logf("pixel correlation %.3f", r)
	}
}

func TestReconstruct_picture_comesBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "disc.png")
	picture(t, path)
	comesBack(t, path)
}

func TestReconstruct_photograph_comesBack(t *testing.T) {
	comesBack(t, shared(t, "caffe", "examples", "images", "cat.jpg"))
}

// figuresFromBrain goes the whole way from an fMRI file to scores, and wants
// identification above its chance level by the interval.
func figuresFromBrain(t *testing.T, file string) {
	t.Helper()
	dir := t.TempDir()
	features, out := filepath.Join(dir, "decoded"), filepath.Join(dir, "recon")
	var dec decodeRecord
	must(t, &dec, "decode", file, "--layers", "conv1_1,conv1_2,conv2_1,conv3_1", "--out", features)
	if len(dec.Labels) == 0 || len(dec.Layers) != 4 {
		t.Fatalf("decoded %d samples in %d layers", len(dec.Labels), len(dec.Layers))
	}
	said := strings.Join(dec.Notes, " ")
	if !strings.Contains(said, "this classifies, it does not reconstruct novel images") {
		t.Errorf("the result does not say what it is: %s", said)
	}
	var rec pipeline.Record
	must(t, &rec, "reconstruct", "--features", features, "--images", filepath.Join(cache, "figures"), "--iterations", "40", "--out", out)
	var scores evaluateRecord
	must(t, &scores, "evaluate", out, "--unit", "trial")
	best, pairwise := cellOf(t, scores.Cells, evaluation.Best), cellOf(t, scores.Cells, evaluation.Identification)
	if best.Chance != 0.2 {
		t.Fatalf("chance %g, want that of five figures", best.Chance)
	}
	t.Logf("best of five %v, pairwise %v", best.Text(), pairwise.Text())
	if best.Interval.Lower <= best.Chance || pairwise.Interval.Lower <= 0.5 {
		t.Errorf("not above chance: best of five %v, pairwise %v", best.Text(), pairwise.Text())
	}
	for _, order := range []string{"fixed", "random"} {
		t.Logf("%s order: best of five %v", order, cellOf(t, scores.ByOrder[order], evaluation.Best).Text())
	}
	// The report is done again to the same numbers.
	must(t, &evaluation.Report{}, "evaluate", "--from", filepath.Join(out, "report.json"))
}

// cellOf is the pooled summary of a measure among all candidates.
func cellOf(t *testing.T, cells []evaluation.Cell, m evaluation.Measure) evaluation.Cell {
	t.Helper()
	for _, c := range cells {
		if c.Measure == m && c.Subject == "" && (c.Task == eval.Whole || c.Task == "") {
			return c
		}
	}
	t.Fatalf("no summary of %s among %d", m, len(cells))
	return evaluation.Cell{}
}

func TestFigures_twin(t *testing.T) {
	figuresFromBrain(t, filepath.Join("..", "..", "testdata", "bdtb", "twin.mat"))
}

func TestFigures_realBrain(t *testing.T) {
	figuresFromBrain(t, shared(t, "NeuralCodeConverter", "S2_figureImage.mat"))
}

func TestDemo_short(t *testing.T) {
	out := filepath.Join(t.TempDir(), "demo")
	var rep demoReport
	must(t, &rep, "demo", "--images", "3", "--iterations", "25", "--out", out)
	if !rep.Simulated || len(rep.Scores) != len(demoParts) {
		t.Fatalf("report %+v", rep)
	}
	if _, err := os.Stat(rep.Gallery); err != nil {
		t.Error(err)
	}
	if c := cellOf(t, rep.Scores["scenes from true features"], evaluation.Best); c.Mean != 1 {
		t.Errorf("scenes from true features: best of all %v, want all right", c.Text())
	}
	var dec decodeRecord
	must(t, &dec, "decode", filepath.Join(cache, "simulated-subject"), "--session", "AlphabeticalLetters", "--roi", "V1 + V2", "--layers", "conv1_1,fc8", "--out", filepath.Join(out, "letters"))
	if len(dec.Labels) != 10 || !dec.Simulated || !dec.Corrected {
		t.Errorf("decode of the letters: %+v", dec)
	}
}
