package batch

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"time"

	"reverie/app/pipeline"
	"reverie/compute/recon"
)

// state keeps the images on the way. The file begins with what tells the chunk and with the course of the losses;
// the state of the run (compute/recon) follows. It is written beside its place and renamed. It is not forced to the
// disk: checksums tell what a power failure tore, and then the chunk begins anew.
type state struct {
	path    string
	chunk   chunk
	curves  [][]pipeline.CurvePoint
	resumed bool
	last    time.Time     // of the latest checkpoint, or the start
	took    time.Duration // to write it
}

const (
	stateMagic = "reverie batch 1\n"
	// share of the time that checkpoints take is at most 1/shareOf.
	shareOf        = 20
	mostHeaderSize = 1 << 30
)

// leastBetween is the time between checkpoints where they cost nothing; tests shorten it.
var leastBetween = 3 * time.Second

type stateHeader struct {
	Program int
	Units   [][2]int      // part, sample
	Curves  [][][3]uint64 // iteration, evaluation, the loss's bits: it may be infinite
}

func newState(path string, c chunk, images int) *state {
	return &state{path: path, chunk: c, curves: make([][]pipeline.CurvePoint, images), last: time.Now()}
}

// reached is the iteration that an image got to.
func (s *state) reached(i int) int {
	if n := len(s.curves[i]); n > 0 {
		return s.curves[i][n-1].Iteration
	}
	return 0
}

func (s *state) header() stateHeader {
	h := stateHeader{Program: s.chunk.program}
	for _, u := range s.chunk.units {
		h.Units = append(h.Units, [2]int{u.part, u.sample})
	}
	return h
}

// open reads the curves of this chunk's state and gives what follows, as a part of a file to be closed; nil where there
// is none of it.
func (s *state) open() (*os.File, *io.SectionReader, error) {
	f, err := os.Open(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("batch: go on: %w", err)
	}
	h, size, err := readHeader(f)
	if err != nil || !s.fits(h) {
		f.Close()
		return nil, nil, nil // of another chunk, or torn: this chunk begins anew
	}
	for i, c := range h.Curves {
		for _, p := range c {
			s.curves[i] = append(s.curves[i], pipeline.CurvePoint{Iteration: int(p[0]), Evaluation: int(p[1]), Loss: math.Float64frombits(p[2])})
		}
	}
	s.resumed = true
	at, err := f.Seek(0, io.SeekCurrent)
	if err != nil {
		f.Close()
		return nil, nil, fmt.Errorf("batch: go on: %w", err)
	}
	return f, io.NewSectionReader(f, at, size-at), nil
}

func (s *state) fits(h stateHeader) bool {
	want := s.header()
	if h.Program != want.Program || len(h.Units) != len(want.Units) || len(h.Curves) != len(want.Units) {
		return false
	}
	for i := range h.Units {
		if h.Units[i] != want.Units[i] {
			return false
		}
	}
	return true
}

// readHeader reads what stands before the run's state, and the file's size. f stands at the state afterwards.
func readHeader(f *os.File) (h stateHeader, size int64, err error) {
	st, err := f.Stat()
	if err != nil {
		return h, 0, err
	}
	lead := make([]byte, len(stateMagic)+8)
	if _, err := io.ReadFull(f, lead); err != nil || string(lead[:len(stateMagic)]) != stateMagic {
		return h, 0, recon.ErrState
	}
	n := int64(binary.LittleEndian.Uint32(lead[len(stateMagic):]))
	if n > min(mostHeaderSize, st.Size()-int64(len(lead))) {
		return h, 0, recon.ErrState
	}
	raw := make([]byte, n)
	if _, err := io.ReadFull(f, raw); err != nil {
		return h, 0, err
	}
	if crc32.ChecksumIEEE(raw) != binary.LittleEndian.Uint32(lead[len(stateMagic)+4:]) {
		return h, 0, recon.ErrState
	}
	return h, st.Size(), json.Unmarshal(raw, &h)
}

// drop removes the state.
func (s *state) drop() { os.Remove(s.path) }

// checkpoint writes the state where the latest is old enough: so old that writing takes no more than its share.
func (s *state) checkpoint(save func(io.Writer) error) error {
	begun := time.Now()
	if begun.Sub(s.last) < max(leastBetween, shareOf*s.took) {
		return nil
	}
	if err := s.write(save); err != nil {
		return fmt.Errorf("batch: keep the images on the way: %w (is the disk full?)", err)
	}
	s.last = time.Now()
	s.took = s.last.Sub(begun)
	return nil
}

func (s *state) write(save func(io.Writer) error) error {
	h := s.header()
	for _, c := range s.curves {
		points := make([][3]uint64, len(c))
		for i, p := range c {
			points[i] = [3]uint64{uint64(p.Iteration), uint64(p.Evaluation), math.Float64bits(p.Loss)}
		}
		h.Curves = append(h.Curves, points)
	}
	raw, err := json.Marshal(h)
	if err != nil {
		return err
	}
	temp := filepath.Join(filepath.Dir(s.path), "."+stateFile)
	f, err := os.Create(temp)
	if err != nil {
		return err
	}
	var lead bytes.Buffer
	lead.WriteString(stateMagic)
	lead.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(raw))))
	lead.Write(binary.LittleEndian.AppendUint32(nil, crc32.ChecksumIEEE(raw)))
	lead.Write(raw)
	_, err = f.Write(lead.Bytes())
	if err == nil {
		err = save(f)
	}
	if err := errors.Join(err, f.Close()); err != nil {
		os.Remove(temp)
		return err
	}
	return os.Rename(temp, s.path)
}
