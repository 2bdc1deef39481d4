package weights

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"reverie/compute/format/safetensors"
	"reverie/compute/format/torch"
	"reverie/compute/nn"
)

// TestFullSize loads full-size files that testdata/torchfiles/vgg.py wrote, and holds time and memory to
// the bounds: 1.2 times the content at the peak.
func TestFullSize(t *testing.T) {
	folder := os.Getenv("REVERIE_FULL_MODELS")
	if folder == "" {
		t.Skip("REVERIE_FULL_MODELS names no folder written by testdata/torchfiles/vgg.py")
	}
	want, err := os.ReadFile(filepath.Join(folder, "vgg19.sha256"))
	if err != nil {
		t.Fatal(err)
	}
	net, err := nn.VGG19(nn.VGG19Config{})
	if err != nil {
		t.Fatal(err)
	}
	name := os.Getenv("REVERIE_FULL_MODEL") // one file per process, so that the peak is its own
	path := filepath.Join(folder, name)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	size := info.Size()
	began := time.Now()
	var list []Source
	if strings.HasSuffix(name, ".safetensors") {
		f, err := safetensors.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		list = SafetensorsSources(f)
	} else {
		f, err := torch.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		list = TorchSources(f)
	}
	v, err := VGG19FromTorch(list)
	if err != nil {
		t.Fatal(err)
	}
	took, peak := time.Since(began), peakRSS(t) // before the plain read takes memory too
	plain := plainRead(t, path)
	if got := v.Weights.SHA256(net); got != string(want) {
		t.Errorf("%s: SHA-256 %s, want %s", name, got, want)
	}
	t.Logf("%s: plain read %v, load %v (%.2f times), peak %.3f of %d MB", name, plain, took, took.Seconds()/plain.Seconds(), float64(peak)/float64(size), size>>20)
	if float64(peak) > 1.2*float64(size) {
		t.Errorf("%s: peak %d bytes for %d", name, peak, size)
	}
}

// plainRead reads the whole file into memory, as any loader must; the better of two times.
func plainRead(t *testing.T, path string) time.Duration {
	best := time.Duration(math.MaxInt64)
	for range 2 {
		began := time.Now()
		if _, err := os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
		best = min(best, time.Since(began))
	}
	return best
}

func peakRSS(t *testing.T) int64 {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip("this system does not tell a process's peak memory")
	}
	m := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(b)
	if m == nil {
		t.Fatal("no VmHWM")
	}
	n, err := strconv.ParseInt(string(bytes.TrimSpace(m[1])), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n << 10
}

// TestFullGenerators opens full-size generators of bdpy's own classes, which testdata/models/make.py full
// wrote, and holds values, time and memory.
func TestFullGenerators(t *testing.T) {
	folder := os.Getenv("REVERIE_FULL_GENERATORS")
	if folder == "" {
		t.Skip("REVERIE_FULL_GENERATORS names no folder written by testdata/models/make.py full")
	}
	raw, err := os.ReadFile(filepath.Join(folder, "full.json"))
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]map[string]string
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	roles := map[string]Role{"AlexNetGenerator.pt": GeneratorRelu, "generator_relu6.pt": GeneratorRelu6, "AlexNetPool5Generator.pt": GeneratorPool5}
	for name, digests := range want {
		path := filepath.Join(folder, name)
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		began := time.Now()
		f, err := Open(t.Context(), path, nil)
		if err != nil {
			t.Error(err)
			continue
		}
		took := time.Since(began)
		runtime.ReadMemStats(&after)
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		used := float64(after.TotalAlloc-before.TotalAlloc) / float64(info.Size())
		t.Logf("%s: %s: %v, allocated %.3f of %d MB, plain read %v; %v", name, f.About, took, used, info.Size()>>20, plainRead(t, path), f.Notes)
		role, ok := roles[name]
		if !ok {
			role = RoleUnknown
			if !strings.Contains(strings.Join(f.Notes, " "), "generator from another layer") {
				t.Errorf("%s: %v", name, f.Notes)
			}
		}
		if f.Role != role || used > 1.2 {
			t.Errorf("%s: %s, %.3f of the file's size allocated", name, f.Role, used)
		}
		if f.Generator == nil {
			continue
		}
		checkGenerator(t, f.Generator)
		for _, l := range f.Generator.Layers {
			if digestOf(l.Weight) != digests[l.Name+".weight"] || digestOf(l.Bias) != digests[l.Name+".bias"] {
				t.Errorf("%s: %s differs from torch's", name, l.Name)
			}
		}
	}
}
