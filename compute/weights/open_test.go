package weights

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reverie/compute/format/torch"
)

// A narrow VGG19 that PyTorch saved is recognised by its content and read whole.
func TestOpenVGG19(t *testing.T) {
	raw, err := os.ReadFile(torchFiles + "/t2_vgg_narrow.pt")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "a model without a telling name")
	if err := os.WriteFile(path, raw, 0o644); err != nil {
		t.Fatal(err)
	}
	told := int64(0)
	m, err := OpenVGG19(t.Context(), path, func(done, total int64) { told = done })
	if err != nil {
		t.Fatal(err)
	}
	if m.Format != torchFormat || len(m.SHA256) != 64 || told != int64(len(raw)) || m.Mean != nil {
		t.Errorf("%s, checksum %q, told of %d of %d bytes, mean %v", m.Format, m.SHA256, told, len(raw), m.Mean)
	}
	if err := m.Weights.Check(m.Net); err != nil || len(m.Net.Layers()) != 19 {
		t.Errorf("%d layers: %v", len(m.Net.Layers()), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := OpenVGG19(ctx, path, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	if _, err := z.Create("data/VGG_ILSVRC_19_layers.pt"); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	write := func(name string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for path, want := range map[string]string{
		write("a.zip", packed.Bytes()):                            "unpack it first",
		write("a.gz", []byte("\x1f\x8b12345678")):                 "gzip",
		write("a.mat", []byte("MATLAB 5.0 MAT-file")):             "MAT-file",
		write("fc7.txt", []byte("2 2 3 2 2 2 4 6.5")):             "text of numbers",
		write("empty", nil):                                       "0 bytes",
		write("hdf5", []byte("\x89HDF\r\n\x1a\n12345")):           "it is HDF5",
		write("net.prototxt", []byte("name: \"VGG\"\n")):          "open the .caffemodel",
		write("noise", []byte("this is no model at all, is it?")): "not a protocol buffer",
		caffeFiles + "/v1_packed_float.caffemodel":                "another network",
		filepath.Join(dir, "missing"):                             "no such file",
	} {
		if _, err := OpenVGG19(t.Context(), path, nil); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v, want an error with %q", path, err, want)
		}
	}
}

// A value that is no number is found and named.
func TestFinite(t *testing.T) {
	f, err := torch.Open(torchFiles + "/t2_vgg_narrow.pt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	v, err := VGG19FromTorch(TorchSources(f))
	if err != nil {
		t.Fatal(err)
	}
	net, err := network(v.Weights)
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Weights.Check(net); err != nil {
		t.Error(err)
	}
	zero := float32(0)
	v.Weights["conv3_2"].W[5] = zero / zero
	if err := v.Weights.Check(net); err == nil || !strings.Contains(err.Error(), "weight 5 of layer conv3_2") {
		t.Errorf("%v", err)
	}
}
