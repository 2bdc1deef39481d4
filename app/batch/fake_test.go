package batch

import (
	"context"
	"fmt"
	"hash/fnv"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"reverie/app/pipeline"
	"reverie/app/session"
	"reverie/compute"
	"reverie/compute/brain"
	"reverie/compute/cpu"
	"reverie/compute/nn"
	"reverie/compute/recon"
)

// host computes with a narrow network of 32 × 32 pixels. Features are drawn from the label, the region and the layer.
type host struct {
	model, imagery *pipeline.Model
	prior          *pipeline.Prior
	be             compute.Backend
	mu             sync.Mutex
	decoded        []string // sets, in order
	fail           error    // of Features
}

func newHost() (*host, error) {
	net, err := nn.VGG19(nn.VGG19Config{Height: 32, Divisor: 16, Classes: 20})
	if err != nil {
		return nil, err
	}
	be, err := cpu.Open(cpu.Options{Threads: 1})
	if err != nil {
		return nil, err
	}
	m := &pipeline.Model{Name: "small", Net: net, Weights: nn.Seeded(net, 3, 0.1), Mean: [3]float64{104, 117, 123}, Note: "a small network"}
	g := generator()
	h := &host{model: m, imagery: m.Imagery(), be: be, prior: &pipeline.Prior{Name: "small generator", Net: g, Weights: nn.Seeded(g, 5, 0.1), Upper: []float64{50}, Note: "a small generator", SHA256: "5"}}
	return h, nil
}

func generator() *nn.Network {
	g := &nn.Network{Name: "a small generator", Input: nn.Shape{C: 13, H: 1, W: 1}}
	at := g.Input
	add := func(kind nn.Kind, name string, out nn.Shape, act bool) {
		op := nn.Op{Kind: kind, Name: name, In: at, Out: out, Act: act, Slope: 0.3}
		if !act {
			op.Slope = 0
		}
		g.Ops, at = append(g.Ops, op), out
	}
	add(nn.FC, "defc5", nn.Shape{C: 9 * 16, H: 1, W: 1}, true)
	at = nn.Shape{C: 9, H: 4, W: 4}
	add(nn.Deconv, "deconv4", nn.Shape{C: 7, H: 8, W: 8}, true)
	add(nn.Deconv, "deconv3", nn.Shape{C: 5, H: 16, W: 16}, true)
	add(nn.Deconv, "deconv2", nn.Shape{C: 3, H: 32, W: 32}, false)
	return g
}

func (h *host) Model(imagery bool) *pipeline.Model {
	if imagery {
		return h.imagery
	}
	return h.model
}
func (h *host) Prior() *pipeline.Prior   { return h.prior }
func (h *host) Backend() compute.Backend { return h.be }
func (h *host) Computed() pipeline.Computed {
	return pipeline.Computed{Backend: "cpu", Device: "a test"}
}

func (h *host) Trials(_ context.Context, _ *session.Subject, stimuli []session.Stimulus, _ string) (labels []string, of []int, err error) {
	for run := range 2 {
		for i, s := range stimuli {
			labels, of = append(labels, fmt.Sprintf("run%d-block%02d-%s", run+1, i+1, s.Label)), append(of, i)
		}
	}
	return labels, of, nil
}

func (h *host) Features(ctx context.Context, set *Set, from, to int, layers []string, take func(sample, layer int, values []float32) error, step func(string, int, int)) ([]string, error) {
	h.mu.Lock()
	h.decoded = append(h.decoded, fmt.Sprintf("%s/%s/%s %d-%d", set.Name, set.Session, set.ROI, from, to))
	h.mu.Unlock()
	if h.fail != nil {
		return nil, h.fail
	}
	for i := from; i < to; i++ {
		for l, name := range layers {
			key := fnv.New64a()
			fmt.Fprint(key, set.Name, set.Session, set.ROI, set.Imagery, set.Labels[i], name)
			s := nn.NewStream(key.Sum64(), 0)
			v := make([]float32, h.model.Shape(name).Len())
			for k := range v {
				v[k] = float32(20 * (s.Uniform(uint64(k)) - 0.3))
			}
			if err := take(i-from, l, v); err != nil {
				return nil, err
			}
		}
		step("decode", i-from+1, to-from)
	}
	return []string{"Drawn for a test."}, ctx.Err()
}

// subject has a session of natural images with pictures, and one of imagery without.
func subject(dir, name string, n int) (*session.Subject, error) {
	s := &session.Subject{Name: name, Simulated: true}
	natural := session.Dataset{Session: brain.NaturalTest, ROIs: []session.ROI{{Name: "V1", Voxels: 10}, {Name: "VC", Voxels: 30}}}
	imagery := session.Dataset{Session: brain.Imagery, ROIs: natural.ROIs}
	for i := range n {
		label := fmt.Sprintf("scene %d/%d", i, i) // a slash: not fit for a file's name
		path := filepath.Join(dir, fmt.Sprintf("%s-%d.png", name, i))
		img := image.NewNRGBA(image.Rect(0, 0, 40, 40))
		for k := range img.Pix {
			img.Pix[k] = uint8(k*(i+3)) | 255*uint8(k&3/3)
		}
		f, err := os.Create(path)
		if err != nil {
			return nil, err
		}
		if err := png.Encode(f, img); err != nil {
			return nil, err
		}
		if err := f.Close(); err != nil {
			return nil, err
		}
		natural.Stimuli = append(natural.Stimuli, session.Stimulus{Label: label, Session: brain.NaturalTest, Image: path})
		imagery.Stimuli = append(imagery.Stimuli, session.Stimulus{Label: label, Session: brain.Imagery})
	}
	s.Datasets = []session.Dataset{natural, imagery}
	return s, nil
}

// spec asks for all ways of reconstructing there are, with few iterations.
func spec() session.BatchSpec {
	s := session.BatchSpec{
		Version: Version, Network: "small", Subjects: []session.BatchSubject{{Paths: []string{"a test"}}},
		Sessions: []brain.Session{brain.NaturalTest, brain.Imagery}, Source: session.Decoded, ROIs: []string{"V1", "VC"},
		LayerSets: []string{"DNN1", "conv1_1,fc6"}, Prior: session.PriorBoth, Snapshots: "every:4", Layouts: []string{session.LayoutOurs, session.LayoutLab}, Batch: 3, Memory: 4 << 30,
	}
	s.Pixels, _ = recon.DefaultsFor(recon.Paper, false)
	s.Latent, _ = recon.DefaultsFor(recon.Paper, true)
	s.Pixels.Iterations, s.Latent.Iterations = 10, 10
	return s
}

// job is a batch of subjects into a folder.
func newJob(t testing.TB, h *host, s session.BatchSpec, dir string, images int, names ...string) *Job {
	t.Helper()
	var subjects []*session.Subject
	for _, n := range names {
		p, err := subject(t.TempDir(), n, images)
		if err != nil {
			t.Fatal(err)
		}
		subjects = append(subjects, p)
	}
	j, err := New(context.Background(), s, subjects, h, dir)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func open(t testing.TB) *host {
	t.Helper()
	h, err := newHost()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.be.Close() })
	return h
}

func ignore(session.BatchUpdate) {}
