package weights

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// listed makes tensors of zeros of lines "name length length …".
func listed(text string) []Source {
	var out []Source
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) == 0 || len(out) > 200 {
			continue
		}
		s := Source{Name: words[0]}
		n := 1
		for _, w := range words[1:] {
			d, err := strconv.Atoi(w)
			if err != nil || d < 0 || d > 1<<31 || n > 1<<16 { // containers give no others
				return nil
			}
			s.Shape = append(s.Shape, d)
			n *= d
		}
		s.Read = func() ([]float32, error) {
			if n > 1<<16 {
				return nil, errors.New("too long for a test")
			}
			return make([]float32, n), nil
		}
		out = append(out, s)
	}
	return out
}

// FuzzRecognise: no names and shapes make the recognition panic.
func FuzzRecognise(f *testing.F) {
	for _, name := range []string{"generator_relu7.pt", "relu7.safetensors", "generator_pool5.pt", "alexnet.caffemodel", "reference_net.pt", "vgg_v1.caffemodel", "vgg_half.safetensors"} {
		c, err := openContainer(filepath.Join(modelFiles, name))
		if err != nil {
			f.Fatal(err)
		}
		text := ""
		for _, s := range c.list {
			text += s.Name + " " + strings.Trim(fmt.Sprint(s.Shape), "[]") + "\n"
		}
		c.Close()
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c := &container{format: npzFormat, path: "relu6.npz", list: listed(text)}
		file, err := c.recognise(t.Context(), nil)
		if err != nil {
			return
		}
		switch file.Role {
		case RoleVGG19:
			if err := file.Model.Weights.Check(file.Model.Net); err != nil {
				t.Error(err)
			}
		case GeneratorRelu6, GeneratorPool5:
			checkGenerator(t, file.Generator)
		}
	})
}

// checkGenerator holds a generator's shapes and the lengths of its values together.
func checkGenerator(t *testing.T, g *Generator) {
	before := g.InputShape
	for _, l := range g.Layers {
		if product(l.In) != product(before) || l.Out[0] != len(l.Bias) {
			t.Errorf("%s: %v after %v, %d biases", l.Name, l.In, before, len(l.Bias))
		}
		per := 1
		if l.Kernel > 0 {
			per = l.Kernel * l.Kernel
		}
		if len(l.Weight) != l.In[0]*l.Out[0]*per {
			t.Errorf("%s: %d weights for %v to %v", l.Name, len(l.Weight), l.In, l.Out)
		}
		before = l.Out
	}
}

func product(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}
