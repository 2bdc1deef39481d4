package bdata

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func table(t *testing.T, text string) (*Table, error) {
	t.Helper()
	p := filepath.Join(t.TempDir(), "t.csv")
	if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return ReadTable(p)
}

// The layouts of the field, each line as it is written there.
func TestTableLayouts(t *testing.T) {
	nan := math.NaN()
	owl := func(s Stimulus) Stimulus { s.indexed = true; return s }
	for name, c := range map[string]struct {
		text string
		want Stimulus // the first
		more int
	}{
		"GOD stimulus tsv":       {"n01518878_10042\t1518878.010042\t1\t7\n", owl(Stimulus{Name: "n01518878_10042", ID: 1518878.010042, Index: 7, Category: 1}), 0},
		"GOD category tsv":       {"n01443537\t1443537\t1\nn01621127\t1621127\t2\n", owl(Stimulus{Name: "n01443537", ID: 1443537, Index: 1}), 1},
		"GOD imageID csv":        {"1518878.005958,\"n01518878_5958.JPEG\"\n", Stimulus{Name: "n01518878_5958", File: "n01518878_5958.JPEG", ID: 1518878.005958}, 0},
		"GOD imageURL csv":       {"http://a.b/3.jpg,1518878.005958,\"n01518878_5958.JPEG\"\n", Stimulus{Name: "n01518878_5958", File: "n01518878_5958.JPEG", ID: 1518878.005958, URL: "http://a.b/3.jpg"}, 0},
		"commas in an address":   {"http://a.b/3,+x,+y.jpg,1.5,a.png\nhttp://c.d,2.5,b.png\nhttp://c.d,3.5,c.png\n", Stimulus{Name: "a", File: "a.png", ID: 1.5, URL: "http://a.b/3,+x,+y.jpg"}, 2},
		"published table":        {"n01518878_5958.JPEG\t12\n", owl(Stimulus{Name: "n01518878_5958", File: "n01518878_5958.JPEG", ID: nan, Index: 12}), 0},
		"label mapper":           {"leopard,3\nn/a,n/a\nrest,0\n", owl(Stimulus{Name: "leopard", ID: nan, Index: 3}), 1},
		"label mapper of ids":    {"owl,1518878.005958\n", Stimulus{Name: "owl", ID: 1518878.005958}, 0},
		"headings":               {"image_index,category_index,stimulus_name\n4,2,cat.png\n", owl(Stimulus{Name: "cat", File: "cat.png", ID: nan, Index: 4, Category: 2}), 0},
		"headings out of order":  {"stimulus_id;index;file\n1518878;9;a/b.TIFF\n", owl(Stimulus{Name: "b", File: "a/b.TIFF", ID: 1518878, Index: 9}), 0},
		"names that have points": {"mr. owl,1\n", owl(Stimulus{Name: "mr. owl", ID: nan, Index: 1}), 0},
		"byte order mark, CRLF":  {"\ufeffname,index\r\ncat,1.0\r\n", owl(Stimulus{Name: "cat", ID: nan, Index: 1}), 0},
		"a stray quote in a tsv": {"5\" disk\t1\n", owl(Stimulus{Name: `5" disk`, ID: nan, Index: 1}), 0},
		"names only":             {"cat\ndog\n", Stimulus{Name: "cat", ID: nan}, 1},
	} {
		tab, err := table(t, c.text)
		if err != nil || len(tab.Stimuli) != 1+c.more {
			t.Errorf("%s: %v %v", name, tab, err)
			continue
		}
		if got := tab.Stimuli[0]; fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", c.want) {
			t.Errorf("%s: %+v", name, got)
		}
		if s, ok := tab.ByName(c.want.Name + ".jpg"); !ok || s.Name != c.want.Name {
			t.Errorf("%s: not found by its file name", name)
		}
	}
}

func TestTableRefusals(t *testing.T) {
	for want, text := range map[string]string{
		"it is empty":             "",
		"headings only":           "name,index\n",
		"no column holds names":   "1,2\n3,4\n",
		"same number of cells":    "a,1\nb\n",
		"line 1 has 3 cells":      "a,b,1\nc,2\nd,3\n",
		"line 3 has 2 cells":      "a,http://x,1\nb,http://y,2\nhttp://z,3\n",
		"no UTF-8":                "caf\xe9,1\n",
		"entries 1 and 2 both na": "a,1\na,2\n",
		"both have the index 1":   "a,1\nb,1\n",
		"both have the id":        "a,1.5\nb,1.5\n",
		"it has no name":          "a,1\n,2\n",
		"out of range":            "a,1.5\nb,1e300\n",
		"no whole number":         "name,index\na,1\nb,99999999999\n",
	} {
		_, err := table(t, text)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "t.csv") {
			t.Errorf("%s: %v", want, err)
		}
	}
	if _, err := table(t, "1,2\n"); !errors.Is(err, ErrNotTable) {
		t.Error(err)
	}
	big := filepath.Join(t.TempDir(), "big.csv")
	if err := os.WriteFile(big, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(big, maxTable+2); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadTable(big); err == nil || !strings.Contains(err.Error(), "longer than 64 MiB") {
		t.Error(err)
	}
	if _, err := ReadTable(filepath.Join(t.TempDir(), "none.csv")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// The lab's own tables say the same of every stimulus, and its names are its numbers written otherwise.
func TestLabTables(t *testing.T) {
	const dir = "../../../../shared/data/GenericObjectDecoding/data/"
	if _, err := os.Stat(dir); err != nil {
		t.Skip("the lab's tables are not here: ", err)
	}
	for _, c := range []struct {
		files []string
		n     int
	}{
		{[]string{"stimulus_ImageNetTraining.tsv", "imageID_training.csv", "imageURL_training.csv"}, 1200},
		{[]string{"stimulus_ImageNetTest.tsv", "imageID_test.csv", "imageURL_test.csv"}, 50},
	} {
		full, err := ReadTable(dir + c.files[0])
		if err != nil || len(full.Stimuli) != c.n {
			t.Fatal(full, err)
		}
		for i, s := range full.Stimuli {
			name, err := StimulusName(s.ID)
			id, err2 := StimulusID(s.Name + ".JPEG")
			if err != nil || err2 != nil || name != s.Name || id != s.ID {
				t.Fatal(s, name, id, err, err2)
			}
			by, ok := full.ByIndex(i + 1) // the lists count their lines
			if !ok || by != s || s.Category < 1 || s.Category > 150 {
				t.Fatal(i, s, by)
			}
		}
		for _, name := range c.files[1:] {
			tab, err := ReadTable(dir + name)
			if err != nil {
				t.Fatal(name, tab, err)
			}
			found := 0
			for _, s := range full.Stimuli {
				if by, ok := tab.ByID(s.ID); ok {
					found++
					if by.Name != s.Name || by.File != s.Name+".JPEG" || strings.Contains(name, "URL") != (by.URL != "") {
						t.Fatal(name, s, by)
					}
				}
			}
			if found != c.n {
				t.Errorf("%s has %d of %d", name, found, c.n)
			}
		}
	}
	cats, err := ReadTable(dir + "category_GODImagery.tsv")
	if err != nil || len(cats.Stimuli) != 50 {
		t.Fatal(cats, err)
	}
	for _, s := range cats.Stimuli {
		if name, err := StimulusName(s.ID); err != nil || name != s.Name {
			t.Error(s, name, err)
		}
	}
}

func TestStimulusNames(t *testing.T) {
	for id, want := range map[float64]string{1518878.005958: "n01518878_5958", 1443537: "n01443537", 99999999.000001: "n99999999_1", 1.999999: "n00000001_999999"} {
		if got, err := StimulusName(id); err != nil || got != want {
			t.Error(got, err)
		}
		if back, err := StimulusID("folder/" + want + ".jpg"); err != nil || back != id {
			t.Error(back, err)
		}
	}
	for _, id := range []float64{0, -1, 1e8, math.NaN(), math.Inf(1)} {
		if got, err := StimulusName(id); err == nil {
			t.Error(got)
		}
	}
	for _, name := range []string{"", "n1", "n01518878_", "n01518878_1234567", "xn01518878_1", "n01518878_5958x"} {
		if got, err := StimulusID(name); err == nil {
			t.Error(name, got)
		}
	}
}

func TestUseTable(t *testing.T) {
	nan := math.NaN()
	f := opened(t, written(t, nil, []string{"image_index", "stimulus_id", "odd"},
		[]float64{2, nan, 1, 2, 0}, []float64{1518878.005958, 1443537.022563, nan, 1518878.005958, 1443537.022563}, []float64{1, 1.5, 2, 1, 1}))
	tab, err := table(t, "n01443537_22563.JPEG\t1443537.022563\t1\nn01518878_5958.JPEG\t1518878.005958\t2\nn00000002_3.JPEG\t2.000003\t0\n")
	if err != nil {
		t.Fatal(err)
	}
	a, b, c := "n01443537_22563", "n01518878_5958", "n00000002_3"
	for key, want := range map[string][]string{"image_index": {b, NotAvailable, a, b, c}, "stimulus_id": {b, a, NotAvailable, b, a}} {
		if err := f.UseTable(key, tab); err != nil {
			t.Fatal(err)
		}
		if got, err := f.Labels(key); err != nil || !slices.Equal(got, want) {
			t.Error(key, got, err)
		}
	}
	if err := f.UseTable("odd", tab); err == nil || !strings.Contains(err.Error(), "odd = 1.5, which") || !strings.Contains(err.Error(), "sample 1 ") {
		t.Error(err)
	}
	if err := f.UseTable("nowhere", tab); err == nil {
		t.Error("a key that is not there")
	}
	if err := f.UseStimulusNames("image_index"); err == nil || !strings.Contains(err.Error(), "image_index: 0 is not a stimulus id") {
		t.Error(err)
	}
	// A failed naming leaves the names as they were.
	if got, err := f.Labels("image_index"); err != nil || got[0] != b {
		t.Error(got, err)
	}
	if s, ok := tab.ByID(nan); ok {
		t.Error(s)
	}
}
