package weights

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"reverie/compute/format/torch"
)

// generatorSources lists a generator's tensors, each of which f may change or drop.
func generatorSources(t *testing.T, name string, f func(s *Source) bool) map[string]*Source {
	t.Helper()
	file, err := torch.Open(modelFiles + "/" + name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	out := map[string]*Source{}
	for _, s := range TorchSources(file) {
		if f(&s) {
			out[s.Name] = &s
		}
	}
	return out
}

// What is not as the definition says is an error that names the layer.
func TestGeneratorErrors(t *testing.T) {
	shape := func(name string, shape ...int) func(s *Source) bool {
		return func(s *Source) bool {
			if s.Name == name || s.SameAs == name {
				s.Shape = shape
			}
			return true
		}
	}
	values := func(name string, apart bool, change func(v []float32)) func(s *Source) bool {
		return func(s *Source) bool {
			if s.Name == name {
				if apart {
					s.SameAs = ""
				}
				read := s.Read
				s.Read = func() ([]float32, error) {
					v, err := read()
					change(v)
					return v, err
				}
			}
			return true
		}
	}
	zero := float32(0)
	for _, c := range []struct {
		file, want string
		change     func(s *Source) bool
	}{
		{"generator_relu7.pt", "defc6: weights of shape [24 25] do not follow an output of [24]", shape("defc6.weight", 24, 25)},
		{"generator_relu7.pt", "deconv5: the layer before has 112 outputs, want 128 = 8×4×4", func(s *Source) bool {
			if s.Name == "defc5.weight" || s.Name == "defc5.bias" {
				s.Shape = append([]int{112}, s.Shape[1:]...)
			}
			return true
		}},
		{"generator_relu7.pt", "defc5: biases of shape [7] for 128 outputs", shape("defc5.bias", 7)},
		{"generator_relu7.pt", "conv4_1: weights of shape [8 8 4 4], want [8 8 3 3]", shape("conv4_1.weight", 8, 8, 4, 4)},
		{"generator_relu7.pt", "conv5_1: weights of shape [8 15 3 3]", shape("conv5_1.weight", 8, 15, 3, 3)},
		{"generator_pool5.pt", "Rconv8: weights of shape [16 16 2 2], want [16 16 3 3]", shape("Rconv8.weight", 16, 16, 2, 2)},
		{"generator_relu7.pt", "deconv3: deconv3.bias is missing", func(s *Source) bool { return s.Name != "deconv3.bias" && s.Name != "deconv.8.bias" }},
		{"generator_relu7.pt", "conv5_1: conv5_1.weight is missing", func(s *Source) bool { return s.Name != "conv5_1.weight" && s.Name != "deconv.2.weight" }},
		{"generator_relu7.pt", "weight 3 of deconv2 is NaN", values("deconv2.weight", false, func(v []float32) { v[3] = zero / zero })},
		{"generator_relu7.pt", "bias 0 of defc7 is +Inf", values("defc7.bias", false, func(v []float32) { v[0] = 1 / zero })},
		{"generator_relu7.pt", "defc6.weight and defc.2.weight have different values", values("defc.2.weight", true, func(v []float32) { v[0]++ })},
		{"generator_relu7.pt", "broken", func(s *Source) bool {
			s.Read = func() ([]float32, error) { return nil, errors.New("broken") }
			return true
		}},
	} {
		find := generatorSources(t, c.file, c.change)
		def, prefix, ok := generatorOf(find)
		if !ok {
			t.Errorf("%s: not recognised", c.want)
			continue
		}
		if _, err := readGenerator(t.Context(), find, def, prefix); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
	for _, last := range []string{"deconv0.weight", "deconv.16.weight"} { // as bdpy's generator from relu3 ends
		find := generatorSources(t, "generator_pool5.pt", func(s *Source) bool {
			if s.SameAs == "deconv0.weight" {
				s.Name = last
			}
			s.Shape = slices.Clone(s.Shape)
			if s.Name == "deconv0.weight" || s.Name == "deconv.16.weight" {
				s.Shape = []int{3, 16, 3, 3}
			}
			return true
		})
		if _, _, ok := generatorOf(find); ok {
			t.Error("another generator is taken for pool5's")
		}
	}
}

// relu7 and relu6 are told apart by names, the nearest first.
func TestInputFrom(t *testing.T) {
	for _, c := range []struct {
		names []string
		want  string
	}{
		{[]string{"generator_relu7.pt"}, "relu7"}, {[]string{"generator_relu6.pt", "fc7"}, "relu6"},
		{[]string{"generator.caffemodel", "generator_for_inverting_fc7"}, "relu7"}, {[]string{"generator.caffemodel", "fc6", "fc7"}, "relu6"},
		{[]string{"g.pt", "relu6_relu7", "fc6"}, ""}, {[]string{"defc7.pt", "models"}, ""}, {[]string{"fc70.pt", "xrelu7"}, ""}, {[]string{"FC7.pt"}, "relu7"},
		{[]string{"a", "b", "c", "net fc_6"}, "relu6"},
	} {
		if got, _ := inputFrom(c.names...); got != c.want {
			t.Errorf("%v: %q, want %q", c.names, got, c.want)
		}
	}
}
