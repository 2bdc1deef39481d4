package pickle

import "math"

type opcode struct {
	name string
	run  func(d *Decoder) error
}

// opcodes is the table of pickletools, without STOP.
var opcodes = map[byte]opcode{
	// stack
	'(': {"MARK", func(d *Decoder) error {
		d.marks = append(d.marks, len(d.stack))
		return d.count()
	}},
	'0': {"POP", func(d *Decoder) error {
		if n := len(d.marks); n > 0 && d.marks[n-1] == len(d.stack) {
			d.marks = d.marks[:n-1]
			return nil
		}
		_, err := d.pop()
		return err
	}},
	'1': {"POP_MARK", func(d *Decoder) error { _, err := d.popMark(); return err }},
	'2': {"DUP", func(d *Decoder) error {
		v, err := d.top()
		if err != nil {
			return err
		}
		return d.push(v)
	}},

	// memo
	'p':  {"PUT", func(d *Decoder) error { return d.withLine(d.put) }},
	'q':  {"BINPUT", func(d *Decoder) error { return d.withUint(1, d.put) }},
	'r':  {"LONG_BINPUT", func(d *Decoder) error { return d.withUint(4, d.put) }},
	0x94: {"MEMOIZE", func(d *Decoder) error { return d.put(int64(len(d.memo))) }},
	'g':  {"GET", func(d *Decoder) error { return d.withLine(d.get) }},
	'h':  {"BINGET", func(d *Decoder) error { return d.withUint(1, d.get) }},
	'j':  {"LONG_BINGET", func(d *Decoder) error { return d.withUint(4, d.get) }},

	// constants and numbers
	'N':  {"NONE", func(d *Decoder) error { return d.push(nil) }},
	0x88: {"NEWTRUE", func(d *Decoder) error { return d.push(true) }},
	0x89: {"NEWFALSE", func(d *Decoder) error { return d.push(false) }},
	'I':  {"INT", (*Decoder).decimal},
	'L':  {"LONG", (*Decoder).decimal},
	'F':  {"FLOAT", (*Decoder).decimalFloat},
	'J': {"BININT", func(d *Decoder) error {
		x, err := d.src.uint(4)
		if err != nil {
			return err
		}
		return d.push(int64(int32(x)))
	}},
	'K':  {"BININT1", func(d *Decoder) error { return d.withUint(1, func(x int64) error { return d.push(x) }) }},
	'M':  {"BININT2", func(d *Decoder) error { return d.withUint(2, func(x int64) error { return d.push(x) }) }},
	0x8a: {"LONG1", func(d *Decoder) error { return d.withLength(1, d.binaryLong) }},
	0x8b: {"LONG4", func(d *Decoder) error { return d.withLength(4, d.binaryLong) }},
	'G': {"BINFLOAT", func(d *Decoder) error {
		b, err := d.src.bytes(8)
		if err != nil {
			return err
		}
		var x uint64
		for _, c := range b {
			x = x<<8 | uint64(c)
		}
		return d.push(math.Float64frombits(x))
	}},

	// strings
	'S':  {"STRING", (*Decoder).quoted},
	'V':  {"UNICODE", (*Decoder).rawUnicode},
	'T':  {"BINSTRING", func(d *Decoder) error { return d.withLength(4, d.str) }},
	'U':  {"SHORT_BINSTRING", func(d *Decoder) error { return d.withLength(1, d.str) }},
	'X':  {"BINUNICODE", func(d *Decoder) error { return d.withLength(4, d.unicode) }},
	0x8c: {"SHORT_BINUNICODE", func(d *Decoder) error { return d.withLength(1, d.unicode) }},
	0x8d: {"BINUNICODE8", func(d *Decoder) error { return d.withLength(8, d.unicode) }},
	'B':  {"BINBYTES", func(d *Decoder) error { return d.withLength(4, d.bytes) }},
	'C':  {"SHORT_BINBYTES", func(d *Decoder) error { return d.withLength(1, d.bytes) }},
	0x8e: {"BINBYTES8", func(d *Decoder) error { return d.withLength(8, d.bytes) }},
	0x96: {"BYTEARRAY8", func(d *Decoder) error { return d.withLength(8, d.bytes) }},

	// containers
	')':  {"EMPTY_TUPLE", func(d *Decoder) error { return d.push(&Tuple{}) }},
	't':  {"TUPLE", func(d *Decoder) error { return d.fromMark(func(v []Value) Value { return &Tuple{v} }) }},
	0x85: {"TUPLE1", func(d *Decoder) error { return d.tuple(1) }},
	0x86: {"TUPLE2", func(d *Decoder) error { return d.tuple(2) }},
	0x87: {"TUPLE3", func(d *Decoder) error { return d.tuple(3) }},
	']':  {"EMPTY_LIST", func(d *Decoder) error { return d.push(&List{}) }},
	'l':  {"LIST", func(d *Decoder) error { return d.fromMark(func(v []Value) Value { return &List{v} }) }},
	'a': {"APPEND", func(d *Decoder) error {
		v, err := d.popN(1)
		if err != nil {
			return err
		}
		return d.extend(v, false)
	}},
	'e': {"APPENDS", func(d *Decoder) error {
		v, err := d.popMark()
		if err != nil {
			return err
		}
		return d.extend(v, false)
	}},
	0x8f: {"EMPTY_SET", func(d *Decoder) error { return d.push(&Set{}) }},
	0x91: {"FROZENSET", func(d *Decoder) error { return d.fromMark(func(v []Value) Value { return &Set{v} }) }},
	0x90: {"ADDITEMS", func(d *Decoder) error {
		v, err := d.popMark()
		if err != nil {
			return err
		}
		return d.extend(v, true)
	}},
	'}': {"EMPTY_DICT", func(d *Decoder) error { return d.push(&Dict{}) }},
	'd': {"DICT", func(d *Decoder) error {
		kv, err := d.popMark()
		if err != nil {
			return err
		}
		if err := d.push(&Dict{}); err != nil {
			return err
		}
		return d.update(kv)
	}},
	's': {"SETITEM", func(d *Decoder) error {
		kv, err := d.popN(2)
		if err != nil {
			return err
		}
		return d.update(kv)
	}},
	'u': {"SETITEMS", func(d *Decoder) error {
		kv, err := d.popMark()
		if err != nil {
			return err
		}
		return d.update(kv)
	}},

	// names and calls
	'c':  {"GLOBAL", (*Decoder).global},
	0x93: {"STACK_GLOBAL", (*Decoder).stackGlobal},
	0x82: {"EXT1", func(d *Decoder) error { return d.withUint(1, d.extension) }},
	0x83: {"EXT2", func(d *Decoder) error { return d.withUint(2, d.extension) }},
	0x84: {"EXT4", func(d *Decoder) error { return d.withUint(4, d.extension) }},
	'R': {"REDUCE", func(d *Decoder) error {
		v, err := d.popN(2)
		if err != nil {
			return err
		}
		return d.call(v[0], v[1], nil, false)
	}},
	0x81: {"NEWOBJ", func(d *Decoder) error {
		v, err := d.popN(2)
		if err != nil {
			return err
		}
		return d.call(v[0], v[1], nil, true)
	}},
	0x92: {"NEWOBJ_EX", func(d *Decoder) error {
		v, err := d.popN(3)
		if err != nil {
			return err
		}
		return d.call(v[0], v[1], v[2], true)
	}},
	'i': {"INST", (*Decoder).inst},
	'o': {"OBJ", (*Decoder).obj},
	'b': {"BUILD", (*Decoder).build},
	'P': {"PERSID", func(d *Decoder) error {
		id, err := d.src.line(false)
		if err != nil {
			return err
		}
		return d.persistent(id)
	}},
	'Q': {"BINPERSID", func(d *Decoder) error {
		id, err := d.pop()
		if err != nil {
			return err
		}
		return d.persistent(id)
	}},

	// the stream
	0x80: {"PROTO", (*Decoder).proto},
	0x95: {"FRAME", (*Decoder).frame},
	0x97: {"NEXT_BUFFER", (*Decoder).outOfBand},
	0x98: {"READONLY_BUFFER", (*Decoder).outOfBand},
}
