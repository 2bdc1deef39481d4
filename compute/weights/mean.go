package weights

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"reverie/compute/format/caffe"
	"reverie/compute/format/mat"
	"reverie/compute/format/npy"
)

// Mean is a mean image, or a mean colour, as a file has it.
type Mean struct {
	Values [3]float64 // of each channel, averaged over the picture, in the file's order and scale
	Shape  []int      // of the array
	Format string     // "NumPy array", "MAT-file" or "Caffe blob"
	// Order is "BGR" or "RGB" as far as the values tell, for photographs are reddish on the average: blue is
	// the least in ImageNet's mean, red the most. "" where they do not rise or fall.
	Order string
	// Unit is set where all values lie between 0 and 1: the mean of pictures of that scale.
	Unit  bool
	Notes []string
}

// BGR255 gives the mean as B, G, R of 0–255, turned from what Order and Unit say. It fails where the values
// do not tell the order.
func (m *Mean) BGR255() ([3]float64, error) {
	v := m.Values
	switch m.Order {
	case "BGR":
	case "RGB":
		v[0], v[2] = v[2], v[0]
	default:
		return v, fmt.Errorf("a mean of %.4g does not tell whether it is BGR or RGB", m.Values)
	}
	if m.Unit {
		for i := range v {
			v[i] *= 255
		}
	}
	return v, nil
}

// maxMean is how many values a mean image may have.
const maxMean = 64 << 20

// ReadMean reads a mean image or colour from .npy, .mat (level 5; the only numeric array with three
// channels) or .binaryproto, recognised by content. Of several axes one must have length 3: the first of
// (3,H,W), else the last of (H,W,3).
func ReadMean(path string) (*Mean, error) {
	m, err := readMean(path)
	if err != nil {
		return nil, fmt.Errorf("read the mean %s: %w", path, err)
	}
	return m, nil
}

func readMean(path string) (*Mean, error) {
	f, _, err := openFile(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	head := make([]byte, 8)
	if _, err := io.ReadFull(f, head); err != nil {
		return nil, errors.New("it is too short for a mean image")
	}
	m := &Mean{}
	var values []float64
	switch {
	case string(head[:6]) == "\x93NUMPY":
		m.Format = "NumPy array"
		m.Shape, values, err = npyMean(path)
	case string(head[:6]) == "MATLAB":
		m.Format = "MAT-file"
		m.Shape, values, err = matMean(path)
	case string(head) == "\x89HDF\r\n\x1a\n":
		err = errors.New("it is HDF5: save the mean in MATLAB with -v7, or as .npy")
	default:
		m.Format = "Caffe blob"
		var v []float32
		if m.Shape, v, err = caffe.ReadBlob(path); err == nil {
			values = make([]float64, len(v))
			for i, x := range v {
				values[i] = float64(x)
			}
		}
	}
	if err != nil {
		return nil, err
	}
	return m, m.average(values)
}

func npyMean(path string) ([]int, []float64, error) {
	a, err := npy.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer a.Close()
	if a.Len > maxMean {
		return nil, nil, fmt.Errorf("an array of %v is no mean image", a.Shape)
	}
	v, err := npy.ReadAll[float64](a)
	return a.Shape, v, err
}

func matMean(path string) ([]int, []float64, error) {
	f, err := mat.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	var found []mat.Info
	for _, v := range f.Variables() {
		if _, _, ok := channels(v.Dims); ok && v.Len() <= maxMean && v.Class >= mat.Double && v.Class <= mat.Uint64 {
			found = append(found, v)
		}
	}
	if len(found) != 1 {
		return nil, nil, fmt.Errorf("%d arrays with three channels, want one", len(found))
	}
	a, err := f.Read(found[0].Name)
	if err != nil {
		return nil, nil, err
	}
	v, err := a.Float64()
	if err != nil {
		return nil, nil, err
	}
	return found[0].Dims, mat.RowMajor(found[0].Dims, v), nil
}

// channels finds the axis of the three channels among those longer than 1, and the values from one channel
// to the next in C order.
func channels(shape []int) (step, count int, ok bool) {
	var axes []int
	total := 1
	for _, d := range shape {
		if d < 1 || total > maxMean/d {
			return 0, 0, false
		}
		if total *= d; d > 1 {
			axes = append(axes, d)
		}
	}
	switch {
	case len(axes) != 1 && len(axes) != 3:
		return 0, 0, false
	case axes[0] == 3:
		return total / 3, total, true
	case axes[len(axes)-1] == 3:
		return 1, total, true
	}
	return 0, 0, false
}

// average fills Values and what they tell.
func (m *Mean) average(values []float64) error {
	step, count, ok := channels(m.Shape)
	if !ok || count != len(values) {
		return fmt.Errorf("an array of shape %v: want (3), (3,height,width) or (height,width,3)", m.Shape)
	}
	for i, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("value %d is %g", i, v)
		}
		m.Values[i/step%3] += v
	}
	for c := range m.Values {
		m.Values[c] /= float64(count / 3)
	}
	least, most := slices.Min(m.Values[:]), slices.Max(m.Values[:])
	m.Unit = least >= 0 && most <= 1 && most > 0
	switch {
	case least < 0 || most > 255:
		m.Notes = append(m.Notes, fmt.Sprintf("the channels' means, %.4g, are not those of pictures of 0–255", m.Values))
		return nil
	case m.Values[0] < m.Values[1] && m.Values[1] < m.Values[2]:
		m.Order = "BGR"
	case m.Values[0] > m.Values[1] && m.Values[1] > m.Values[2]:
		m.Order = "RGB"
		m.Notes = append(m.Notes, "it looks like RGB, for red is the greatest in photographs: BGR is expected, the first and the last change places")
	default:
		m.Notes = append(m.Notes, fmt.Sprintf("the channels' means, %.4g, do not tell whether they are BGR or RGB", m.Values))
	}
	if m.Unit {
		m.Notes = append(m.Notes, "its values lie between 0 and 1: 0–255 is expected, they are multiplied by 255")
	}
	return nil
}
