package features

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"reverie/compute/format/hdf5"

	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
)

func ramp(from float32, n int) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = from + float32(i)
	}
	return out
}

// The files are SciPy's, hdf5storage's and Python's: testdata/features/trees.py.
func TestStatistics(t *testing.T) {
	pickled := []Statistic{{"conv1_1", "mean", []int{2, 3, 4}, ramp(1000, 24)}, {"fc8", "mean", []int{3}, ramp(2200, 3)}, {"fc8", "std, ddof=1", []int{3}, ramp(3200, 3)}}
	for name, want := range map[string][]Statistic{
		"estimated_cnn_feat_std_chwise_dof1.mat": {{"conv1_1", "std, ddof=1", []int{2, 1, 1}, []float32{1.5, 2.5}}, {"fc8", "std, ddof=1", []int{1}, []float32{3.5}}},
		"features-mean.mat":                      {{"conv1_1", "mean", []int{2, 3, 4}, ramp(0, 24)}, {"fc6", "mean", []int{5}, ramp(100, 5)}, {"fc8", "mean", []int{3}, ramp(200, 3)}},
		"pickle2":                                pickled,
		"pickle5/statistics.pkl":                 pickled,
	} {
		if got, err := ReadStatistics(t.Context(), trees+name); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v %v", name, got, err)
		}
	}
	for _, name := range []string{"index.mat", "v5", "none.mat"} {
		if s, err := ReadStatistics(t.Context(), trees+name); err == nil {
			t.Error(name, s)
		}
	}
	// A pickle that would run a command is a description of the call, and refused.
	evil := filepath.Join(t.TempDir(), "statistics.pkl")
	if err := os.WriteFile(evil, []byte("cos\nsystem\n(S'true'\ntR."), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadStatistics(t.Context(), evil); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "no dictionary") {
		t.Error(err)
	}
}

func TestIndex(t *testing.T) {
	want := map[string][]int{"conv1_1": {3, 0, 23}, "fc8": {2, 1}}
	for _, name := range []string{"index.mat", "index5.mat"} {
		if got, err := ReadIndex(t.Context(), trees+name); err != nil || !reflect.DeepEqual(got, want) {
			t.Error(name, got, err)
		}
	}
	if _, err := ReadIndex(t.Context(), trees+"features-mean.mat"); err == nil {
		t.Error("no index was taken for one")
	}
	for name, label := range map[string]string{"v5": "n01_10", "v73": "n01_10", "plain": "a", "npy": "a"} {
		s, err := Open(trees + name)
		if err != nil {
			t.Fatal(err)
		}
		if v, err := s.ReadUnits("conv1_1", label, want["conv1_1"]); err != nil || !slices.Equal(v, []float32{3, 0, 23}) {
			t.Error(name, v, err)
		}
		if _, err := s.ReadUnits("fc8", label, []int{3}); err == nil {
			t.Error("a unit beyond the layer was read")
		}
	}
}

// Published files, with what SciPy, NumPy, h5py and bdpy read from them: testdata/features/real.py.
func TestReal(t *testing.T) {
	const specimens = "../../../../shared/data/" // beside the repository, on machines that have it
	if _, err := os.Stat(specimens); err != nil {
		t.Skip("shared/data is absent: ", err)
	}
	var want struct {
		Arrays []struct {
			Path, Name, SHA256 string
			Shape              []int
		}
		Std     map[string]float32
		StdPath string
	}
	b, err := os.ReadFile("../../../testdata/features/real.json")
	if err == nil {
		err = json.Unmarshal(b, &want)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range want.Arrays {
		a, err := openArray(specimens+w.Path, w.Name, hdf5.Open)
		if err != nil {
			t.Error(err)
			continue
		}
		n, _ := count(a.shape)
		v, err := a.read(0, n)
		a.close()
		var raw []byte
		for _, x := range v {
			raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(x))
		}
		sum := sha256.Sum256(raw)
		if err != nil || !slices.Equal(a.shape, w.Shape) || hex.EncodeToString(sum[:]) != w.SHA256 {
			t.Errorf("%s: %v against %v, %v", w.Path, a.shape, w.Shape, err)
		}
	}
	stats, err := ReadStatistics(t.Context(), specimens+want.StdPath)
	if err != nil || len(stats) != 45 || len(want.Std) != 45 {
		t.Fatal(len(stats), len(want.Std), err)
	}
	for _, s := range stats {
		if s.Name != "std" || !slices.Equal(s.Shape, []int{1}) || s.Values[0] != want.Std[s.Layer] {
			t.Errorf("%+v against %g", s, want.Std[s.Layer])
		}
	}
}
