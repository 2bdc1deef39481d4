// Package pickle reads Python pickles, protocols 0 to 5, as a plain tree of values. It never
// calls anything: what a pickle asks to import stays a name (Global), what it asks to call or to
// build stays a description of the call (Object).
//
// Source of the format: the opcode table of Python's pickletools module and PEP 307, 3154 and 574.
//
// What a Value may be:
//
//	nil                       None
//	bool, float64             as in Python
//	int64, *big.Int           integers that fit 64 bits, and larger ones
//	string                    Unicode text as UTF-8; lone surrogates keep their three bytes
//	Str                       the str of Python 2: bytes whose encoding the pickle does not tell
//	Bytes                     bytes and bytearray
//	*Tuple, *List, *Set       containers; *Set is set and frozenset
//	*Dict                     pairs in the order of the file, a repeated key replacing the value
//	Global, Extension         a module's name, a number of copyreg's registry
//	*Object                   a call that was not made, with what was put into its result
//	*Persistent               an id whose meaning only the writer knows
//
// Every value may stand in several places, containers may hold themselves, and the nesting has
// no limit of its own: who walks a tree keeps track of the pointers met and counts the depth.
//
// Bounds: a length is compared with what is left of the input before memory is taken, strings are
// copied once, and the number of values is limited (Decoder.MaxValues), so memory is bounded by a
// small multiple of the input's size. Decoding takes time linear in the input and does not recurse.
package pickle
