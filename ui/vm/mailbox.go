package vm

import "sync"

// Mailbox carries work from any goroutine to the one that draws. Whoever draws
// waits on Wake and calls Drain; nothing that posts ever blocks.
type Mailbox struct {
	mu    sync.Mutex
	queue []letter
	at    map[string]int // place in queue of the pending letter of a key
	wake  chan struct{}
}

type letter struct {
	key string
	f   func()
}

// NewMailbox makes an empty mailbox.
func NewMailbox() *Mailbox {
	return &Mailbox{at: map[string]int{}, wake: make(chan struct{}, 1)}
}

// Post queues f.
func (m *Mailbox) Post(f func()) { m.post("", f) }

// PostLatest queues f in place of what is still pending under the same key, so
// that a source of hundreds of events a second costs one call per drain.
func (m *Mailbox) PostLatest(key string, f func()) { m.post(key, f) }

func (m *Mailbox) post(key string, f func()) {
	m.mu.Lock()
	i, pending := m.at[key]
	switch {
	case key != "" && pending:
		m.queue[i].f = f
	default:
		if key != "" {
			m.at[key] = len(m.queue)
		}
		m.queue = append(m.queue, letter{key, f})
	}
	m.mu.Unlock()
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// Wake receives after at least one letter was posted since the last receive.
func (m *Mailbox) Wake() <-chan struct{} { return m.wake }

// Drain runs everything queued so far, in order, and says how much it was.
// What these calls post themselves waits for the next Drain.
func (m *Mailbox) Drain() int {
	m.mu.Lock()
	queue := m.queue
	m.queue = nil
	clear(m.at)
	m.mu.Unlock()
	for _, l := range queue {
		l.f()
	}
	return len(queue)
}
