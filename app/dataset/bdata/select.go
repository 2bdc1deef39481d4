package bdata

import (
	"errors"
	"fmt"
	"strings"
)

// The selection language of bdpy (bdata.select):
//
//	expression = term { ("|" | "+" | "&" | "-") term }    one precedence, from the left
//	term       = operand [ "=" number ] | "(" expression ")" [ "=" number ]
//	operand    = a key; * stands for any text; "…" or '…' protect characters
//
// Spaces are ignored, also inside a key. | and + are union, & intersection, - difference.
// A key means the columns where its value is 1. "= 1" changes nothing, "= 0" takes the others, any other number
// takes none: bdpy compares the membership, not the value.
//
// Brackets follow algebra. bdpy's parser empties its whole stack at a closing bracket, so it differs
// where something follows an inner bracket inside an outer one, or where "=" follows a bracket:
// it reads A|((B|C)&D) as (A|B|C)&D and A-(B)=0 as (A-B)=0. All selections in the published
// configurations mean the same to both, and ColumnsNoted says where they do not. "top" and "@" of the MATLAB toolbox are not supported.

// Columns are the column numbers, ascending, that an expression selects.
func (f *File) Columns(expr string) ([]int, error) {
	in, err := f.eval(expr)
	if err != nil {
		return nil, fmt.Errorf("selection %q in %s: %w", expr, f.Path(), err)
	}
	out := make([]int, 0, count(in))
	for j, b := range in {
		if b {
			out = append(out, j)
		}
	}
	return out, nil
}

func (f *File) eval(expr string) ([]bool, error) {
	tokens, err := scan(expr)
	if err != nil {
		return nil, err
	}
	if len(tokens) == 0 {
		return nil, errors.New("it is empty; write a key, for example ROI_V1")
	}
	p := &parser{f: f, tokens: tokens}
	in, err := p.expression()
	if err != nil {
		return nil, err
	}
	if t, more := p.peek(); more {
		return nil, fmt.Errorf("%q is not expected here; join keys by + & - and close every bracket", t.text)
	}
	return in, nil
}

type token struct {
	text string
	sign bool // an operator or bracket
}

func scan(expr string) ([]token, error) {
	var out []token
	var operand strings.Builder
	inOperand := false
	flush := func() {
		if inOperand && operand.Len() > 0 {
			out = append(out, token{text: operand.String()})
		}
		operand.Reset()
		inOperand = false
	}
	for i := 0; i < len(expr); i++ {
		c := expr[i]
		switch {
		case c == ' ':
		case c == '"' || c == '\'':
			end := strings.IndexByte(expr[i+1:], c)
			if end < 0 {
				return nil, fmt.Errorf("the quote %c at character %d is not closed", c, i+1)
			}
			operand.WriteString(expr[i+1 : i+1+end])
			inOperand = true
			i += end + 1
		case strings.IndexByte("()=|&+-@", c) >= 0:
			flush()
			out = append(out, token{text: string(c), sign: true})
		default:
			operand.WriteByte(c)
			inOperand = true
		}
	}
	flush()
	return out, nil
}

// maxDepth is how deep brackets may stand.
const maxDepth = 100

type parser struct {
	f      *File
	tokens []token
	depth  int
}

func (p *parser) peek() (token, bool) {
	if len(p.tokens) == 0 {
		return token{}, false
	}
	return p.tokens[0], true
}

func (p *parser) take(signs string) (string, bool) {
	t, ok := p.peek()
	if !ok || !t.sign || !strings.Contains(signs, t.text) {
		return "", false
	}
	p.tokens = p.tokens[1:]
	return t.text, true
}

func (p *parser) expression() ([]bool, error) {
	left, err := p.term()
	if err != nil {
		return nil, err
	}
	for {
		op, ok := p.take("|&+-")
		if !ok {
			return left, nil
		}
		right, err := p.term()
		if err != nil {
			return nil, err
		}
		for j := range left {
			switch op {
			case "&":
				left[j] = left[j] && right[j]
			case "-":
				left[j] = left[j] && !right[j]
			default:
				left[j] = left[j] || right[j]
			}
		}
	}
}

func (p *parser) term() ([]bool, error) {
	in, err := p.operand()
	if err != nil {
		return nil, err
	}
	for {
		if _, ok := p.take("="); !ok {
			return in, nil
		}
		t, ok := p.peek()
		if !ok || t.sign || !digits(t.text) {
			return nil, errors.New(`"=" needs a whole number after it`)
		}
		p.tokens = p.tokens[1:]
		value := strings.TrimLeft(t.text, "0")
		for j := range in {
			in[j] = (value == "1" && in[j]) || (value == "" && !in[j])
		}
	}
}

func (p *parser) operand() ([]bool, error) {
	if _, ok := p.take("("); ok {
		if p.depth++; p.depth > maxDepth {
			return nil, fmt.Errorf("brackets stand more than %d deep", maxDepth)
		}
		in, err := p.expression()
		p.depth--
		if err != nil {
			return nil, err
		}
		if _, ok := p.take(")"); !ok {
			return nil, errors.New("a bracket is not closed")
		}
		return in, nil
	}
	t, ok := p.peek()
	switch {
	case !ok:
		return nil, errors.New("it ends where a key is expected")
	case t.text == "@" && t.sign:
		return nil, errors.New(`"@" and "top" are not supported`)
	case t.sign:
		return nil, fmt.Errorf("%q stands where a key is expected; a key with - + @ ( ) in it must be quoted", t.text)
	case digits(t.text):
		return nil, fmt.Errorf("the number %s stands where a key is expected", t.text)
	}
	p.tokens = p.tokens[1:]
	return p.f.matching(t.text)
}

// matching is the union of all keys of a pattern.
func (f *File) matching(pattern string) ([]bool, error) {
	in := make([]bool, f.cols)
	found := false
	for _, k := range f.keys {
		if !wildcard(pattern, k) {
			continue
		}
		found = true
		for j, b := range f.members[k] {
			in[j] = in[j] || b
		}
	}
	if !found {
		return nil, fmt.Errorf("no key %s; there are %s", pattern, shorten(f.keys))
	}
	return in, nil
}

// wildcard matches the whole name, * for any text.
func wildcard(pattern, name string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == name
	}
	rest, ok := strings.CutPrefix(name, parts[0])
	if !ok {
		return false
	}
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(rest, part)
		if i < 0 {
			return false
		}
		rest = rest[i+len(part):]
	}
	return strings.HasSuffix(rest, parts[len(parts)-1])
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
