package batch

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"reverie/app/export"
	"reverie/app/session"
)

// Decoding goes over all training data, so it is done once for many samples of
// a set: a block. Its features go to the disk, a file per layer, and are read
// image by image. What is in a block does not depend on what was there before.

// notesFile is written last into a block.
const notesFile = "notes.json"

func (j *Job) units(set *Set) int64 {
	m := j.Host.Model(set.Imagery)
	n := int64(0)
	for _, l := range set.Layers {
		n += int64(m.Shape(l).Len())
	}
	return n
}

// cached tells whether features go by the disk: stored ones lie there already.
func (j *Job) cached() bool { return j.Spec.Source != session.Stored }

// cacheOf is what a set's features take on the disk.
func (j *Job) cacheOf(set *Set) int64 {
	if !j.cached() {
		return 0
	}
	return int64(len(set.Labels)) * j.units(set) * 4
}

// blockOf is how many samples of a set are decoded together. They take a quarter of the memory: what sums them up
// holds as much again for the stimuli that it adds.
func (j *Job) blockOf(set *Set) int {
	n := j.Spec.Memory / 4 / max(1, j.units(set)*4)
	return int(min(max(n, 1), int64(len(set.Labels))))
}

func (j *Job) blockDir(set, block int) string {
	return j.work(cacheDir, strconv.Itoa(set), strconv.Itoa(block))
}

// decode makes the block with a sample, where it is missing.
func (j *Job) decode(ctx context.Context, set, sample int, step func(stage string, done, total int)) error {
	s := j.sets[set]
	size := j.blockOf(s)
	block := sample / size
	dir := j.blockDir(set, block)
	if _, err := os.Stat(filepath.Join(dir, notesFile)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	from, to := block*size, min((block+1)*size, len(s.Labels))
	temp := dir + ".tmp"
	if err := os.RemoveAll(temp); err != nil {
		return fmt.Errorf("batch: decoded features: %w", err)
	}
	if err := os.MkdirAll(temp, 0o755); err != nil {
		return fmt.Errorf("batch: decoded features: %w", err)
	}
	w := &blockWriter{dir: temp, set: s}
	defer w.close()
	for _, l := range s.Layers {
		if err := w.add(l, j.Host.Model(s.Imagery).Shape(l).Len(), to-from); err != nil {
			return err
		}
	}
	notes, err := j.Host.Features(ctx, s, from, to, s.Layers, w.take, step)
	if err == nil {
		err = w.finish(notes)
	}
	if err != nil {
		return err
	}
	if err := os.Rename(temp, dir); err != nil {
		return fmt.Errorf("batch: decoded features: %w", err)
	}
	return nil
}

// blockWriter takes the features of a block.
type blockWriter struct {
	dir   string
	set   *Set
	files []*os.File
	units []int
	given [][]bool // [layer][sample]
	raw   []byte
}

func (w *blockWriter) add(layer string, units, samples int) error {
	f, err := os.Create(filepath.Join(w.dir, layer+".f32"))
	if err != nil {
		return fmt.Errorf("batch: decoded features: %w", err)
	}
	w.files, w.units, w.given = append(w.files, f), append(w.units, units), append(w.given, make([]bool, samples))
	return nil
}

func (w *blockWriter) take(sample, layer int, values []float32) error {
	if layer < 0 || layer >= len(w.files) || sample < 0 || sample >= len(w.given[layer]) || len(values) != w.units[layer] {
		return fmt.Errorf("batch: %d decoded features for sample %d of layer %d do not fit", len(values), sample, layer)
	}
	w.raw = w.raw[:0]
	for _, v := range values {
		w.raw = binary.LittleEndian.AppendUint32(w.raw, math.Float32bits(v))
	}
	w.given[layer][sample] = true
	if _, err := w.files[layer].WriteAt(w.raw, int64(sample)*int64(len(w.raw))); err != nil {
		return fmt.Errorf("batch: keep decoded features: %w (is the disk full?)", err)
	}
	return nil
}

func (w *blockWriter) finish(notes []string) error {
	for l, given := range w.given {
		for i, ok := range given {
			if !ok {
				return fmt.Errorf("batch: no features of %s for sample %d from %s", w.set.Layers[l], i, w.set.ROI)
			}
		}
	}
	for i, f := range w.files {
		w.files[i] = nil
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			return fmt.Errorf("batch: keep decoded features: %w", err)
		}
	}
	return export.JSON(filepath.Join(w.dir, notesFile), notes)
}

func (w *blockWriter) close() {
	for _, f := range w.files {
		if f != nil {
			f.Close()
		}
	}
}

// load reads the features of a sample, of some layers.
func (j *Job) load(ctx context.Context, set, sample int, layers []string) (values [][]float32, err error) {
	s := j.sets[set]
	m := j.Host.Model(s.Imagery)
	if !j.cached() {
		values = make([][]float32, len(layers))
		_, err := j.Host.Features(ctx, s, sample, sample+1, layers, func(_, layer int, v []float32) error {
			values[layer] = append([]float32(nil), v...)
			return nil
		}, func(string, int, int) {})
		return values, err
	}
	size := j.blockOf(s)
	for _, l := range layers {
		n := m.Shape(l).Len()
		v, err := readRow(filepath.Join(j.blockDir(set, sample/size), l+".f32"), sample%size, n)
		if err != nil {
			return nil, fmt.Errorf("batch: decoded features of %q: %w (run again: they are decoded anew where they are missing)", s.Labels[sample], err)
		}
		values = append(values, v)
	}
	return values, nil
}

// rows are read by way of buffers that later reads take over.
var rows = sync.Pool{New: func() any { return new([]byte) }}

func readRow(path string, row, units int) ([]float32, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b := rows.Get().(*[]byte)
	defer rows.Put(b)
	if cap(*b) < 4*units {
		*b = make([]byte, 4*units)
	}
	raw := (*b)[:4*units]
	if _, err := f.ReadAt(raw, int64(row)*int64(len(raw))); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	v := make([]float32, units)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return v, nil
}

// notes are those of a sample's block.
func (j *Job) notes(set, sample int) []string {
	raw, err := os.ReadFile(filepath.Join(j.blockDir(set, sample/j.blockOf(j.sets[set])), notesFile))
	var notes []string
	if err != nil || json.Unmarshal(raw, &notes) != nil {
		return nil // of stored features
	}
	return notes
}
