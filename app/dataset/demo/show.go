package demo

import (
	"context"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"reverie/app/dataset/stimuli"
	"reverie/compute"
	"reverie/compute/nn"
)

// batch is how many pictures are drawn and computed together.
const batch = 16

// drawn is one batch of pictures.
type drawn struct {
	first  int
	images []*image.NRGBA
	err    error
}

// show draws and saves all pictures and gives the voxels' responses to those
// that are shown. One goroutine draws while the batch before is computed.
func (z size) show(ctx context.Context, dir string, seed uint64, all []picture, backend compute.Backend, report func(string, int, int)) ([][]float64, error) {
	eye, err := open(backend)
	if err != nil {
		return nil, err
	}
	defer eye.close()
	ctx, cancel := context.WithCancel(ctx)
	batches := make(chan drawn, 2)
	var drawing sync.WaitGroup
	drawing.Go(func() { drawAll(ctx, filepath.Join(dir, "stimuli"), all, batches) })
	defer drawing.Wait() // nothing may be written into the folder once it is given up
	defer cancel()

	voxels := subject(seed, eye.net)
	drives := make([][]float64, z.shown())
	for b := range batches {
		if b.err != nil {
			return nil, b.err
		}
		if n := min(len(b.images), len(drives)-b.first); n > 0 {
			views, err := eye.see(ctx, b.images[:n])
			if err != nil {
				return nil, fmt.Errorf("compute the simulated responses: %w", err)
			}
			each(n, func(i int) {
				d := make([]float64, len(voxels))
				for v := range voxels {
					d[v] = voxels[v].drive(views[i])
				}
				drives[b.first+i] = d
			})
		}
		report("draw pictures and compute simulated responses", b.first+len(b.images), len(all))
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	respond(voxels, drives, z.train)
	return drives, nil
}

// each calls f(0) … f(n−1) on all cores.
func each(n int, f func(i int)) {
	var wg sync.WaitGroup
	workers := min(runtime.GOMAXPROCS(0), n)
	for w := range workers {
		wg.Go(func() {
			for i := w; i < n; i += workers {
				f(i)
			}
		})
	}
	wg.Wait()
}

func drawAll(ctx context.Context, dir string, all []picture, to chan<- drawn) {
	defer close(to)
	made := map[string]bool{}
	for first := 0; first < len(all); first += batch {
		some := all[first:min(first+batch, len(all))]
		b := drawn{first: first, images: make([]*image.NRGBA, len(some))}
		for i, p := range some {
			folder := filepath.Join(dir, p.folder)
			if !made[folder] {
				if err := os.MkdirAll(folder, 0o755); err != nil {
					b.err = fmt.Errorf("write the simulated subject's pictures: %w", err)
					break
				}
				made[folder] = true
			}
			if b.images[i], b.err = p.save(folder); b.err != nil {
				break
			}
		}
		select {
		case to <- b:
		case <-ctx.Done():
			return
		}
		if b.err != nil {
			return
		}
	}
}

// save draws a picture and writes it. The folder is still a temporary one, so the file need not be.
func (p picture) save(folder string) (*image.NRGBA, error) {
	img, err := p.draw()
	if err != nil {
		return nil, err
	}
	f, err := os.Create(filepath.Join(folder, p.label+".png"))
	if err != nil {
		return nil, fmt.Errorf("write the simulated subject's pictures: %w", err)
	}
	enc := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := enc.Encode(f, img); err != nil {
		f.Close()
		return nil, fmt.Errorf("write the simulated subject's pictures: %w", err)
	}
	if err := f.Close(); err != nil {
		return nil, fmt.Errorf("write the simulated subject's pictures: %w", err)
	}
	return img, nil
}

// eye computes the features that voxels look at.
type eye struct {
	net          *nn.Network
	grey, colour compute.Program
}

func open(backend compute.Backend) (*eye, error) {
	e := &eye{net: Network()}
	w := Weights()
	var err error
	if e.grey, err = backend.Compile(compute.Spec{Net: e.net, Weights: w, Batch: batch, Layers: greyLayers}); err != nil {
		return nil, fmt.Errorf("prepare the demo's network: %w", err)
	}
	if e.colour, err = backend.Compile(compute.Spec{Net: e.net, Weights: w, Batch: batch, Layers: colourLayers}); err != nil {
		e.grey.Close()
		return nil, fmt.Errorf("prepare the demo's network: %w", err)
	}
	return e, nil
}

func (e *eye) close() {
	e.grey.Close()
	e.colour.Close()
}

// see gives the maps of each picture.
func (e *eye) see(ctx context.Context, images []*image.NRGBA) ([]maps, error) {
	inGrey := make([]*image.NRGBA, len(images))
	each(len(images), func(i int) { inGrey[i] = greyed(images[i]) })
	out := make([]maps, len(images))
	for i := range out {
		out[i] = maps{}
	}
	if err := e.features(ctx, e.grey, inGrey, grey, out); err != nil {
		return nil, err
	}
	if err := e.features(ctx, e.colour, images, colour, out); err != nil {
		return nil, err
	}
	for _, m := range out {
		m[source{"conv2_2", hue}] = difference(m[source{"conv2_2", colour}], m[source{"conv2_2", grey}])
	}
	return out, nil
}

func (e *eye) features(ctx context.Context, p compute.Program, images []*image.NRGBA, as view, out []maps) error {
	n := len(images)
	var x []float32
	for _, img := range images {
		x = append(x, stimuli.ToInput(img, stimuli.LabMean)...)
	}
	layers := p.Spec().Layers
	f := make([][]float32, len(layers))
	shapes := make([]nn.Shape, len(layers))
	for l, name := range layers {
		op, _, _ := e.net.Op(name)
		shapes[l] = op.Out
		f[l] = make([]float32, n*op.Out.Len())
	}
	if err := p.Features(ctx, x, n, f); err != nil {
		return err
	}
	for i := range out {
		for l, name := range layers {
			k := shapes[l].Len()
			out[i][source{name, as}] = featureMap{shapes[l], f[l][i*k : (i+1)*k]}
		}
	}
	return nil
}

// linear is the transfer curve of 8-bit values.
var linear = func() (t [256]float64) {
	for i := range t {
		t[i] = decode(float64(i) / 255)
	}
	return t
}()

// greyed is a picture's luminance alone, so the luminance-matched colours look the same.
func greyed(img *image.NRGBA) *image.NRGBA {
	out := image.NewNRGBA(img.Rect)
	for i := 0; i < len(img.Pix); i += 4 {
		p := img.Pix[i : i+4]
		y := uint8(encode(luminance(rgb{linear[p[0]], linear[p[1]], linear[p[2]]}))*255 + 0.5)
		out.Pix[i], out.Pix[i+1], out.Pix[i+2], out.Pix[i+3] = y, y, y, 255
	}
	return out
}
