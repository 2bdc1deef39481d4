package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"reverie/app/dataset/bdata"
	"reverie/app/dataset/features"
	"reverie/app/intake"
	"reverie/compute/weights"
)

// loadRow is what loading one file took. Peaks are of a process that does nothing else.
type loadRow struct {
	Path      string  `json:"path"`
	Kind      string  `json:"kind"`
	What      string  `json:"what"` // what was read
	Bytes     int64   `json:"bytes"`
	Content   int64   `json:"content_bytes"` // of the values in memory
	Load      float64 `json:"load_s"`
	Plain     float64 `json:"plain_read_s"` // of the same bytes, from the system's cache
	ToPlain   float64 `json:"ratio_to_plain"`
	Peer      float64 `json:"peer_s,omitempty"`
	PeerName  string  `json:"peer,omitempty"`
	ToPeer    float64 `json:"ratio_to_peer,omitempty"`
	Idle      int64   `json:"idle_bytes"` // memory of the process before
	Peak      int64   `json:"peak_bytes"` // of the process at most, this one and the one that guards it
	ToContent float64 `json:"peak_to_content"`
}

// benchLoad times loading: each repetition in a process of its own, against a
// plain read of the same bytes and, with a peer, against Python's libraries.
func benchLoad(ctx context.Context, e *env, paths []string, repeats int, python, script string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	var rows []loadRow
	for _, p := range paths {
		row := loadRow{Load: math.Inf(1)}
		plain := math.Inf(1)
		for range repeats {
			var one loadRow
			if err := inChild(ctx, self, &one, "--here", p); err != nil {
				return err
			}
			if one.Load < row.Load {
				row = one
			}
			if err := inChild(ctx, self, &one, "--plain", p); err != nil {
				return err
			}
			plain = min(plain, one.Plain)
		}
		row.Plain = plain
		row.ToPlain = row.Load / row.Plain
		for range repeats {
			if python == "" {
				break
			}
			out, err := exec.CommandContext(ctx, python, script, p).Output()
			if err != nil {
				return fmt.Errorf("the peer %s %s failed: %w", python, script, err)
			}
			var peer struct {
				Name    string
				Seconds float64
			}
			if err := json.Unmarshal(out, &peer); err != nil {
				return fmt.Errorf("the peer's answer: %w", err)
			}
			if row.Peer == 0 || peer.Seconds < row.Peer {
				row.Peer, row.PeerName, row.ToPeer = peer.Seconds, peer.Name, row.Load/peer.Seconds
			}
		}
		e.say("%s: %s, %s", filepath.Base(p), row.Kind, row.What)
		e.say("  %d MiB in %.3f s, a plain read takes %.3f s (ratio %.2f); peak %.0f MiB over %.0f idle, %.2f of the content", row.Bytes>>20, row.Load, row.Plain, row.ToPlain,
			float64(row.Peak)/(1<<20), float64(row.Idle)/(1<<20), row.ToContent)
		if row.Peer > 0 {
			e.say("  %s: %.3f s (ours ×%.2f of it)", row.PeerName, row.Peer, row.ToPeer)
		}
		rows = append(rows, row)
	}
	return e.result(rows)
}

// loadHere loads one thing in this process.
func loadHere(ctx context.Context, e *env, path string) error {
	items, err := intake.Sort(ctx, []string{path}, nil)
	if err != nil {
		return err
	}
	if len(items) != 1 {
		return fmt.Errorf("%s holds %d things: name one", path, len(items))
	}
	row := loadRow{Path: path, Kind: string(items[0].Kind)}
	if row.Bytes, err = size(path); err != nil {
		return err
	}
	row.Idle = peakMemory()
	begun := time.Now()
	switch items[0].Kind {
	case intake.Subject:
		err = row.subject(ctx)
	case intake.Model:
		err = row.model(ctx)
	case intake.Features:
		err = row.features(ctx)
	default:
		return fmt.Errorf("%s: %s: no loading of that is timed", path, items[0].Kind)
	}
	if err != nil {
		return err
	}
	row.Load = time.Since(begun).Seconds()
	row.Peak = peakMemory()
	row.ToContent = float64(row.Peak-row.Idle) / float64(row.Content)
	return e.result(row)
}

func (r *loadRow) subject(ctx context.Context) error {
	f, err := bdata.OpenGuarded(ctx, r.Path)
	if err != nil {
		return err
	}
	defer f.Close()
	x, rows, cols, err := f.Select("VoxelData")
	r.What, r.Content = fmt.Sprintf("%d samples × %d voxels", rows, cols), int64(8*len(x))
	return err
}

func (r *loadRow) model(ctx context.Context) error {
	m, err := weights.OpenVGG19(ctx, r.Path, nil)
	if err != nil {
		return err
	}
	for _, w := range m.Weights {
		r.Content += int64(4 * (len(w.W) + len(w.B)))
	}
	r.What = fmt.Sprintf("%d layers, with checksum and a look at every value", len(m.Net.Layers()))
	return nil
}

func (r *loadRow) features(ctx context.Context) error {
	s, err := features.OpenGuarded(ctx, r.Path)
	if err != nil {
		return err
	}
	sets := s.Sets()
	n := 0
	for _, set := range sets {
		part, err := s.Select(set)
		if err != nil {
			return err
		}
		for _, layer := range part.Layers() {
			for _, label := range part.Labels() {
				v, err := part.Read(layer, label)
				if err != nil {
					return err
				}
				r.Content += int64(4 * len(v))
				n++
			}
		}
	}
	r.What = fmt.Sprintf("%d samples of layers, one after the other", n)
	return nil
}

// size is that of a file or of all files in a folder.
func size(path string) (n int64, err error) {
	err = filepath.WalkDir(path, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		st, err := d.Info()
		if err == nil {
			n += st.Size()
		}
		return err
	})
	return n, err
}

// inChild runs the bench of one file in a process of its own.
func inChild(ctx context.Context, self string, into *loadRow, how, path string) error {
	out, err := exec.CommandContext(ctx, self, "bench", how, "--json", path).Output()
	var x *exec.ExitError
	if errors.As(err, &x) {
		return fmt.Errorf("load %s: %s", path, x.Stderr)
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(out, into)
}

// plainRead reads a file, or all of a folder, as bytes into fresh memory.
func plainRead(e *env, path string) error {
	begun := time.Now()
	err := filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		_, err = os.ReadFile(p)
		return err
	})
	if err != nil {
		return err
	}
	return e.result(loadRow{Path: path, Plain: time.Since(begun).Seconds()})
}

var highWater = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// peakMemory is the most that this process had resident, 0 where the system does not tell.
func peakMemory() int64 {
	raw, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	m := highWater.FindSubmatch(raw)
	if m == nil {
		return 0
	}
	n, _ := strconv.ParseInt(string(m[1]), 10, 64)
	return n << 10
}
