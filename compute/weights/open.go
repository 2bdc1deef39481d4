package weights

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"reverie/compute/format/caffe"
	"reverie/compute/format/safetensors"
	"reverie/compute/format/torch"
	"reverie/compute/nn"
)

// Model is a network read from a file of the user's.
type Model struct {
	Net     *nn.Network
	Weights nn.Weights
	Format  string // "Caffe model", "PyTorch file" or "safetensors"
	SHA256  string // of the file
	// Mean is what the input has subtracted, BGR, where the file decides it; nil leaves the usual one.
	Mean  *[3]float64
	Notes []string
}

// ErrUnknown marks a file of no format that models come in.
var ErrUnknown = errors.New("not a model file")

// Format recognises a model file by its first bytes, whatever its name. Caffe's
// have no mark: what is nothing else may be one.
func Format(r io.ReaderAt, size int64) (string, error) {
	head := make([]byte, 16)
	n, err := r.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return "", err
	}
	head = head[:n]
	begins := func(s string) bool { return bytes.HasPrefix(head, []byte(s)) }
	switch {
	case n < 9:
		return "", fmt.Errorf("%w: it has %d bytes", ErrUnknown, size)
	case begins("\x89HDF\r\n\x1a\n"):
		return "", fmt.Errorf("%w: it is HDF5, which subjects and features come in; Keras models are not read", ErrUnknown)
	case begins("PK\x03\x04"), begins("\x80\x02"), begins("\x80\x03"), begins("\x80\x04"):
		return torchFormat, nil
	case head[8] == '{' && binary.LittleEndian.Uint64(head) <= uint64(size):
		return safetensorsFormat, nil
	case begins("name:"), begins("layer"), begins("#"):
		return "", fmt.Errorf("%w: it is text, as a .prototxt is: open the .caffemodel beside it", ErrUnknown)
	}
	return caffeFormat, nil
}

const (
	torchFormat       = "PyTorch file"
	safetensorsFormat = "safetensors"
	caffeFormat       = "Caffe model"
)

// OpenVGG19 reads VGG19 from a Caffe model, a PyTorch file or safetensors. The
// network is recognised by its layers, of any width; shapes are checked and every
// value must be finite. progress (may be nil) is told of the bytes of the file
// that were looked at for its checksum.
func OpenVGG19(ctx context.Context, path string, progress func(done, total int64)) (*Model, error) {
	m, err := openVGG19(ctx, path, progress)
	if err != nil {
		return nil, fmt.Errorf("open the model %s: %w", path, err)
	}
	return m, nil
}

func openVGG19(ctx context.Context, path string, progress func(done, total int64)) (*Model, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	st, err := file.Stat()
	if err != nil {
		return nil, err
	}
	m := &Model{}
	if m.Format, err = Format(file, st.Size()); err != nil {
		return nil, err
	}
	var v *VGG19
	switch m.Format {
	case torchFormat:
		f, err := torch.New(file, st.Size(), path)
		if err != nil {
			return nil, err
		}
		v, err = VGG19FromTorch(TorchSources(f))
		if err != nil {
			return nil, err
		}
	case safetensorsFormat:
		f, err := safetensors.New(file, st.Size(), path)
		if err != nil {
			return nil, err
		}
		if v, err = VGG19FromTorch(SafetensorsSources(f)); err != nil {
			return nil, err
		}
	default:
		f, err := caffe.New(file, st.Size())
		if err != nil {
			return nil, err
		}
		if v, err = VGG19FromCaffe(f); err != nil {
			return nil, err
		}
	}
	if len(v.Missing) > 0 {
		return nil, fmt.Errorf("it lacks %v: a VGG19 with its fully connected layers is needed", v.Missing)
	}
	m.Weights, m.Notes = v.Weights, v.Notes
	if m.Net, err = network(v.Weights); err != nil {
		return nil, err
	}
	if err := finite(m.Net, m.Weights); err != nil {
		return nil, err
	}
	if m.SHA256, err = checksum(ctx, file, st.Size(), progress); err != nil {
		return nil, err
	}
	if IsTorchvisionVGG19(m.SHA256) {
		mean, err := ToBGR255(m.Weights)
		if err != nil {
			return nil, err
		}
		m.Mean, m.Notes = &mean, []string{"torchvision's own weights: conv1_1 was turned from RGB 0–1 to BGR 0–255, with torchvision's mean"}
	}
	return m, nil
}

// network is the VGG19 that the weights fit: its width follows from conv1_1, its
// input size from fc6, its classes from fc8.
func network(w nn.Weights) (*nn.Network, error) {
	channels, last := len(w["conv1_1"].B), len(w["conv5_4"].B)
	if channels < 1 || 64%channels != 0 || last < 1 {
		return nil, fmt.Errorf("conv1_1 has %d outputs, VGG19 has 64", channels)
	}
	area := len(w["fc6"].W) / max(1, len(w["fc6"].B)) / last
	side := int(math.Sqrt(float64(area)))
	if side < 1 || side*side != area {
		return nil, fmt.Errorf("fc6 takes %d values of each channel, want a square of them", area)
	}
	net, err := nn.VGG19(nn.VGG19Config{Height: 32 * side, Divisor: 64 / channels, Classes: len(w["fc8"].B)})
	if err != nil {
		return nil, err
	}
	return net, w.Check(net)
}

func finite(net *nn.Network, w nn.Weights) error {
	for _, layer := range net.Layers() {
		for what, values := range map[string][]float32{"weight": w[layer].W, "bias": w[layer].B} {
			for i, v := range values {
				if v-v != 0 {
					return fmt.Errorf("%s %d of %s is %g: the file is damaged, or training had failed", what, i, layer, v)
				}
			}
		}
	}
	return nil
}

func checksum(ctx context.Context, r io.ReaderAt, size int64, progress func(done, total int64)) (string, error) {
	sum, block := sha256.New(), make([]byte, 4<<20)
	for at := int64(0); at < size; {
		if ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
		n, err := r.ReadAt(block[:min(int64(len(block)), size-at)], at)
		if n == 0 {
			return "", err
		}
		sum.Write(block[:n])
		at += int64(n)
		if progress != nil {
			progress(at, size)
		}
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
