package guard

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	Register("test", func() Handler { return handle })
	Main()
	if os.Getenv("GUARD_TEST_PARENT") != "" {
		parent()
	}
	os.Exit(m.Run())
}

// hoard is memory that stays in use.
type hoard struct {
	next  *hoard
	bytes [64 << 20]byte
}

var spinning atomic.Bool // stays true: no compiler and no checker sees that the loop has no end

func init() { spinning.Store(true) }

var quick = Limits{Memory: 1 << 30, CPU: time.Second, Silence: 2 * time.Second, Wait: 2 * time.Second}

// handle does what the request says.
func handle(request []byte, send Send) error {
	switch string(request) {
	case "exit":
		os.Exit(3)
	case "panic":
		panic("on purpose")
	case "spin":
		for spinning.Load() {
		}
	case "sleep":
		time.Sleep(time.Hour)
	case "slow": // longer than the silence, with signs of life
		for range 30 {
			time.Sleep(100 * time.Millisecond)
			send('d')
		}
	case "eat":
		for next := (*hoard)(nil); ; {
			next = &hoard{next: next}
			for i := 0; i < len(next.bytes); i += 4096 {
				next.bytes[i] = 1
			}
			send('d', next.bytes[:1])
		}
	case "error":
		return errors.New("no")
	case "large":
		b := bytes.Repeat([]byte("x"), 5<<20)
		return send('d', b[:1], b, nil)
	case "capital":
		if send('D') == nil {
			return send('z')
		}
	case "pid":
		return send('p', []byte(strconv.Itoa(os.Getpid())))
	}
	return send('r', []byte("you said "), request)
}

func call(p *Process, request string) (string, error) {
	var out strings.Builder
	err := p.Call([]byte(request), func(kind byte, n int, r io.Reader) error {
		if kind == 'd' {
			return nil // unread
		}
		fmt.Fprintf(&out, "%c%d ", kind, n)
		_, err := io.Copy(&out, r)
		return err
	})
	return out.String(), err
}

func start(t *testing.T, ctx context.Context, l Limits) *Process {
	t.Helper()
	p, err := Start(ctx, "test", l)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func TestCalls(t *testing.T) {
	p := start(t, t.Context(), quick)
	for _, r := range []string{"hello", "", "large", "slow", "capital", strings.Repeat("y", 1<<20)} {
		want := fmt.Sprintf("r%d you said %s", 9+len(r), r)
		if r == "large" {
			want = ""
		}
		if got, err := call(p, r); err != nil || got != want {
			t.Errorf("%.20s: %.40s %v", r, got, err)
		}
	}
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			if got, err := call(p, strconv.Itoa(i)); err != nil || !strings.HasSuffix(got, "said "+strconv.Itoa(i)) {
				t.Error(got, err)
			}
		})
	}
	wg.Wait()
	if err := p.Call(make([]byte, maxRequest+1), nil); err == nil {
		t.Error("a request of any size was taken")
	}
	mine := errors.New("mine")
	if err := p.Call([]byte("hello"), func(byte, int, io.Reader) error { return mine }); err != mine {
		t.Error(err)
	}
	if _, err := call(p, "hello"); err != mine {
		t.Error("after an error of the receiver:", err)
	}
	p.Close()
	p.Close()
}

// TestDeaths lets children die of everything. Each is an error in words within seconds, and so is every later call.
func TestDeaths(t *testing.T) {
	for request, want := range map[string]string{
		"exit": "exit status 3", "panic": "exit status 2", "spin": "not come to an end", "sleep": "not come to an end",
		"eat": "more memory", "error": "exit status 70",
	} {
		t.Run(request, func(t *testing.T) {
			t.Parallel()
			switch {
			case request != "eat":
			case !bounded:
				t.Skip("this system does not bound memory")
			case raceDetector:
				want = "the process that read it" // the detector ends in words of its own
			}
			p := start(t, t.Context(), quick)
			begin := time.Now()
			for range 2 {
				_, err := call(p, request)
				var dead *Error
				if !errors.As(err, &dead) || !strings.Contains(err.Error(), want) {
					t.Errorf("%v, want %s", err, want)
				}
			}
			if d := time.Since(begin); d > 20*time.Second {
				t.Error("it took", d)
			}
		})
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p := start(t, ctx, Limits{CPU: time.Hour, Silence: time.Minute, Wait: time.Hour})
	time.AfterFunc(100*time.Millisecond, cancel)
	begin := time.Now()
	if _, err := call(p, "spin"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if d := time.Since(begin); d > 2*time.Second {
		t.Error("cancelling took", d)
	}
	if _, err := Start(ctx, "test", quick); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestStartFails(t *testing.T) {
	if _, err := Start(t.Context(), "nobody", quick); err == nil {
		t.Error("an unknown role was started")
	}
	allowed.Store(false)
	defer allowed.Store(true)
	if _, err := Start(t.Context(), "test", quick); err == nil || !strings.Contains(err.Error(), "guard.Main") {
		t.Error(err)
	}
}

// TestParentDies kills a process that has a spinning child: the child ends too.
func TestParentDies(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "GUARD_TEST_PARENT=1")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Fscan(out, &pid); err != nil {
		t.Fatal(err)
	}
	if !alive(pid) {
		t.Fatal("the child is not there")
	}
	cmd.Process.Kill()
	cmd.Wait()
	for range 100 {
		if !alive(pid) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Error("the child outlived its parent")
}

// parent starts a child that works without end, says its number and waits.
func parent() {
	p, err := Start(context.Background(), "test", Limits{CPU: time.Hour, Silence: time.Hour, Wait: time.Hour})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	got, _ := call(p, "pid")
	fmt.Println(strings.Fields(got)[1])
	call(p, "sleep")
}

// TestTail keeps what a child complained first.
func TestTail(t *testing.T) {
	var b tail
	for range 1000 {
		if n, err := b.Write([]byte("SIGSEGV: ...")); n != 12 || err != nil {
			t.Fatal(n, err)
		}
	}
	if s := b.String(); len(s) != 4096 || !strings.HasPrefix(s, "SIGSEGV") {
		t.Error(len(s))
	}
}
