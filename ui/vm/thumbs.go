package vm

import (
	"image"
	"sync"

	"reverie/app/dataset/stimuli"
	"reverie/app/session"
)

const (
	thumbWorkers = 2
	thumbQueue   = 512  // waiting requests; older ones have scrolled away
	thumbKept    = 1500 // pictures, about 40 kB each at 100 pixels
)

// Thumbs loads thumbnails off the drawing goroutine and keeps the recent ones.
type Thumbs struct {
	load func(session.Stimulus, int) (*image.NRGBA, error)
	mail *Mailbox

	mu      sync.Mutex
	queue   []thumbKey // the newest last and served first
	waiting map[thumbKey][]func(*image.NRGBA)
	workers int
	cache   map[thumbKey]*image.NRGBA
	order   []thumbKey // of cache, the oldest first
}

type thumbKey struct {
	stimulus session.Stimulus
	size     int
}

// NewThumbs loads by load and answers through mail.
func NewThumbs(load func(session.Stimulus, int) (*image.NRGBA, error), mail *Mailbox) *Thumbs {
	return &Thumbs{load: load, mail: mail, waiting: map[thumbKey][]func(*image.NRGBA){}, cache: map[thumbKey]*image.NRGBA{}}
}

// Get returns a thumbnail at hand, nil where the stimulus has none, or false
// and calls ready later from the mailbox. The receiver of ready checks that it
// still wants this picture: cells are reused.
func (t *Thumbs) Get(s session.Stimulus, size int, ready func(*image.NRGBA)) (*image.NRGBA, bool) {
	k := thumbKey{s, size}
	t.mu.Lock()
	defer t.mu.Unlock()
	if p, ok := t.cache[k]; ok {
		return p, true
	}
	asked := t.waiting[k]
	t.waiting[k] = append(asked, ready)
	if asked != nil {
		return nil, false
	}
	t.queue = append(t.queue, k)
	if len(t.queue) > thumbQueue {
		delete(t.waiting, t.queue[0])
		t.queue = t.queue[1:]
	}
	if t.workers < thumbWorkers {
		t.workers++
		go t.work()
	}
	return nil, false
}

func (t *Thumbs) work() {
	for {
		t.mu.Lock()
		n := len(t.queue)
		if n == 0 {
			t.workers--
			t.mu.Unlock()
			return
		}
		k := t.queue[n-1]
		t.queue = t.queue[:n-1]
		t.mu.Unlock()

		p, err := t.load(k.stimulus, k.size)
		if err != nil {
			p = nil // shown as a stimulus without a picture
		}
		t.mu.Lock()
		t.cache[k] = p
		t.order = append(t.order, k)
		if len(t.order) > thumbKept {
			delete(t.cache, t.order[0])
			t.order = t.order[1:]
		}
		ready := t.waiting[k]
		delete(t.waiting, k)
		t.mu.Unlock()
		t.mail.Post(func() {
			for _, f := range ready {
				f(p)
			}
		})
	}
}

// LoadThumb reads the picture of a path, at most size pixels wide and high.
func LoadThumb(s session.Stimulus, size int) (*image.NRGBA, error) {
	img, err := stimuli.Load(s.Image)
	if err != nil {
		return nil, err
	}
	b := img.Bounds()
	if most := max(b.Dx(), b.Dy()); most > size {
		img = stimuli.Resize(img, max(1, b.Dx()*size/most), max(1, b.Dy()*size/most))
	}
	return img, nil
}
