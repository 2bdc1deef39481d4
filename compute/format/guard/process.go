package guard

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Limits bound a child.
type Limits struct {
	Memory  int64         // bytes of address space beyond what it has at its start; 0 is unbounded
	CPU     time.Duration // that it may use between two frames it sends
	Total   time.Duration // CPU time over its whole life; 0 is unbounded
	Silence time.Duration // without a beat after which it is killed
	Wait    time.Duration // that it may wait, without using CPU, between two frames it sends
}

// Error is the death of a child.
type Error struct {
	What string // in words, for the user
}

func (e *Error) Error() string { return e.What }

// Process is a child that serves one role. Its methods may be called concurrently; calls follow each other.
type Process struct {
	mu     sync.Mutex
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	pipe   *os.File
	stderr *tail
	limits Limits
	stop   func() bool // of the context's watch
	waited chan struct{}
	ended  error // why no further call is answered

	silent    atomic.Bool // killed for silence
	cancelled atomic.Pointer[error]
}

// Start starts a child. The context counts for its whole life: when it ends, the child is killed.
func Start(ctx context.Context, role string, limits Limits) (*Process, error) {
	if !allowed.Load() {
		return nil, errors.New("this program cannot start its helper: main must call guard.Main first")
	}
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("start the helper process: %w", err)
	}
	text, err := json.Marshal(limits)
	if err != nil {
		return nil, err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start the helper process: %w", err)
	}
	widen(w)
	p := &Process{limits: limits, stderr: &tail{}, pipe: r, out: bufio.NewReaderSize(r, 64<<10), waited: make(chan struct{})}
	p.cmd = exec.Command(self, argument, string(text))
	p.cmd.Env = append(os.Environ(), variable+"="+role, "GOMAXPROCS=2", "GOTRACEBACK=none")
	p.cmd.Stdout, p.cmd.Stderr = w, p.stderr
	p.cmd.WaitDelay = time.Second // a grandchild that keeps stderr open, should a library make one
	attributes(p.cmd)
	if p.in, err = p.cmd.StdinPipe(); err == nil {
		err = spawn(p.cmd)
	}
	w.Close()
	if err != nil {
		r.Close()
		return nil, fmt.Errorf("start the helper process: %w", err)
	}
	go func() {
		p.cmd.Wait()
		close(p.waited)
	}()
	p.stop = context.AfterFunc(ctx, func() {
		err := context.Cause(ctx)
		p.cancelled.Store(&err)
		p.cmd.Process.Kill()
	})
	// The start of a large binary on a cold disk takes longer than a beat.
	err = p.frames(max(limits.Silence, 30*time.Second), func(kind byte, n int, _ io.Reader) (bool, error) {
		if kind != frameHello || n != 0 {
			return false, errors.New("the helper process answers in an unknown way: it is not this program's")
		}
		return true, nil
	})
	if err != nil {
		p.end(err)
		return nil, err
	}
	return p, nil
}

// Call sends a request and gives every frame of the answer to receive: its kind, its length and a
// reader of its content, which need not be read. An error of receive ends the child and is returned.
func (p *Process) Call(request []byte, receive func(kind byte, n int, content io.Reader) error) error {
	if len(request) > maxRequest {
		return fmt.Errorf("a request of %d bytes; %d are allowed", len(request), maxRequest)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended != nil {
		return p.ended
	}
	_, err := p.in.Write(append(head(frameHello, len(request)), request...))
	if err != nil {
		err = p.death()
	} else {
		err = p.frames(p.limits.Silence, func(kind byte, n int, content io.Reader) (bool, error) {
			if kind == frameEnd {
				return true, nil
			}
			return false, receive(kind, n, content)
		})
	}
	if err != nil {
		p.end(err)
	}
	return err
}

// frames hands out frames until one is the last.
func (p *Process) frames(silence time.Duration, each func(byte, int, io.Reader) (last bool, err error)) error {
	watch := time.AfterFunc(silence, func() {
		p.silent.Store(true)
		p.cmd.Process.Kill()
	})
	defer watch.Stop()
	for {
		kind, n, err := readHead(p.out)
		if err != nil {
			return p.death()
		}
		watch.Reset(silence)
		if kind == frameBeat {
			continue
		}
		content := &frame{r: p.out, left: n, alive: func() { watch.Reset(silence) }}
		last, err := each(kind, n, content)
		if content.failed {
			return p.death()
		}
		if err != nil || last {
			return err
		}
		if _, err := io.Copy(io.Discard, content); err != nil {
			return p.death()
		}
	}
}

// frame reads the content of one frame.
type frame struct {
	r      io.Reader
	left   int
	alive  func()
	failed bool
}

func (f *frame) Read(b []byte) (int, error) {
	if f.left == 0 {
		return 0, io.EOF
	}
	n, err := f.r.Read(b[:min(len(b), f.left)])
	f.left -= n
	f.alive()
	if err != nil {
		f.failed = true
		return n, io.ErrUnexpectedEOF
	}
	return n, nil
}

// death waits for the child and says why it died.
func (p *Process) death() error {
	p.cmd.Process.Kill() // it may have closed the pipe only
	<-p.waited
	if c := p.cancelled.Load(); c != nil {
		return *c
	}
	if p.silent.Load() {
		return &Error{"it did not come to an end"}
	}
	return &Error{cause(p.cmd.ProcessState, p.stderr.String())}
}

// cause words the end of a process.
func cause(state *os.ProcessState, stderr string) string {
	for _, c := range []struct{ mark, words string }{
		{"out of memory", "it asked for more memory than a file of its size may"},
		{"cannot allocate memory", "it asked for more memory than a file of its size may"},
		{"pthread_create failed", "it asked for more memory than a file of its size may"},
		{"SIGSEGV", "the library that reads it crashed (memory fault)"},
		{"SIGBUS", "the library that reads it crashed (memory fault; was the file cut short meanwhile?)"},
		{"SIGFPE", "the library that reads it crashed (division by zero)"},
		{"SIGABRT", "the library that reads it gave up (its memory was corrupted)"},
		{"SIGXCPU", "it used up its computing time"},
	} {
		if strings.Contains(stderr, c.mark) {
			return c.words
		}
	}
	return "the process that read it ended (" + state.String() + ")"
}

// end keeps why the child ended and sees that it does.
func (p *Process) end(err error) {
	p.ended = err
	p.stop()
	p.in.Close()
	p.cmd.Process.Kill()
	<-p.waited
	p.pipe.Close()
}

// Close ends the child. Closing twice does nothing.
func (p *Process) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended == nil {
		p.end(os.ErrClosed)
	}
}

// tail keeps the first bytes that a child complains.
type tail struct {
	mu sync.Mutex
	b  []byte
}

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, b[:min(len(b), 4096-len(t.b))]...)
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.b)
}

var (
	startSpawner sync.Once
	spawns       = make(chan func())
)

// spawn starts a process from a thread that never ends: Linux sends the signal of a parent's death when
// the thread that started the child ends.
func spawn(cmd *exec.Cmd) error {
	startSpawner.Do(func() {
		go func() {
			runtime.LockOSThread()
			for f := range spawns {
				f()
			}
		}()
	})
	done := make(chan error)
	spawns <- func() { done <- cmd.Start() }
	return <-done
}
