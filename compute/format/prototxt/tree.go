// Package prototxt reads protobuf's text format as Caffe's .prototxt files use it: a generic tree of
// fields with line numbers (Parse, Open), and a view of it as a network (NewNetwork): inputs, layers of
// both generations (`layers { type: CONVOLUTION }`, `layer { type: "Convolution" }`), their parameters
// with the defaults of caffe.proto, and the shapes that follow from them.
//
// Sources: the text format's language specification (protobuf.dev/reference/protobuf/textformat-spec) and
// caffe.proto of BVLC Caffe.
//
// Contract:
//   - No schema is needed: fields that nobody knows stay in the tree as they were written.
//   - Fields keep their order. A list [a, b] is as many fields of its name. Adjacent strings are joined.
//   - Messages may stand 100 deep and a file may have 4 MiB (the tree takes
//     some 30 times the text at worst): more is an error, as is all that the text
//     format forbids. Errors name the line.
package prototxt

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
)

// ErrFormat marks content that is not protobuf text.
var ErrFormat = errors.New("not a .prototxt")

// Kind is what a field holds.
type Kind uint8

// The kinds.
const (
	String Kind = iota // "text", unescaped
	Number             // 3, -0x1f, 1e-30
	Word               // MAX, true, inf
	Group              // { … }
)

func (k Kind) String() string { return [...]string{"a string", "a number", "a word", "a message"}[k] }

// Message is the content of the file or of one pair of braces.
type Message struct{ Fields []Field }

// Field is one value with its name. Extensions have their name in brackets: "[a.b]".
type Field struct {
	Name    string
	Line    int // where it starts, from 1
	Kind    Kind
	Text    string   // of String the bytes; of Number and Word as written, a minus before it
	Message *Message // of Group
}

const (
	maxSize  = 4 << 20
	maxDepth = 100 // as protobuf's own parsers
)

// Open reads the tree of a file.
func Open(path string) (*Message, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !st.Mode().IsRegular() { // opening a pipe would wait for its other end
		return nil, fmt.Errorf("open %s: %w: it is no plain file", path, ErrFormat)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	m, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return m, nil
}

// All gives the fields of a name in their order.
func (m *Message) All(name string) []Field {
	var out []Field
	for _, f := range m.Fields {
		if f.Name == name {
			out = append(out, f)
		}
	}
	return out
}

// Last gives the last field of a name, which is the one that counts where only one is meant; nil where
// there is none.
func (m *Message) Last(name string) *Field {
	for i := len(m.Fields) - 1; i >= 0; i-- {
		if m.Fields[i].Name == name {
			return &m.Fields[i]
		}
	}
	return nil
}

func (f *Field) wrong(want string) error {
	if f.Kind == Group {
		return fmt.Errorf("%w: line %d: %s is a message, want %s", ErrFormat, f.Line, f.Name, want)
	}
	return fmt.Errorf("%w: line %d: %s is %.40q, want %s", ErrFormat, f.Line, f.Name, f.Text, want)
}

// Int is a whole number, decimal, octal or hexadecimal.
func (f *Field) Int() (int64, error) {
	if f.Kind == Number {
		if v, err := strconv.ParseInt(f.Text, 0, 64); err == nil {
			return v, nil
		}
	}
	return 0, f.wrong("a whole number")
}

// Float is a number; one beyond double precision is infinite, as in protobuf.
func (f *Field) Float() (float64, error) {
	switch f.Kind {
	case Number:
		digits := strings.TrimPrefix(f.Text, "-")
		if strings.HasPrefix(digits, "0x") || strings.HasPrefix(digits, "0X") || !strings.ContainsAny(digits, ".eEfF") && digits[0] == '0' {
			v, err := strconv.ParseUint(digits, 0, 64)
			if err != nil {
				return 0, f.wrong("a number")
			}
			if digits != f.Text {
				return -float64(v), nil
			}
			return float64(v), nil
		}
		v, err := strconv.ParseFloat(strings.TrimRight(f.Text, "fF"), 64)
		if err == nil || errors.Is(err, strconv.ErrRange) {
			return v, nil
		}
	case Word:
		switch strings.ToLower(f.Text) {
		case "inf", "infinity":
			return math.Inf(1), nil
		case "-inf", "-infinity":
			return math.Inf(-1), nil
		case "nan", "-nan":
			return math.NaN(), nil
		}
	}
	return 0, f.wrong("a number")
}

// Bool is true or false in any of the spellings of the text format.
func (f *Field) Bool() (bool, error) {
	if f.Kind == Number || f.Kind == Word {
		switch f.Text {
		case "true", "True", "t", "1":
			return true, nil
		case "false", "False", "f", "0":
			return false, nil
		}
	}
	return false, f.wrong("true or false")
}

// Str is the content of a string.
func (f *Field) Str() (string, error) {
	if f.Kind != String {
		return "", f.wrong("a string in quotes")
	}
	return f.Text, nil
}

// Enum is the word, or the number, of an enumeration.
func (f *Field) Enum() (string, error) {
	if f.Kind != Word && f.Kind != Number {
		return "", f.wrong("a word without quotes")
	}
	return f.Text, nil
}

// Body is the message.
func (f *Field) Body() (*Message, error) {
	if f.Kind != Group {
		return nil, f.wrong("a message in braces")
	}
	return f.Message, nil
}
