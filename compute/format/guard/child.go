package guard

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// Send sends one frame of a kind that the role chooses, 'a' to 'z'. The parts follow each other.
type Send func(kind byte, parts ...[]byte) error

// Handler answers one request. What it sends is the answer; an error ends the child.
type Handler func(request []byte, send Send) error

const (
	variable = "REVERIE_GUARD" // set in children only
	argument = "--guard-child"

	frameHello = 'H'
	frameBeat  = 'B'
	frameEnd   = 'E'

	headSize   = 5
	maxRequest = 64 << 20
)

var (
	roles   = map[string]func() Handler{}
	allowed atomic.Bool // Main was called: a child of this binary serves
)

// Register names what children do. Call it from init.
func Register(role string, serve func() Handler) { roles[role] = serve }

// Main serves and exits in a child, and returns at once elsewhere.
func Main() {
	if role := os.Getenv(variable); role == "" || len(os.Args) < 3 || os.Args[1] != argument {
		allowed.Store(true)
		return
	}
	os.Exit(child(os.Getenv(variable), os.Args[2]))
}

// The exit statuses of a child that ends by its own will.
const (
	exitDone  = 0
	exitWrong = 70 // started wrongly, or a broken pipe
)

func child(role, limits string) int {
	begin, known := roles[role]
	var l Limits
	if !known || json.Unmarshal([]byte(limits), &l) != nil {
		return exitWrong
	}
	debug.SetTraceback("none") // the first line says what happened; nobody reads the rest
	if l.Memory > 0 {
		debug.SetMemoryLimit(l.Memory / 2)
	}
	restrict(l)
	in, out := bufio.NewReader(os.Stdin), &sender{w: os.Stdout, limits: l}
	os.Stdout = os.Stderr // the pipe carries frames only
	serve := begin()
	if out.send(frameHello) != nil {
		return exitWrong
	}
	go out.beat()
	for {
		kind, n, err := readHead(in)
		if errors.Is(err, io.EOF) {
			return exitDone
		}
		if err != nil || kind != frameHello || n > maxRequest {
			return exitWrong
		}
		request := make([]byte, n)
		if _, err := io.ReadFull(in, request); err != nil {
			return exitWrong
		}
		out.busy(true)
		err = serve(request, func(kind byte, parts ...[]byte) error {
			if kind < 'a' || kind > 'z' {
				return errors.New("a role sends frames of kinds a to z")
			}
			return out.send(kind, parts...)
		})
		out.busy(false)
		if err != nil || out.send(frameEnd) != nil {
			return exitWrong
		}
	}
}

func readHead(r io.Reader) (kind byte, n int, err error) {
	var h [headSize]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return 0, 0, err
	}
	return h[0], int(uint32(h[1]) | uint32(h[2])<<8 | uint32(h[3])<<16 | uint32(h[4])<<24), nil
}

func head(kind byte, n int) []byte {
	return []byte{kind, byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)}
}

// sender writes frames, and beats while work goes on.
type sender struct {
	limits Limits

	mu      sync.Mutex
	w       io.Writer
	working bool
	since   time.Time     // of the last frame of the work
	cpu     time.Duration // used by then
}

func (s *sender) busy(b bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.working = b
	s.since, s.cpu = time.Now(), cpuTime()
}

func (s *sender) send(kind byte, parts ...[]byte) error {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	if n > 1<<31-1 {
		return errors.New("a frame may hold 2^31 bytes")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	defer func() { s.since, s.cpu = time.Now(), cpuTime() }()
	if _, err := s.w.Write(head(kind, n)); err != nil {
		return err
	}
	for _, p := range parts {
		if _, err := s.w.Write(p); err != nil {
			return err
		}
	}
	return nil
}

// beat tells the parent that the work still makes sense. Waiting for a slow disk does, spinning does not.
func (s *sender) beat() {
	for range time.Tick(s.limits.Silence / 4) {
		s.mu.Lock()
		if s.working && cpuTime()-s.cpu < s.limits.CPU && time.Since(s.since) < s.limits.Wait {
			s.w.Write(head(frameBeat, 0))
		}
		s.mu.Unlock()
	}
}
