package hdf5

import (
	"bytes"
	"encoding/binary"
	"encoding/gob"
	"errors"
	"sync"

	"reverie/compute/format/guard"
)

// The child's side: requests are gobs, numbers go in pieces, the reply is the last frame.

const (
	role = "hdf5"

	frameBegin = 's' // rank, shape: 8 bytes each
	framePiece = 'p' // rank, start, count: 8 bytes each; numbers
	frameReply = 'r' // a gob

	pieceBytes = 1 << 20
)

func init() {
	gob.Register([][]int64{})
	gob.Register([][]float64{})
	guard.Register(role, newServer)
}

func newServer() guard.Handler {
	l := &local{}
	return func(request []byte, send guard.Send) error {
		req, rep, err := decodeRequest(request)
		if err != nil {
			return err
		}
		switch req.Op {
		case opOpen:
			*l = local{path: req.Name, size: int64(req.Type)}
			err = l.open()
		case opClose:
			err = l.close()
		default:
			s := &pipe{send: send}
			rep, err = l.serve(req, s)
			err = errors.Join(err, s.flush())
		}
		if err != nil {
			rep = &reply{Failure: failed(err)}
		}
		var b bytes.Buffer
		if err := gob.NewEncoder(&b).Encode(rep); err != nil {
			return err
		}
		return send(frameReply, b.Bytes())
	}
}

func decodeRequest(b []byte) (*request, *reply, error) {
	var req request
	return &req, &reply{}, gob.NewDecoder(bytes.NewReader(b)).Decode(&req)
}

// pipe is a sink that sends what it is given, one piece while the next is read.
type pipe struct {
	send guard.Send
	bufs [2][]byte
	turn int
	head []byte
	cur  []byte

	busy sync.WaitGroup
	err  error // of the piece under way; touched between waits only
}

func (p *pipe) begin(shape []int, _ int) error { return p.send(frameBegin, words(shape)) }

func (p *pipe) room() int { return pieceBytes }

func (p *pipe) piece(start, count []int, n int) []byte {
	p.turn = 1 - p.turn
	if cap(p.bufs[p.turn]) < n {
		p.bufs[p.turn] = make([]byte, n)
	}
	p.head, p.cur = words(append(append([]int(nil), start...), count...)), p.bufs[p.turn][:n]
	return p.cur
}

func (p *pipe) done() error {
	if err := p.flush(); err != nil {
		return err
	}
	head, cur := p.head, p.cur
	p.busy.Go(func() { p.err = p.send(framePiece, head, cur) })
	return nil
}

// flush waits for the piece under way.
func (p *pipe) flush() error {
	p.busy.Wait()
	return p.err
}

// words encodes numbers that follow their count.
func words(v []int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(v)))
	for _, x := range v {
		b = binary.LittleEndian.AppendUint64(b, uint64(x))
	}
	return b
}
