package prototxt

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const fixtures = "../../../testdata/prototxt"

// typed reads a tree as make.py's message: the field's name says its type.
func typed(m *Message) (map[string]any, error) {
	out := map[string]any{}
	for _, f := range m.Fields {
		name := f.Name
		var v any
		var err error
		switch name {
		case "i", "[t.ext]":
			var n int64
			n, err = f.Int()
			v = json.Number(strconv.FormatInt(n, 10))
		case "f":
			v, err = f.Float()
		case "b":
			v, err = f.Bool()
		case "w":
			v, err = f.Enum()
			if v == "1" {
				v = "ONE"
			}
		case "s":
			var s string
			s, err = f.Str()
			v = hex.EncodeToString([]byte(s))
		case "m":
			var b *Message
			if b, err = f.Body(); err == nil {
				v, err = typed(b)
			}
		default:
			err = fmt.Errorf("field %q", name)
		}
		if err != nil {
			return nil, err
		}
		list, _ := out[name].([]any)
		out[name] = append(list, v)
	}
	return out, nil
}

// floats turns make.py's texts of doubles into numbers.
func floats(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			if list, ok := x.([]any); ok && k == "f" {
				for i := range list {
					list[i], _ = strconv.ParseFloat(list[i].(string), 64)
				}
			} else if k == "m" {
				for _, m := range x.([]any) {
					floats(m)
				}
			}
		}
	}
	return v
}

// exceptions are texts on which the language's specification and Python's text_format part, or that need
// the schema: what we do.
var exceptions = map[string]bool{
	"i: 1 i: -2 i :3, i:4; i: - 5": true,  // a space after the minus is allowed
	"i\n:\n-\n1":                   true,  // as above
	"f: 1_000":                     false, // Python's float() allows it
	"f: +1":                        false, // as above
	`s: "\q"`:                      false, // Python keeps unknown escapes
	`s: "\?"`:                      true,  // C's escape, which Python keeps as it is
	"w: TWO":                       true,  // no schema, no list of words
}

// Texts are accepted and refused, and hold, as google.protobuf says.
func TestSyntax(t *testing.T) {
	var list []struct {
		Text  string
		Tree  map[string]any
		Error string
	}
	b, err := os.ReadFile(filepath.Join(fixtures, "syntax.json"))
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.UseNumber()
	if err := d.Decode(&list); err != nil {
		t.Fatal(err)
	}
	if len(list) < 80 {
		t.Errorf("%d texts", len(list))
	}
	for _, c := range list {
		m, err := Parse([]byte(c.Text))
		var got map[string]any
		if err == nil {
			got, err = typed(m)
		} else if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "line ") {
			t.Errorf("%q: an error without its kind or line: %v", c.Text, err)
		}
		if accept, ok := exceptions[c.Text]; ok {
			if (err == nil) != accept {
				t.Errorf("%q: %v, but we meant to accept it: %v", c.Text, err, accept)
			}
			continue
		}
		if (err == nil) != (c.Error == "") {
			t.Errorf("%q: %v, protobuf says %q", c.Text, err, c.Error)
		} else if err == nil && !reflect.DeepEqual(got, floats(c.Tree)) {
			t.Errorf("%q: %v, protobuf reads %v", c.Text, got, c.Tree)
		}
	}
}

type wantNet struct {
	Name   string
	V1     bool
	Inputs [][]any
	Layers []struct {
		Name, Type, Phase string
		Bottom, Top       []string
		Params            json.RawMessage
	}
	Shapes map[string][]int
}

// Networks are what the messages compiled from caffe.proto hold, and shapes are torch's.
func TestNetworks(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(fixtures, "nets.json"))
	if err != nil {
		t.Fatal(err)
	}
	var nets map[string]wantNet
	if err := json.Unmarshal(b, &nets); err != nil {
		t.Fatal(err)
	}
	for name, want := range nets {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(fixtures, name)
			if rest, ok := strings.CutPrefix(name, "data/"); ok {
				path = filepath.Join("../../../../shared/data", rest)
				if _, err := os.Stat("../../../../shared/data"); err != nil {
					t.Skip("shared/data is absent")
				}
			}
			n, err := OpenNetwork(path)
			if err != nil {
				t.Fatal(err)
			}
			compare(t, n, want)
		})
	}
}

func compare(t *testing.T, n *Network, want wantNet) {
	if n.Name != want.Name || n.V1 != want.V1 || len(n.Layers) != len(want.Layers) || len(n.Inputs) != len(want.Inputs) {
		t.Fatalf("%q, V1 %v, %d layers, %d inputs", n.Name, n.V1, len(n.Layers), len(n.Inputs))
	}
	for i, in := range n.Inputs {
		if fmt.Sprint(in.Name, in.Dims) != fmt.Sprint(want.Inputs[i]...) {
			t.Errorf("input %d: %v, want %v", i, in, want.Inputs[i])
		}
	}
	for i, l := range n.Layers {
		w := want.Layers[i]
		if l.Name != w.Name || l.Type != w.Type || l.Phase != w.Phase || !slices.Equal(l.Bottom, w.Bottom) || !slices.Equal(l.Top, w.Top) {
			t.Errorf("layer %d: %+v, want %+v", i, l, w)
		}
		if n.Layer(l.Name) == nil {
			t.Errorf("layer %q is not found", l.Name)
		}
		var have any
		for _, p := range []any{l.Convolution, l.Pooling, l.ReLU, l.InnerProduct, l.Reshape, l.Dropout, l.LRN, l.Crop} {
			if !reflect.ValueOf(p).IsNil() {
				have = p
			}
		}
		if (have == nil) != (string(w.Params) == "null") {
			t.Errorf("%s: %v, want %s", l.Name, have, w.Params)
		} else if have != nil {
			x := reflect.New(reflect.TypeOf(have).Elem())
			if err := json.Unmarshal(w.Params, x.Interface()); err != nil || !reflect.DeepEqual(x.Interface(), have) {
				t.Errorf("%s: %+v, want %s (%v)", l.Name, have, w.Params, err)
			}
		}
	}
	shapes, err := n.Shapes()
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(shapes, want.Shapes) {
		t.Errorf("shapes\n%v, want\n%v", shapes, want.Shapes)
	}
}

// Every published file opens; none is missing from the expectations.
func TestSpecimens(t *testing.T) {
	const folder = "../../../../shared/data"
	if _, err := os.Stat(folder); err != nil {
		t.Skip("shared/data is absent")
	}
	n := 0
	err := filepath.Walk(folder, func(path string, info os.FileInfo, err error) error {
		if err == nil && filepath.Ext(path) == ".prototxt" {
			n++
			_, err = OpenNetwork(path)
		}
		return err
	})
	if err != nil || n != 13 {
		t.Errorf("%d files, want 13: %v", n, err)
	}
}
