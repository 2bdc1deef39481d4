// Package engine carries out what session.Engine promises, on the chosen device
// and with the built-in model. The window and the demo command run on it.
package engine

import (
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"reverie/app/dataset/demo"
	"reverie/app/dataset/stimuli"
	"reverie/app/device"
	"reverie/app/job"
	"reverie/app/models"
	"reverie/app/pipeline"
	"reverie/app/session"
)

// Options set up the engine.
type Options struct {
	Network string // see Networks and pipeline.OpenModel; empty is the demo's
	Device  device.Choice
	// Later leaves the device to the first UseDevice: opening a GPU takes up to
	// seconds, which a window must not wait for. Until then, what computes waits.
	Later bool
	// CacheDir is where the simulated subject and drawn stimuli are kept; empty is the user's cache folder.
	CacheDir string
	Models   *models.Store // nil is the user's
}

// Engine implements session.Engine.
type Engine struct {
	model     atomic.Pointer[pipeline.Model]
	store     *models.Store
	cache     string
	one       sync.Mutex      // one reconstruction at a time; guards generator
	generator *pipeline.Prior // the latest that was read
	run       sync.RWMutex    // what computes holds it for reading, a change of device for writing

	life   context.Context // until Close
	end    context.CancelFunc
	change sync.Mutex    // one change of the device at a time
	ready  chan struct{} // closed once there is a device

	mu sync.Mutex
	be *device.Backend // nil until ready
}

var _ session.Engine = (*Engine)(nil)

// New opens the backend and the model. ctx bounds the engine's life.
func New(ctx context.Context, opt Options) (*Engine, error) {
	store := opt.Models
	if store == nil {
		var err error
		if store, err = models.Open(""); err != nil {
			return nil, err
		}
	}
	m, err := openModel(ctx, store, opt.Network, nil)
	if err != nil {
		return nil, err
	}
	dir, err := CacheDir(opt.CacheDir)
	if err != nil {
		return nil, err
	}
	e := newEngine(ctx, m, dir)
	e.store = store
	if opt.Later {
		return e, nil
	}
	be, err := device.Open(e.life, e.choice(opt.Device))
	if err != nil {
		e.end()
		return nil, err
	}
	e.use(be)
	return e, nil
}

func newEngine(ctx context.Context, m *pipeline.Model, cache string) *Engine {
	e := &Engine{cache: cache, ready: make(chan struct{})}
	e.model.Store(m)
	e.life, e.end = context.WithCancel(ctx)
	return e
}

// CacheDir is the folder for what the program makes itself: chosen, or
// "reverie" under the user's cache folder.
func CacheDir(chosen string) (string, error) {
	if chosen != "" {
		return chosen, nil
	}
	if dir := os.Getenv("REVERIE_CACHE"); dir != "" {
		return dir, nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no folder for cached files: %w (set REVERIE_CACHE to one)", err)
	}
	return filepath.Join(dir, "reverie"), nil
}

// demoSeed makes the subject that every user sees.
const demoSeed = 1

// DemoDir is the simulated subject's folder.
func (e *Engine) DemoDir() string { return filepath.Join(e.cache, "simulated-subject") }

// Demo opens the simulated subject, making its files first where they are missing.
func (e *Engine) Demo(ctx context.Context, report job.Reporter) (*session.Subject, error) {
	if err := e.wait(ctx); err != nil {
		return nil, err
	}
	e.run.RLock()
	defer e.run.RUnlock()
	dir := e.DemoDir()
	if !demo.Complete(dir) {
		m := job.NewMeter(report)
		if _, err := demo.Make(ctx, dir, demo.Options{Seed: demoSeed}, e.Backend(), m.Step); err != nil {
			return nil, fmt.Errorf("make the simulated subject in %s: %w", dir, err)
		}
	}
	return e.OpenSubject(ctx, []string{dir}, report)
}

// Thumbnail is a stimulus's picture, at most size pixels on its longer side; nil without one.
func (e *Engine) Thumbnail(s session.Stimulus, size int) (*image.NRGBA, error) {
	if s.Image == "" {
		return nil, nil
	}
	img, err := stimuli.Load(s.Image)
	if err != nil {
		return nil, err
	}
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	if w <= size && h <= size {
		return img, nil
	}
	if w >= h {
		return stimuli.Resize(img, size, max(1, h*size/w)), nil
	}
	return stimuli.Resize(img, max(1, w*size/h), size), nil
}

// errNoTraining tells why decoding is impossible and what to do.
var errNoTraining = errors.New("no training data: open the subject's ImageNetTraining file and its stimulus pictures too, or reconstruct from true features")
