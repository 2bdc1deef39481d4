package rating

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"reverie/app/export"
	"reverie/app/results"
	"reverie/app/session"
	"reverie/compute/eval"
)

// items makes n stimuli reconstructed with some sets of layers.
func items(t testing.TB, n int, sets ...string) (out []results.Reconstruction) {
	t.Helper()
	dir := t.TempDir()
	picture := func(name string, v uint8) string {
		m := image.NewNRGBA(image.Rect(0, 0, 2, 2))
		for i := range 4 {
			m.SetNRGBA(i%2, i/2, color.NRGBA{v, uint8(i), 0, 255})
		}
		path := filepath.Join(dir, name+".png")
		if err := export.PNG(path, m); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for i := range n {
		label := fmt.Sprintf("s%02d", i)
		original := picture(label, uint8(i))
		for k, l := range sets {
			out = append(out, results.Reconstruction{Subject: "S1", Condition: eval.SeenNatural, Label: label, ROI: "VC", Layers: l, Source: session.Decoded,
				File: picture(label+l, uint8(100+10*k+i)), Original: original})
		}
	}
	return out
}

func choice(t testing.TB, all []results.Reconstruction, k Kind) Choice {
	t.Helper()
	for _, c := range Choices(all) {
		if c.Kind == k {
			return c
		}
	}
	t.Fatalf("nothing to %s", k)
	return Choice{}
}

// TestPaperCounts: 50 images give 2,450 pairs, 8 sets of layers 28 pairs of each image, 40 shapes 160 and 280.
func TestPaperCounts(t *testing.T) {
	var natural, layers, shapes []results.Reconstruction
	for i := range 50 {
		r := results.Reconstruction{Subject: "S", Condition: eval.SeenNatural, Label: fmt.Sprint(i), Original: "o", Layers: "DNN1-8"}
		natural = append(natural, r)
		for k := range 8 {
			r.Layers = fmt.Sprint("DNN1-", k+1)
			layers = append(layers, r)
		}
	}
	for _, s := range results.Shapes {
		for _, c := range results.Colours {
			shapes = append(shapes, results.Reconstruction{Subject: "S", Condition: eval.SeenShapes, Label: c + s, Shape: s, Colour: c, Original: "o", Layers: "DNN1-8"})
		}
	}
	if c := Choices(natural); len(c) != 1 || c[0].Pairs != 2450 {
		t.Errorf("natural images: %v", c)
	}
	if c := choice(t, layers, Prefer); c.Pairs != 28*50 {
		t.Errorf("sets of layers: %d pairs", c.Pairs)
	}
	want := map[eval.Task]int{eval.Whole: 40 * 39, eval.ByShape: 160, eval.ByColour: 280, eval.ByColour6: 150}
	for _, c := range Choices(shapes) {
		if c.Pairs != want[c.Task] {
			t.Errorf("shapes, %s: %d pairs, want %d", c.Task, c.Pairs, want[c.Task])
		}
	}
}

// TestPlanIsBalanced: every pair once, sides balanced in each reconstruction and over all, the same for the same seed.
func TestPlanIsBalanced(t *testing.T) {
	all := items(t, 12, "DNN1", "DNN1-4", "DNN1-8")
	for _, k := range []Kind{Identify, Prefer} {
		c := choice(t, all, k)
		p, err := NewPlan(c, 3)
		if err != nil {
			t.Fatal(err)
		}
		again, _ := NewPlan(c, 3)
		other, _ := NewPlan(c, 4)
		if p.Hash != again.Hash || p.Hash == other.Hash {
			t.Errorf("%s: hashes %.8s, again %.8s, another seed %.8s", k, p.Hash, again.Hash, other.Hash)
		}
		seen := map[string]int{}
		by := map[string]int{}
		sum := 0
		for _, x := range p.Trials {
			if x.Practice {
				continue
			}
			seen[x.a+x.b+x.c]++
			d := 1
			if x.First == Right {
				d = -1
			}
			by[x.item.Label] += d
			sum += d
		}
		if len(seen) != c.Pairs || len(p.Trials) != c.Pairs+PracticeTrials {
			t.Errorf("%s: %d different trials of %d, want %d", k, len(seen), len(p.Trials), c.Pairs)
		}
		for l, d := range by {
			if d < -1 || d > 1 {
				t.Errorf("%s: %s stands %d more often on one side", k, l, d)
			}
		}
		if sum < -1 || sum > 1 {
			t.Errorf("%s: sides differ by %d", k, sum)
		}
	}
}

func start(t testing.TB, dir string, p *Plan, rater string) *Run {
	t.Helper()
	r, err := Start(dir, p, rater, time.Unix(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

func TestGoesOn(t *testing.T) {
	dir := t.TempDir()
	p, err := NewPlan(choice(t, items(t, 5, "DNN1-8"), Identify), 1)
	if err != nil {
		t.Fatal(err)
	}
	r := start(t, dir, p, "a b")
	if _, err := Start(dir, p, "a b", time.Now()); err == nil {
		t.Error("two windows took one file")
	}
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for range 9 {
		x, _ := r.Current()
		if err := r.Answer(x.First, 400*time.Millisecond, now); err != nil {
			t.Fatal(err)
		}
	}
	if r.Done() != 4 || r.Total() != 20 || r.Practising() {
		t.Errorf("%d of %d", r.Done(), r.Total())
	}
	if err := r.Undo(now); err != nil || r.Done() != 3 || r.CanUndo() || r.Undo(now) == nil {
		t.Errorf("after taking back %d done: %v", r.Done(), err)
	}
	x, _ := r.Current()
	if err := r.Answer(x.First.other(), time.Second, now); err != nil {
		t.Fatal(err)
	}
	r.Close()
	// A crash in the middle of a line.
	whole, _ := os.ReadFile(r.Path)
	if err := os.WriteFile(r.Path, append(slices.Clone(whole), "10\tfalse\tfal"...), 0o644); err != nil {
		t.Fatal(err)
	}
	r = start(t, dir, p, "a b")
	if r.Done() != 4 || r.Restored == "" {
		t.Errorf("after a crash %d done, %q", r.Done(), r.Restored)
	}
	if got, _ := os.ReadFile(r.Path); !bytes.Equal(got, whole) {
		t.Error("whole answers changed")
	}
	if torn, err := os.ReadFile(r.Path + ".torn"); err != nil || string(torn) != "10\tfalse\tfal" {
		t.Errorf("torn %q: %v", torn, err)
	}
	for {
		x, ok := r.Current()
		if !ok {
			break
		}
		if err := r.Answer(x.First, time.Second, now); err != nil {
			t.Fatal(err)
		}
	}
	if r.Answer(Left, 0, now) == nil {
		t.Error("an answer beyond the end was taken")
	}
	r.Close()
	f, err := Read(r.Path)
	if err != nil {
		t.Fatal(err)
	}
	standing := f.Standing()
	wrong := 0
	for _, a := range standing {
		if !a.Right() {
			wrong++
		}
	}
	if len(standing) != 20 || wrong != 1 || f.Rater != "a b" {
		t.Errorf("%d answers stand, %d wrong, by %q", len(standing), wrong, f.Rater)
	}
	// Another plan does not go on with them.
	other, err := NewPlan(choice(t, items(t, 5, "DNN1-8"), Identify), 1)
	if err != nil {
		t.Fatal(err)
	}
	other.Hash = "x" + other.Hash
	if _, err := Start(dir, other, "a b", now); err == nil {
		t.Error("answers to other pictures were gone on with")
	}
	for _, name := range []string{"", " ", "a\tb", strings.Repeat("x", 65)} {
		if _, err := Start(dir, p, name, now); err == nil {
			t.Errorf("rater %q was taken", name)
		}
	}
}

// TestSummary: two raters, one always right, one never.
func TestSummary(t *testing.T) {
	dir := t.TempDir()
	all := items(t, 4, "DNN1", "DNN1-8")
	var files []*File
	for _, k := range []Kind{Identify, Prefer} {
		p, err := NewPlan(choice(t, all, k), 2)
		if err != nil {
			t.Fatal(err)
		}
		for i, name := range []string{"x", "y"} {
			r := start(t, dir, p, name)
			for {
				q, ok := r.Current()
				if !ok {
					break
				}
				side := q.First
				if i == 1 {
					side = side.other()
				}
				if err := r.Answer(side, 100*time.Millisecond, time.Now()); err != nil {
					t.Fatal(err)
				}
			}
			r.Close()
			f, err := Read(r.Path)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, f)
		}
	}
	s, err := Summarise(files)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Raters) != 4 || s.Raters[0].Chosen != 1 || s.Raters[1].Chosen != 0 || s.Raters[0].Fast != s.Raters[0].Answers {
		t.Errorf("raters %+v", s.Raters)
	}
	for _, x := range s.Scores {
		if x.Value != 0.5 || x.Raters != 2 {
			t.Errorf("%+v, want a half by two raters", x)
		}
	}
	if len(s.Sets) != 2 || s.Wins[0][1] != 0.5 || !math.IsNaN(s.Wins[0][0]) {
		t.Errorf("sets %q, wins %v", s.Sets, s.Wins)
	}
	if s.Agreement == nil || *s.Agreement != 0 || len(s.Notes) == 0 {
		t.Errorf("agreement %v, notes %q", s.Agreement, s.Notes)
	}
	if _, err := json.Marshal(s); err != nil {
		t.Error(err)
	}
	if _, err := Summarise(append(files, files[0])); err == nil {
		t.Error("one rater's answers counted twice")
	}
}

func TestKappaIsStatsmodels(t *testing.T) {
	raw, err := os.ReadFile("../../testdata/rating/kappa.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Votes            [][]int
		Kappa, Agreement float64
	}
	if err := json.Unmarshal(raw, &cases); err != nil || len(cases) < 15 {
		t.Fatalf("%d cases: %v", len(cases), err)
	}
	for _, c := range cases {
		var files []*File
		for r := range c.Votes[0] {
			f := &File{Rater: fmt.Sprint(r), Kind: Identify, Hash: "h"}
			for n, row := range c.Votes {
				a := Answer{Trial: n + 1, Label: fmt.Sprint(n), First: Left, Choice: Right}
				if row[r] == 1 {
					a.Choice = Left
				}
				f.Answers = append(f.Answers, a)
			}
			files = append(files, f)
		}
		s, err := Summarise(files)
		if err != nil || s.Kappa == nil || math.Abs(*s.Kappa-c.Kappa) > 1e-12 || math.Abs(*s.Agreement-c.Agreement) > 1e-12 {
			t.Errorf("kappa %v, agreement %v, want %g and %g: %v", s.Kappa, s.Agreement, c.Kappa, c.Agreement, err)
		}
	}
}

// rateForTest names the folder in which a child process answers until it is killed.
const rateForTest = "REVERIE_TEST_RATE"

func TestMain(m *testing.M) {
	if dir := os.Getenv(rateForTest); dir != "" {
		child(dir)
	}
	os.Exit(m.Run())
}

// child answers all trials, and says each on standard output after it is on the disk.
func child(dir string) {
	raw, err := os.ReadFile(filepath.Join(dir, "items.json"))
	var all []results.Reconstruction
	if err == nil {
		err = json.Unmarshal(raw, &all)
	}
	if err == nil {
		var p *Plan
		if p, err = NewPlan(Choices(all)[0], 5); err == nil {
			var r *Run
			if r, err = Start(dir, p, "kill", time.Now()); err == nil {
				for {
					x, ok := r.Current()
					if !ok {
						os.Exit(0)
					}
					if err = r.Answer(x.First, time.Millisecond, time.Now()); err != nil {
						break
					}
					fmt.Println(x.Number)
				}
			}
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// TestKilledLosesNothing kills a rater's process at 20 random answers: every answer that it told of is in the file,
// and the rating goes on after it.
func TestKilledLosesNothing(t *testing.T) {
	dir := t.TempDir()
	raw, err := json.Marshal(items(t, 24, "DNN1-8"))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "items.json"), raw, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(8, 9))
	last, killed := 0, 0
	for round := 0; killed < 20 && round < 60; round++ {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), rateForTest+"="+dir)
		out, err := cmd.StdoutPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		told := last
		for range 1 + r.IntN(20) {
			if _, err := fmt.Fscanln(out, &told); err != nil {
				break
			}
		}
		cmd.Process.Kill()
		for { // what it had said before it died
			if _, err := fmt.Fscanln(out, &told); err != nil {
				break
			}
		}
		if cmd.Wait() == nil {
			break // it was at the end
		}
		killed++
		files, _ := filepath.Glob(filepath.Join(dir, "kill_*.tsv"))
		if len(files) != 1 {
			t.Fatalf("files %q", files)
		}
		f, err := Read(files[0])
		if err != nil {
			t.Fatal(err)
		}
		if n := len(f.Answers); n < told || n > told+1 {
			t.Fatalf("killed after answer %d, the file has %d", told, n)
		}
		last = len(f.Answers)
	}
	if killed < 20 {
		t.Errorf("killed %d times only", killed)
	}
}

// FuzzParse: no file of answers breaks the reader, and what it accepts it reads again.
func FuzzParse(f *testing.F) {
	good := "# rater: a\n# kind: identify\n# plan: 12\n# seed: 1\n# trials: 9\n" + strings.Join(header, "\t") + "\n"
	row := Answer{Trial: 1, Subject: "S", Layers: "DNN1", Label: "x", First: Left, Choice: Right, Time: time.Unix(0, 0)}
	f.Add([]byte(good))
	f.Add([]byte(good + row.row()))
	row.Undo = true
	f.Add([]byte(good + row.row() + "2\tfal"))
	f.Add([]byte("#\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		a, err := parse(bytes.NewReader(raw))
		if err != nil {
			return
		}
		b, err := parse(bytes.NewReader(raw[:a.Whole]))
		if err != nil || len(b.Answers) != len(a.Answers) || b.Torn != 0 {
			t.Fatalf("without its torn end: %v", err)
		}
		a.Standing()
		if _, err := Summarise([]*File{a}); err != nil {
			t.Fatal(err)
		}
	})
}
