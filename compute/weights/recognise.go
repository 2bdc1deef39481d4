package weights

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Role is what a model file is.
type Role string

// The roles. A generator whose input the file does not tell is GeneratorRelu: the ones from relu7 and
// from relu6 have the same layers.
const (
	RoleVGG19      Role = "vgg19"
	GeneratorRelu7 Role = "generator-relu7"
	GeneratorRelu6 Role = "generator-relu6"
	GeneratorRelu  Role = "generator-relu7-or-relu6"
	GeneratorPool5 Role = "generator-pool5"
	RoleAlexNet    Role = "alexnet" // CaffeNet or AlexNet: known, and not used by Reverie yet
	RoleUnknown    Role = "unknown"
)

// File is a model file, recognised by its layers.
type File struct {
	Role   Role
	About  string // what it is, in a line for people
	Format string // as Model's
	SHA256 string // as Model's
	Notes  []string
	// Tensors are what the file lists, in its order.
	Tensors []Tensor
	// Model is of RoleVGG19, Generator of the generators; nil of others.
	Model     *Model
	Generator *Generator
}

// Tensor is one tensor of a file.
type Tensor struct {
	Name   string
	DType  string // as the file names it
	Shape  []int
	SameAs string // an earlier tensor that shares its values in the file; "" for most
}

// Open reads a model file, or a folder of .npy files, and recognises what it is by its layers, whatever its
// name. A file of no format that models come in is an error (ErrUnknown); one of a known format with other
// tensors has RoleUnknown. Of what is recognised the shapes are checked against the network's definition
// and all values must be finite: what fails is an error that names the layer.
//
// The generators from relu7 and relu6 differ in nothing but their values: the names of the file and of the
// two folders above it decide (fc7, relu7; fc6, relu6), and Notes say so.
//
// progress (may be nil) is told of the bytes of the file that were looked at for its checksum.
func Open(ctx context.Context, path string, progress func(done, total int64)) (*File, error) {
	c, err := openContainer(path)
	var f *File
	if err == nil {
		defer c.Close()
		f, err = c.recognise(ctx, progress)
	}
	if err != nil {
		return nil, fmt.Errorf("open the model %s: %w", path, err)
	}
	return f, nil
}

func (c *container) recognise(ctx context.Context, progress func(done, total int64)) (*File, error) {
	f := &File{Role: RoleUnknown, Format: c.format, Notes: c.notes, Tensors: make([]Tensor, len(c.list))}
	find := map[string]*Source{}
	for i := range c.list {
		s := &c.list[i]
		f.Tensors[i] = Tensor{s.Name, s.DType, s.Shape, s.SameAs}
		find[s.Name] = s
	}
	if def, prefix, ok := generatorOf(find); ok {
		g, err := readGenerator(ctx, find, def, prefix)
		if err != nil {
			return nil, err
		}
		f.generator(g, c.path, c.caffeName())
		f.SHA256, err = c.checksum(ctx, progress)
		return f, err
	}
	_, _, notVGG := vggKeys(c.list, find)
	if notVGG == nil {
		m, err := c.vgg19(ctx, progress)
		if err != nil {
			return nil, err
		}
		f.Role, f.Model, f.SHA256, f.Notes = RoleVGG19, m, m.SHA256, append(f.Notes, m.Notes...)
		f.About = m.Net.Name
		return f, nil
	}
	a, err := alexNet(ctx, c, find)
	if err != nil {
		return nil, err
	}
	if a != "" {
		f.Role, f.About = RoleAlexNet, a
		f.Notes = append(f.Notes, "not used by Reverie yet")
	} else {
		f.unknown(notVGG)
	}
	f.SHA256, err = c.checksum(ctx, progress)
	return f, err
}

// caffeName is the network's name in a Caffe model.
func (c *container) caffeName() string {
	if c.caffe == nil {
		return ""
	}
	return c.caffe.Name
}

// unknown describes a file that is nothing of ours.
func (f *File) unknown(why error) {
	f.About = fmt.Sprintf("a %s with %d tensors that are no network known to Reverie", f.Format, len(f.Tensors))
	note := why.Error()
	if strings.Contains(note, "another network") {
		note = "no layers of VGG19, AlexNet or the generators from relu7, relu6 and pool5 are in it"
	}
	if slices.ContainsFunc(f.Tensors, func(t Tensor) bool { return strings.HasSuffix(t.Name, "Rconv8.weight") }) {
		note = "it looks like a generator from another layer (relu4, relu3, norm2 or norm1): those from relu7, relu6 and pool5 are used"
	}
	f.Notes = append(f.Notes, note)
}
