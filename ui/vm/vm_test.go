package vm

import (
	"errors"
	"fmt"
	"image"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"context"

	"reverie/app/session"
	"reverie/compute/brain"
)

var vgg = []string{"conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1", "conv3_2", "conv3_3", "conv3_4", "conv4_1", "conv4_2", "conv4_3", "conv4_4", "conv5_1", "conv5_2", "conv5_3", "conv5_4", "fc6", "fc7", "fc8"}

func TestGroups_vgg19HasEight(t *testing.T) {
	g := Groups(vgg)
	var sizes []int
	for i, v := range g {
		if want := fmt.Sprintf("DNN%d", i+1); v.Name != want {
			t.Errorf("group %d is %s, want %s", i, v.Name, want)
		}
		sizes = append(sizes, len(v.Layers))
	}
	if !slices.Equal(sizes, []int{2, 2, 4, 4, 4, 1, 1, 1}) {
		t.Errorf("sizes %v", sizes)
	}
	for _, odd := range []string{"pool5", "conv", "conv12_1", "conv9_1", "fc10", "fc0", "", "prob"} {
		if got := GroupOf(odd); got != odd {
			t.Errorf("GroupOf(%q) = %q, want a group of its own", odd, got)
		}
	}
}

func TestLayers_groupsAndSingleLayers(t *testing.T) {
	l := NewLayers(vgg)
	if got := l.Chosen(); !slices.Equal(got, vgg) || l.Total() != 19 {
		t.Fatalf("at first %v of %d", got, l.Total())
	}
	l.Set("conv3_2", false)
	if n, s := l.Of(l.Groups[2]); n != 3 || s != SomeLayers {
		t.Errorf("DNN3: %d %v", n, s)
	}
	l.SetAll(false)
	l.SetGroup("DNN8", true)
	l.SetGroup("DNN1", true)
	if got := l.Chosen(); !slices.Equal(got, []string{"conv1_1", "conv1_2", "fc8"}) {
		t.Errorf("chosen %v", got)
	}
	if _, s := l.Of(l.Groups[1]); s != NoLayer {
		t.Error("DNN2 is not empty")
	}
}

func TestSelection_keepsOrderAndLimit(t *testing.T) {
	s := Selection{Max: 2}
	a, b, c := session.Stimulus{Label: "a"}, session.Stimulus{Label: "b"}, session.Stimulus{Label: "a", Session: "other"}
	if !s.Toggle(b) || !s.Toggle(a) || s.Toggle(c) {
		t.Error("limit of two not kept")
	}
	if got := s.Picked(); got[0] != b || got[1] != a || s.Has(c) {
		t.Errorf("picked %v", got)
	}
	s.Toggle(b)
	if !s.Toggle(c) || s.Has(b) || s.Len() != 2 {
		t.Error("the same label of another session is another stimulus")
	}
	s.Clear()
	if s.Len() != 0 {
		t.Error("not cleared")
	}
}

func picture(v float32) *session.Raw {
	r := &session.Raw{W: 10, H: 10, RGB: make([]float32, 300)}
	r.RGB[0] = v
	return r
}

func TestFrames_withinBudgetAndNewestKept(t *testing.T) {
	size := int64(2 * len(picture(0).RGB))
	budget := 40 * size
	f := NewFrames(2, budget)
	for it := range 201 {
		for i := range 2 {
			f.Add(i, it, picture(float32(it)), nil)
		}
		if f.Memory() > budget {
			t.Fatalf("%d bytes at iteration %d, budget %d", f.Memory(), it, budget)
		}
	}
	// By hand: of two images at most 20 iterations each; two for each doubling leave 0, 1, 2, 3, 4, 6, 8, 12, 16, 23, 32, 46, 64, 91, 128, 182.
	want := []int{0, 1, 2, 3, 4, 6, 8, 12, 16, 23, 32, 46, 64, 91, 128, 182, 200}
	if got := f.Iterations(); !slices.Equal(got, want) || !f.Thinned() {
		t.Errorf("kept %v, want %v", got, want)
	}
	for _, c := range []struct{ ask, of int }{{200, 200}, {1000, 200}, {199, 182}, {33, 32}, {32, 32}, {1, 1}} {
		fr := f.At(1, c.ask)
		if fr.Iteration != c.of || fr.Picture().RGB[0] != float32(c.of) {
			t.Errorf("At(%d) is of %d, want %d", c.ask, fr.Iteration, c.of)
		}
	}
	if first, last := f.Range(); first != 0 || last != 200 {
		t.Errorf("range %d…%d", first, last)
	}
}

// Values beyond 0 … 255 and latent vectors survive.
func TestFrames_values(t *testing.T) {
	f := NewFrames(1, 1<<20)
	p := picture(0)
	p.RGB[0], p.RGB[1], p.RGB[2] = -79.8, 504.3, 100.015
	f.Add(0, 3, p, []float32{1, 2})
	got := f.At(0, 3)
	for i, v := range p.RGB[:3] {
		if d := got.Picture().RGB[i] - v; d > 0.017 || d < -0.017 {
			t.Errorf("value %g came back as %g", v, got.Picture().RGB[i])
		}
	}
	if !slices.Equal(got.Latent, []float32{1, 2}) {
		t.Error("the latent vector is lost")
	}
}

func TestFrames_repeatedLateAndForeign(t *testing.T) {
	f := NewFrames(1, 1<<20)
	f.Add(0, 1, picture(1), nil)
	f.Add(0, 1, picture(2), nil) // replaces
	f.Add(0, 2, picture(3), nil)
	f.Add(0, 1, picture(9), nil) // out of order
	f.Add(7, 1, picture(9), nil) // no such image
	f.Add(0, 3, nil, nil)
	if p := f.At(0, 1).Picture(); p.RGB[0] != 2 || f.Memory() != int64(4*len(p.RGB)) {
		t.Errorf("value %g, %d bytes", p.RGB[0], f.Memory())
	}
	if fr := f.At(0, 9); fr.Picture().RGB[0] != 3 || fr.Iteration != 2 {
		t.Errorf("newest is of %d", fr.Iteration)
	}
	if f.At(3, 1).Picture() != nil {
		t.Error("a picture of an image that is not there")
	}
}

func TestFrames_budgetSmallerThanOneFrame(t *testing.T) {
	f := NewFrames(1, 10)
	for it := 1; it < 50; it++ {
		f.Add(0, it, picture(float32(it)), nil)
	}
	if fr := f.At(0, 49); fr.Picture() == nil || fr.Iteration != 49 {
		t.Errorf("the newest frame is always at hand; got %d", fr.Iteration)
	}
}

func TestLosses_sumsOfGroups(t *testing.T) {
	l := NewLosses([]string{"conv1_1", "conv1_2", "fc6"}, 2)
	l.Add(1, 1, []float64{1, 2, 4})
	l.Add(1, 2, []float64{0.5, 0.25, 2})
	l.Add(1, 2, []float64{0.5, 0.5, 3}) // replaces
	l.Add(1, 3, []float64{1})           // wrong length
	c := l.Curves(1)
	if len(c) != 2 || c[0].Name != "DNN1" || !slices.Equal(c[0].Loss, []float64{3, 1}) || !slices.Equal(c[1].Loss, []float64{4, 3}) {
		t.Errorf("curves %+v", c)
	}
	if got := l.Curves(0); len(got[0].Loss) != 0 {
		t.Error("the other image has losses")
	}
}

func TestLosses_decimatedButNewestKept(t *testing.T) {
	l := NewLosses([]string{"fc8"}, 1)
	for it := 1; it <= 10000; it++ {
		l.Add(0, it, []float64{float64(it)})
		c := l.Curves
		if it%997 == 0 {
			if got := c(0)[0]; got.Iterations[len(got.Iterations)-1] != it {
				t.Fatalf("newest is %d at %d", got.Iterations[len(got.Iterations)-1], it)
			}
		}
	}
	c := l.Curves(0)[0]
	if len(c.Loss) > maxLossPoints || len(c.Loss) < maxLossPoints/2 || c.Iterations[0] != 1 {
		t.Errorf("%d points from %d", len(c.Loss), c.Iterations[0])
	}
	for i, it := range c.Iterations {
		if c.Loss[i] != float64(it) || i > 0 && it <= c.Iterations[i-1] {
			t.Fatalf("point %d: iteration %d loss %g", i, it, c.Loss[i])
		}
	}
}

func TestTexts(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-1: "", 0: "a few seconds left", 4 * time.Second: "a few seconds left", 22 * time.Second: "about 20 s left",
		54 * time.Second: "about 55 s left", 56 * time.Second: "about 1 min left", 4*time.Minute + 20*time.Second: "about 4 min left",
		54*time.Minute + 40*time.Second: "about 55 min left", 58 * time.Minute: "about 1 h 00 min left", 92 * time.Minute: "about 1 h 30 min left",
	} {
		if got := Left(d); got != want {
			t.Errorf("Left(%v) = %q, want %q", d, got, want)
		}
	}
	for d, want := range map[time.Duration]string{-5: "0:00", 7 * time.Second: "0:07", 750 * time.Second: "12:30", 3723 * time.Second: "1:02:03"} {
		if got := Clock(d); got != want {
			t.Errorf("Clock(%v) = %q, want %q", d, got, want)
		}
	}
	for n, want := range map[int]string{1: "1 voxel", 0: "0 voxels", 910: "910 voxels", 1400: "1,400 voxels", 1234567: "1,234,567 voxels"} {
		if got := Count(n, "voxel"); got != want {
			t.Errorf("Count(%d) = %q, want %q", n, got, want)
		}
	}
	if got := Count(2, "stimulus"); got != "2 stimuli" {
		t.Error(got)
	}
}

func TestProblemOf_saysWhatWhereAndWhatToDo(t *testing.T) {
	if _, bad := ProblemOf("x", fmt.Errorf("run: %w", context.Canceled)); bad {
		t.Error("cancelling is no problem")
	}
	if _, bad := ProblemOf("x", nil); bad {
		t.Error("nil is no problem")
	}
	p, bad := ProblemOf("open these files", fmt.Errorf("read S1.h5: %w", fs.ErrNotExist))
	if !bad || p.Title != "Could not open these files" || !strings.Contains(p.Detail, "S1.h5") || !strings.Contains(p.Hint, "still there") {
		t.Errorf("%+v", p)
	}
	for in, want := range map[string]string{"no such layer": "No such layer.", "s1.h5: truncated": "s1.h5: truncated.", "": "No reason was given."} {
		if p, _ := ProblemOf("x", errors.New(in)); p.Detail != want {
			t.Errorf("%q became %q, want %q", in, p.Detail, want)
		}
	}
}

func TestMailbox_latestWinsAndOrderIsKept(t *testing.T) {
	m := NewMailbox()
	var got []string
	say := func(s string) func() { return func() { got = append(got, s) } }
	m.PostLatest("k", say("old"))
	m.Post(say("a"))
	m.PostLatest("k", say("new"))
	m.Post(func() { m.Post(say("later")) })
	if n := m.Drain(); n != 3 || !slices.Equal(got, []string{"new", "a"}) {
		t.Errorf("%d letters, %v", n, got)
	}
	if m.Drain(); got[len(got)-1] != "later" {
		t.Errorf("%v", got)
	}
}

func TestMailbox_manySendersCostOneCallADrain(t *testing.T) {
	m := NewMailbox()
	var wg sync.WaitGroup
	calls := 0
	for range 8 {
		wg.Go(func() {
			for range 1000 {
				m.PostLatest("run", func() { calls++ })
			}
		})
	}
	wg.Wait()
	<-m.Wake()
	if m.Drain() != 1 || calls != 1 {
		t.Errorf("%d calls for 8000 events", calls)
	}
	select {
	case <-m.Wake():
		t.Error("awake without a letter")
	default:
	}
}

func TestThumbs_loadedOnceAndAnsweredThroughTheMailbox(t *testing.T) {
	m := NewMailbox()
	loads := make(chan string, 100)
	th := NewThumbs(func(s session.Stimulus, size int) (*image.NRGBA, error) {
		loads <- s.Label
		if s.Label == "bad" {
			return nil, errors.New("no")
		}
		return image.NewNRGBA(image.Rect(0, 0, size, size)), nil
	}, m)
	answers := 0
	ready := func(p *image.NRGBA) { answers++ }
	for range 3 {
		if _, ok := th.Get(session.Stimulus{Label: "a"}, 20, ready); ok {
			t.Error("at hand before it was loaded")
		}
	}
	th.Get(session.Stimulus{Label: "bad"}, 20, ready)
	for answers < 4 {
		<-m.Wake()
		m.Drain()
	}
	if len(loads) != 2 {
		t.Errorf("%d loads, want 2", len(loads))
	}
	if p, ok := th.Get(session.Stimulus{Label: "a"}, 20, nil); !ok || p.Rect.Dx() != 20 {
		t.Error("not kept")
	}
	if p, ok := th.Get(session.Stimulus{Label: "bad"}, 20, nil); !ok || p != nil {
		t.Error("a picture that cannot be read is shown as none, and not read again")
	}
}

func TestStoreFor(t *testing.T) {
	seen := session.Stimulus{Label: "a", Session: brain.NaturalTest}
	kept := session.Stimulus{Label: "a", Session: "Features: x"}
	other := session.Stimulus{Label: "z", Session: brain.NaturalTest}
	s := &session.Subject{
		Datasets: []session.Dataset{{Session: brain.NaturalTest, File: "a.h5"}, {Session: "Features: x", Store: "/x"}},
		Stored:   []session.Feature{{Path: "/y", Labels: []string{"b"}}, {Path: "/x", Labels: []string{"a"}}},
	}
	for _, c := range []struct {
		s       *session.Subject
		stimuli []session.Stimulus
		want    string
		active  bool
	}{
		{s, []session.Stimulus{kept}, "/x", false}, {s, []session.Stimulus{seen}, "/x", true}, {s, []session.Stimulus{seen, kept}, "/x", false},
		{s, []session.Stimulus{seen, other}, "", true}, {&session.Subject{}, []session.Stimulus{kept}, "", false}, {nil, nil, "", false},
	} {
		f, lack := StoreFor(c.s, c.stimuli)
		if (f == nil) != (c.want == "") || f != nil && f.Path != c.want || (lack == "") != (f != nil) {
			t.Errorf("%v: %v %q, want %s", c.stimuli, f, lack, c.want)
		}
		if got := HasActivity(c.s, c.stimuli); got != c.active {
			t.Errorf("%v have brain activity: %v", c.stimuli, got)
		}
	}
}

func TestGroupFindings(t *testing.T) {
	list := []session.Finding{{About: "a", Text: "1"}, {About: "b", Text: "2"}, {Level: session.Warning, About: "a", Text: "3"}, {Level: session.Wrong, About: "c", Text: "4"}}
	var got []string
	for _, g := range GroupFindings(list) {
		for _, f := range g.Findings {
			got = append(got, g.About+f.Text)
		}
	}
	if want := []string{"c4", "a3", "a1", "b2"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if s := ReportSummary(list); s != "1 error, 1 warning" {
		t.Error(s)
	}
	if s := ReportSummary(list[:2]); s != "All is well with these files" || Worst(list) != session.Wrong || Worst(nil) != session.Fine {
		t.Error(s)
	}
}

func TestSize(t *testing.T) {
	for n, want := range map[int64]string{0: "0 bytes", 1023: "1023 bytes", 2048: "2 KiB", 1572944: "1.5 MiB", 574671192: "548 MiB", 3 << 30: "3.0 GiB"} {
		if got := Size(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

// The outline of a file reads branch by branch, through the mailbox.
func TestOutline(t *testing.T) {
	mail := NewMailbox()
	var o *Outline
	changed := 0
	OpenOutline("../../testdata/formats/arrays/deflated.npz", mail, func() { changed++ }, func(got *Outline, err error) {
		if err != nil {
			t.Error(err)
		}
		o = got
	})
	until := func(ok func() bool) {
		t.Helper()
		late := time.After(10 * time.Second)
		for !ok() {
			select {
			case <-mail.Wake():
				mail.Drain()
			case <-late:
				t.Fatal("nothing came")
			}
		}
	}
	until(func() bool { return o != nil })
	defer o.Close()
	top := o.Children("")
	if len(top) == 0 || o.Row(top[0]).Name == "" || o.Row(top[0]).Shape == "" || o.Row("/99") != nil {
		t.Fatalf("%v", top)
	}
	var failed error
	OpenOutline("no such file", mail, nil, func(_ *Outline, err error) { failed = err })
	until(func() bool { return failed != nil })
	if !errors.Is(failed, fs.ErrNotExist) {
		t.Error(failed)
	}
}
