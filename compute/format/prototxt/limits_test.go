package prototxt

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Errors name the line and what is wrong.
func TestNetworkErrors(t *testing.T) {
	for text, want := range map[string]string{
		"base_lr: 1":                         "no layers",
		"name: \"a\"\nlayer: 1":              "line 2: layer is \"1\", want a message",
		"layer {\n type: CONVOLUTION }":      "line 2: type is \"CONVOLUTION\", want a string",
		"layers {\n type: \"Convolution\" }": "line 2: type is \"Convolution\" in quotes",
		"layers {\n layer { name: \"x\" } }": "upgrade_net_proto_text",
		"layer { type: \"Convolution\" }":    "without num_output",
		"layer { name: \"c\" type: \"Convolution\" convolution_param { num_output: 3 } }": "layer \"c\": not a .prototxt: line 1: a layer of type Convolution without kernel_size",
		"layer { type: \"Pooling\" }":                                                            "without kernel_size",
		"layer { type: \"InnerProduct\" }":                                                       "without num_output",
		"layer { name: \"a\"\nname: \"b\" }":                                                     "line 2: name for the second time, the first is in line 1",
		"layer { type: \"Pooling\" pooling_param { pool: \"MAX\" } }":                            "want a word",
		"layer { type: \"Pooling\" pooling_param { pool: MEAN } }":                               "one of [MAX AVE STOCHASTIC]",
		"layer { type: \"LRN\" lrn_param { local_size: -1 } }":                                   "whole number from 1",
		"layer { type: \"Pooling\" pooling_param { kernel_size: 2 kernel_h: 2 } }":               "at once",
		"layer { type: \"Convolution\" convolution_param { kernel_size: [1,2,3] } }":             "3 axes",
		"layer { type: \"Convolution\" convolution_param { stride: 99999999999999999999 } }":     "whole number",
		"input: \"a\" input_dim: 1 input_dim: 2":                                                 "2 numbers input_dim for 1 inputs",
		"input: \"a\" input_dim: [1,2,3,4] input_shape { dim: 1 }":                               "at once",
		"input: \"a\" input: \"b\" input_shape { dim: 1 }":                                       "1 times input_shape for 2 inputs",
		"input: \"a\" input_shape { dim: -1 }":                                                   "whole number from 0",
		"input: \"a\" input_shape: 4":                                                            "want a message",
		"input: \"a\" layer { type: \"ReLU\" relu_param: 3 }":                                    "want a message",
		"input: \"a\" layer { type: \"ReLU\" relu_param { negative_slope: \"x\" } }":             "want a number",
		"input: \"a\" layer { type: \"InnerProduct\" inner_product_param { bias_term: maybe } }": "want true or false",
		strings.Repeat("m {", 101) + strings.Repeat("}", 101):                                    "deeper than 100",
		"name: \"a\x00\"": "zero byte",
	} {
		m, err := Parse([]byte(text))
		if err == nil {
			_, err = NewNetwork(m)
		}
		if err == nil || !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// Shapes that cannot be are errors.
func TestShapeErrors(t *testing.T) {
	in := "input: \"a\" input_dim: [2, 6, 5, 5]\n"
	layer := func(kind, rest string) string {
		return in + "layer { name: \"x\" type: \"" + kind + "\" bottom: \"a\" top: \"x\" " + rest + " }"
	}
	for text, want := range map[string]string{
		layer("Convolution", "convolution_param { num_output: 3 kernel_size: 6 }"):                                                             "does not fit",
		layer("Convolution", "convolution_param { num_output: 3 kernel_size: 1 group: 4 }"):                                                    "4 groups",
		layer("Deconvolution", "convolution_param { num_output: 3 kernel_size: 1 pad: 3 }"):                                                    "does not fit",
		layer("Deconvolution", "convolution_param { num_output: 2147483647 kernel_size: 65536 stride: 65536 }"):                                "an output of",
		layer("Pooling", "pooling_param { kernel_size: 6 }"):                                                                                   "does not fit",
		layer("InnerProduct", "inner_product_param { num_output: 3 axis: 4 }"):                                                                 "axis 4",
		layer("Reshape", "reshape_param { shape { dim: 7 } }"):                                                                                 "does not become",
		layer("Reshape", "reshape_param { shape { dim: -1 dim: -1 } }"):                                                                        "two axes",
		layer("Reshape", "reshape_param { shape { dim: [1,1,1,1,0] } }"):                                                                       "keeps a length",
		layer("Reshape", "reshape_param { axis: 5 }"):                                                                                          "axes 5 to 4",
		layer("Reshape", "reshape_param { shape { dim: [2147483647, 2147483647, 2147483647] } }"):                                              "a shape of",
		layer("Crop", "bottom: \"a\" crop_param { axis: 0 offset: [1, 2] }"):                                                                   "2 offsets for 4 axes",
		layer("Crop", "bottom: \"a\" crop_param { offset: 1 }"):                                                                                "cannot be cut",
		"input: \"a\" input_dim: [2000000, 1000000, 1, 1]":                                                                                     "input \"a\"",
		"input: \"a\" input_shape { dim: 3 } layer { bottom: \"a\" type: \"Pooling\" pooling_param { kernel_size: 1 } }":                       "four axes",
		"input: \"a\" input_shape { dim: 3 } layer { bottom: \"a\" type: \"Convolution\" convolution_param { num_output: 1 kernel_size: 1 } }": "four axes",
	} {
		m, err := Parse([]byte(text))
		if err != nil {
			t.Fatal(text, err)
		}
		n, err := NewNetwork(m)
		if err != nil {
			t.Fatal(text, err)
		}
		if _, err := n.Shapes(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// Files of Windows open; large and missing ones are errors with their name; lines are counted.
func TestFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "n.prototxt")
	write := func(s string) {
		if err := os.WriteFile(path, []byte(s), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("\xef\xbb\xbfname: \"a\"\r\n# c\r\n\r\nlayer {\r\n name: \"x\" }\r\n")
	m, err := Open(path)
	if err != nil || m.Last("layer").Line != 4 || m.Last("layer").Message.Fields[0].Line != 5 {
		t.Errorf("%+v: %v", m, err)
	}
	write(strings.Repeat("#", maxSize+1))
	for _, p := range []string{path, path + "x", filepath.Dir(path)} {
		if _, err := OpenNetwork(p); err == nil || !strings.Contains(err.Error(), p) {
			t.Errorf("%v", err)
		}
	}
	write("base_lr: 0.1")
	if _, err := OpenNetwork(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("%v", err)
	}
}

// Numbers are read in all forms, and nan.
func TestFloat(t *testing.T) {
	m, err := Parse([]byte("f: nan f: -nan f: 010 f: -0x10 f: 09.5 f: 0xFFFFFFFFFFFFFFFFF"))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{math.NaN(), math.NaN(), 8, -16, 9.5} {
		if v, err := m.Fields[i].Float(); err != nil || v != want && !math.IsNaN(want) || math.IsNaN(want) != math.IsNaN(v) {
			t.Errorf("%s: %v %v", m.Fields[i].Text, v, err)
		}
	}
	if _, err := m.Fields[5].Float(); err == nil {
		t.Error("a number of 17 hexadecimal digits")
	}
}

// FuzzNetwork: no text makes the parser panic, and what it holds is bounded by the text.
func FuzzNetwork(f *testing.F) {
	list, err := filepath.Glob(fixtures + "/*.prototxt")
	if err != nil || len(list) == 0 {
		f.Fatal(err)
	}
	for _, p := range list {
		b, err := os.ReadFile(p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte("layer { type: \"Reshape\" bottom: \"a\" top: \"a\" reshape_param { shape { dim: [0, -1] } axis: -1 num_axes: 0 } } input: \"a\" input_shape { dim: [3, 0] }"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Parse(b)
		if err != nil {
			return
		}
		if n := count(m); n > len(b) {
			t.Errorf("%d fields of %d bytes", n, len(b))
		}
		if n, err := NewNetwork(m); err == nil {
			if shapes, err := n.Shapes(); err == nil {
				for name, s := range shapes {
					for _, d := range s {
						if d < 0 {
							t.Errorf("%s: %v", name, s)
						}
					}
				}
			}
		}
	})
}

func count(m *Message) int {
	n := len(m.Fields)
	for _, f := range m.Fields {
		if f.Text != "" {
			f.Float()
			f.Int()
		}
		if f.Kind == Group {
			n += count(f.Message)
		}
	}
	return n
}
