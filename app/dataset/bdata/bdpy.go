package bdata

import (
	"errors"
	"slices"
	"strings"
)

// ColumnsNoted is Columns, with a Notice where bdpy selects other columns by the same words, or fails.
func (f *File) ColumnsNoted(expr string) ([]int, []Notice, error) {
	at, err := f.Columns(expr)
	if err != nil {
		return nil, nil, err
	}
	tokens, err := scan(expr)
	if err != nil {
		return nil, nil, err
	}
	theirs, err := f.asBdpy(tokens)
	if err != nil {
		return at, []Notice{{expr, "bdpy fails with this selection: " + err.Error()}}, nil
	}
	ours := make([]bool, f.cols)
	for _, j := range at {
		ours[j] = true
	}
	if slices.Equal(ours, theirs) {
		return at, nil, nil
	}
	return at, []Notice{{expr, "brackets are read as in algebra, which selects " + columnsOf(len(at)) + "; bdpy reads on wrongly after a closing bracket and selects " +
		columnsOf(count(theirs)) + ", not the same ones. Write it with fewer brackets where both must agree"}}, nil
}

func columnsOf(n int) string {
	if n == 1 {
		return "1 column"
	}
	return number(float64(n)) + " columns"
}

// bdpyOrder is how tightly bdpy's operators bind.
var bdpyOrder = map[string]int{"=": 10, "|": 5, "&": 5, "+": 5, "-": 5, "@": 3, "(": -1}

// reverse puts tokens into reverse Polish notation by bdpy's own way, at a closing bracket too: there it
// empties the whole stack.
func reverse(tokens []token) []string {
	var out, stack []string
	for _, t := range tokens {
		order, operator := bdpyOrder[t.text]
		switch {
		case t.text == "(":
			stack = append(stack, "(")
		case t.text == ")":
			for n := len(stack) - 1; n >= 0; n-- {
				if stack[n] != "(" {
					out = append(out, stack[n])
				}
			}
			stack = stack[:0]
		case operator:
			for n := len(stack) - 1; n >= 0 && order <= bdpyOrder[stack[n]]; n-- {
				out, stack = append(out, stack[n]), stack[:n]
			}
			stack = append(stack, t.text)
		default:
			out = append(out, t.text)
		}
	}
	for n := len(stack) - 1; n >= 0; n-- {
		out = append(out, stack[n])
	}
	return out
}

// asBdpy evaluates as bdpy does. An error is where Python raises one.
func (f *File) asBdpy(tokens []token) ([]bool, error) {
	type value struct {
		in     []bool // nil for a number
		number string
	}
	var stack []value
	pop := func() (value, error) {
		if len(stack) == 0 {
			return value{}, errors.New("an operator lacks a side")
		}
		v := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		return v, nil
	}
	for _, t := range reverse(tokens) {
		if _, operator := bdpyOrder[t]; !operator {
			if digits(t) {
				stack = append(stack, value{number: strings.TrimLeft(t, "0")})
				continue
			}
			in, err := f.matching(t)
			if err != nil {
				return nil, err
			}
			stack = append(stack, value{in: in})
			continue
		}
		r, err := pop()
		if err != nil {
			return nil, err
		}
		l, err := pop()
		if err != nil {
			return nil, err
		}
		if l.in == nil || (t == "=") != (r.in == nil) || t == "@" || t == "(" {
			return nil, errors.New("it takes a number for columns, or columns for a number")
		}
		for j := range l.in {
			switch t {
			case "=":
				l.in[j] = r.number == "1" && l.in[j] || r.number == "" && !l.in[j]
			case "&":
				l.in[j] = l.in[j] && r.in[j]
			case "-":
				l.in[j] = l.in[j] && !r.in[j]
			default:
				l.in[j] = l.in[j] || r.in[j]
			}
		}
		stack = append(stack, l)
	}
	v, err := pop()
	if err == nil && v.in == nil {
		err = errors.New("it ends with a number")
	}
	return v.in, err
}
