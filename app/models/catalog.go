// Package models knows which model files the method needs and where the labs
// publish them, and remembers the files that the user has. It downloads nothing.
package models

import "slices"

// Role is what a file is for.
type Role string

// The roles.
const (
	VGG19          Role = "vgg19"
	GeneratorRelu7 Role = "generator-relu7"
	GeneratorRelu6 Role = "generator-relu6"
	GeneratorPool5 Role = "generator-pool5"
	Bounds         Role = "bounds"
	Mean           Role = "mean"
	Statistics     Role = "statistics"
)

// Wanted is something that the method uses.
type Wanted struct {
	Role  Role        `json:"role"`
	Name  string      `json:"name"`
	For   string      `json:"for"` // what Reverie does with it
	Files []Published `json:"files"`
}

// Published is a file as its authors publish it.
type Published struct {
	Name    string `json:"name"`
	Size    int64  `json:"size,omitempty"` // bytes; 0 where only About is known
	About   string `json:"about,omitempty"`
	MD5     string `json:"md5,omitempty"` // hex
	Where   string `json:"where"`
	Licence string `json:"licence"`
	Note    string `json:"note,omitempty"`
}

const (
	nonCommercial = "non-commercial use"
	cookbook      = "figshare.com/articles/dataset/21564384 (the lab's cookbook data)"
	deepsim       = "lmb.informatik.uni-freiburg.de, release_deepsim_v0.zip"
	actRange      = "github.com/KamitaniLab/icnn, examples/data/act_range/3x"
)

// Catalogue lists what the method uses, with the facts of kamitani.md, sections 3 and 7.
func Catalogue() []Wanted {
	return []Wanted{
		{VGG19, "VGG19", "computes the features that pictures are reconstructed from", []Published{
			{Name: "VGG_ILSVRC_19_layers.caffemodel", About: "548 MiB", Where: "www.robots.ox.ac.uk/~vgg/software/very_deep/caffe/", Licence: "CC BY-NC 4.0",
				Note: "The weights of the paper."},
			{Name: "VGG_ILSVRC_19_layers.pt", About: "548 MiB, in a zip", Where: cookbook + ", file 38225868", Licence: "CC BY-NC 4.0",
				Note: "The same weights for PyTorch."},
			{Name: "vgg19-dcbb9e9d.pth", About: "548 MiB", Where: "download.pytorch.org/models/", Licence: "BSD 3-clause (torchvision)",
				Note: "Trained otherwise: its features are not those of the published decoders. The SHA-256 begins as the name says."},
		}},
		{GeneratorRelu7, "Generator from relu7", "the deep generator network that keeps reconstructions natural", []Published{
			{Name: "generator.caffemodel (fc7)", Where: deepsim, Licence: nonCommercial},
			{Name: "generator_relu7.pt", About: "in a zip", Where: cookbook + ", file 38361230", Licence: nonCommercial},
		}},
		{GeneratorRelu6, "Generator from relu6", "the same from the layer below", []Published{
			{Name: "generator.caffemodel (fc6)", Where: deepsim, Licence: nonCommercial},
			{Name: "generator_relu6.pt", About: "in a zip", Where: cookbook + ", file 38361230", Licence: nonCommercial},
		}},
		{GeneratorPool5, "Generator from pool5", "the same from the last convolutions", []Published{
			{Name: "generator.caffemodel (pool5)", Where: deepsim, Licence: nonCommercial},
		}},
		{Bounds, "Bounds of the generator's input", "keep the generator's input in the range that natural pictures have", []Published{
			{Name: "fc7.txt", Size: 8192, MD5: "2c8c35ff45e71165460facc12cd4abf6", Where: actRange, Licence: "MIT", Note: "Named relu7.txt in newer packages."},
			{Name: "fc6.txt", Size: 12185, MD5: "5a9fcba093ecda3071bf194c56e3c956", Where: actRange, Licence: "MIT"},
			{Name: "conv5.txt", Size: 27648, MD5: "818654e5e0e9451921651d3fada2f402", Where: actRange, Licence: "MIT", Note: "For pool5."},
		}},
		{Mean, "Mean image of ImageNet", "is subtracted from pictures; the lab's mean colour is built in, the file is optional", []Published{
			{Name: "ilsvrc_2012_mean.npy", Size: 1572944, MD5: "28a998b87558ea0cac23c83e718636b1", Where: "ndownloader.figshare.com/files/13004387", Licence: "as Caffe, BSD 2-clause"},
		}},
		{Statistics, "Standard deviations of features", "scale decoded features as the lab's scripts do, and tell whether a network is the lab's", []Published{
			{Name: "estimated_vgg19_cnn_feat_std.mat", Size: 2976, MD5: "080d8a320f0615bebaf8cfba7d78e008", Where: "ndownloader.figshare.com/files/13004384", Licence: "see its page on figshare"},
		}},
	}
}

// Name is what people call a role.
func (r Role) Name() string {
	if i := slices.IndexFunc(Catalogue(), func(w Wanted) bool { return w.Role == r }); i >= 0 {
		return Catalogue()[i].Name
	}
	return string(r)
}

// published finds the published file with this MD5.
func published(md5 string) string {
	for _, w := range Catalogue() {
		for _, f := range w.Files {
			if f.MD5 != "" && f.MD5 == md5 {
				return f.Name
			}
		}
	}
	return ""
}
