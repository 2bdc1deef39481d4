package torch

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"

	"reverie/compute/format/pickle"
)

// magic opens the legacy container.
var magic, _ = new(big.Int).SetString("1950a86a20f9469cfc6c", 16)

const legacyProtocol = 1001

// openLegacy reads the legacy container: pickles of the magic number, the protocol, facts about the
// writer's machine, the object and the list of storage keys; then each storage's count and bytes.
//
// The bytes are little-endian whatever the writer's machine says of itself: torch swaps them when it
// writes (writeFileRaw). Only the count was once written in the machine's own order.
func (f *File) openLegacy() error {
	d := f.decoder(0, f.size)
	v, err := d.Decode()
	if err != nil {
		return fmt.Errorf("neither a zip archive nor a pickle: no PyTorch file, or a damaged one: %w", err)
	}
	if m, ok := v.(*big.Int); !ok || m.Cmp(magic) != 0 {
		return errors.New("a pickle without PyTorch's magic number: load it in Python and save its state dict with torch.save")
	}
	if v, err = d.Decode(); err != nil {
		return fmt.Errorf("protocol number: %w", err)
	}
	if v != int64(legacyProtocol) {
		return fmt.Errorf("protocol %s of the legacy container is not known, %d is", show(v), legacyProtocol)
	}
	if _, err = d.Decode(); err != nil {
		return fmt.Errorf("facts about the writer's machine: %w", err)
	}
	tree, err := d.Decode()
	if err != nil {
		return err
	}
	keys, err := d.Decode()
	if err != nil {
		return fmt.Errorf("list of storages: %w", err)
	}
	list, ok := keys.(*pickle.List)
	if !ok {
		return errors.New("the list of storages is no list: the file is damaged")
	}
	at := d.Offset()
	for _, k := range list.Items {
		key, ok := pickle.Text(k)
		if !ok {
			return errors.New("the list of storages holds something else than keys: the file is damaged")
		}
		if at, err = f.legacyStorage(key, at); err != nil {
			return err
		}
	}
	return f.flatten(tree)
}

// legacyStorage locates the storage whose count is at the offset and returns where the next begins.
func (f *File) legacyStorage(key string, at int64) (int64, error) {
	s := f.storages[key]
	if s == nil || s.found {
		return 0, fmt.Errorf("storage %.100q at offset %d belongs to no tensor, or comes twice: the file is damaged", key, at)
	}
	var count [8]byte
	if n, err := f.r.ReadAt(count[:], at); n < 8 {
		return 0, fmt.Errorf("storage %.100q: its count at offset %d: the file is cut off: %w", key, at, short(err))
	}
	want := uint64(s.numel)
	if got := binary.LittleEndian.Uint64(count[:]); got != want && binary.BigEndian.Uint64(count[:]) != want {
		return 0, fmt.Errorf("storage %.100q claims %d elements at offset %d, the pickle %d: the file is damaged", key, got, at, want)
	}
	at += 8
	if s.bytes > f.size-at {
		return 0, fmt.Errorf("storage %.100q takes %d bytes at offset %d and %d are left: the file is cut off", key, s.bytes, at, f.size-at)
	}
	s.offset, s.found = at, true
	return at + s.bytes, nil
}
