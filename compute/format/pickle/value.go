package pickle

import (
	"fmt"
	"math"
	"unicode/utf8"
)

// Value is one of the types of the package comment.
type Value any

type (
	// Str is a string of Python 2: bytes of unknown encoding.
	Str string
	// Bytes is bytes or bytearray.
	Bytes string
	// Extension is a code of copyreg's extension registry, which is not in the file.
	Extension int64
)

// Global names something that Python would import.
type Global struct{ Module, Name string }

func (g Global) String() string { return g.Module + "." + g.Name }

// Tuple is a tuple.
type Tuple struct{ Items []Value }

// List is a list.
type List struct{ Items []Value }

// Set is a set or a frozenset, in the order of the file, repeated members kept.
type Set struct{ Items []Value }

// Pair is an entry of a Dict.
type Pair struct{ Key, Value Value }

// Dict is a dict.
type Dict struct {
	// Pairs are in the order of the file.
	Pairs []Pair
	index map[any]int
}

// Object describes a call that Python would make and what it would then do with the result.
type Object struct {
	// Class is what would be called: a Global, or anything else in a hostile file.
	Class Value
	// Args are the positional arguments.
	Args []Value
	// Kwargs are the keyword arguments of NEWOBJ_EX, else nil.
	Kwargs Value
	// New tells that Class.__new__ would be called, not Class itself.
	New bool
	// State is what BUILD hands to __setstate__; HasState tells that it did.
	State    Value
	HasState bool
	// Items are what would be appended or added, Pairs what would be set by key.
	Items []Value
	Pairs Dict
}

// Persistent is a persistent id that no function resolved.
type Persistent struct{ ID Value }

// Get finds the value of a text key, be it Unicode or of Python 2.
func (d *Dict) Get(key string) (Value, bool) {
	for _, p := range d.Pairs {
		if s, ok := Text(p.Key); ok && s == key {
			return p.Value, true
		}
	}
	return nil, false
}

// set stores a pair. Keys that are text or numbers replace an equal one as in Python; tuples and
// objects, whose equality needs code, are always added.
func (d *Dict) set(key, value Value) {
	k, ok := hashable(key)
	if !ok {
		d.Pairs = append(d.Pairs, Pair{key, value})
		return
	}
	if i, ok := d.find(k); ok {
		d.Pairs[i].Value = value
		return
	}
	if d.index != nil {
		d.index[k] = len(d.Pairs)
	}
	d.Pairs = append(d.Pairs, Pair{key, value})
}

// find looks a hashable key up: one by one in a small dict, by an index in a large one.
func (d *Dict) find(k any) (int, bool) {
	if d.index == nil && len(d.Pairs) >= 16 {
		d.index = make(map[any]int, 2*len(d.Pairs))
		for i, p := range d.Pairs {
			if h, ok := hashable(p.Key); ok {
				d.index[h] = i
			}
		}
	}
	if d.index != nil {
		i, ok := d.index[k]
		return i, ok
	}
	for i, p := range d.Pairs {
		if h, ok := hashable(p.Key); ok && h == k {
			return i, true
		}
	}
	return 0, false
}

// hashable gives a key under which equal numbers, whatever their type, are one.
func hashable(v Value) (any, bool) {
	switch x := v.(type) {
	case bool:
		if x {
			return int64(1), true
		}
		return int64(0), true
	case float64:
		if x == math.Trunc(x) && math.Abs(x) < 1<<53 {
			return int64(x), true
		}
		return x, x == x
	case nil, int64, string, Str, Bytes, Global:
		return v, true
	}
	return nil, false
}

// Text is the text of a string or of a Str; the bytes of a Str that are not UTF-8 are read as Latin-1.
func Text(v Value) (string, bool) {
	switch x := v.(type) {
	case string:
		return x, true
	case Str:
		if utf8.ValidString(string(x)) {
			return string(x), true
		}
		runes := make([]rune, len(x))
		for i := range len(x) {
			runes[i] = rune(x[i])
		}
		return string(runes), true
	}
	return "", false
}

// kind names a value's type in errors.
func kind(v Value) string {
	switch x := v.(type) {
	case nil:
		return "None"
	case string, Str:
		return "a string"
	case *Object:
		if g, ok := x.Class.(Global); ok {
			return fmt.Sprintf("an object of %.100q", g.String())
		}
		return "an object"
	case Global:
		return fmt.Sprintf("%.100q", x.String())
	}
	return fmt.Sprintf("%T", v)
}
