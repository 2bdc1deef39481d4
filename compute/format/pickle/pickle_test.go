package pickle

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func decode(b []byte) (Value, error) {
	return NewDecoder(bytes.NewReader(b), 0, int64(len(b))).Decode()
}

type wanted struct{ Name, Hex, Want string }

func cases(t testing.TB) []wanted {
	f, err := os.Open("testdata/cases.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var out []wanted
	if err := json.NewDecoder(z).Decode(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestPython compares with what Python's unpickler makes of the same bytes.
func TestPython(t *testing.T) {
	all := cases(t)
	if len(all) < 100 {
		t.Fatalf("%d cases", len(all))
	}
	for _, c := range all {
		raw, err := hex.DecodeString(c.Hex)
		if err != nil {
			t.Fatal(err)
		}
		d := NewDecoder(bytes.NewReader(append([]byte("xyz"), raw...)), 3, int64(len(raw)))
		v, err := d.Decode()
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		if d.Offset() != int64(len(raw))+3 {
			t.Errorf("%s: ended at %d of %d", c.Name, d.Offset()-3, len(raw))
		}
		if got := dump(v, nil); got != c.Want {
			t.Errorf("%s:\n got %.300s\nwant %.300s", c.Name, got, c.Want)
		}
	}
}

// dump spells a value as testdata/make.py does.
func dump(v Value, path []Value) string {
	if slices.Contains(path, v) {
		return "<loop>"
	}
	if len(path) > 100 {
		return "<deep>"
	}
	join := func(items []Value) string {
		out := make([]string, len(items))
		for i, x := range items {
			out[i] = dump(x, path)
		}
		return strings.Join(out, ",")
	}
	pairs := func(d *Dict) string {
		var out []string
		for _, p := range d.Pairs {
			out = append(out, dump(p.Key, path)+":"+dump(p.Value, path))
		}
		return "{" + strings.Join(out, ",") + "}"
	}
	switch x := v.(type) {
	case nil:
		return "None"
	case bool:
		return map[bool]string{false: "False", true: "True"}[x]
	case int64:
		return fmt.Sprint(x)
	case *big.Int:
		return x.String()
	case float64:
		if x != x {
			return "f7ff8000000000000"
		}
		return fmt.Sprintf("f%016x", math.Float64bits(x))
	case string:
		return fmt.Sprintf("u%x", x)
	case Str:
		return fmt.Sprintf("b%x", string(x))
	case Bytes:
		return fmt.Sprintf("b%x", string(x))
	case Global:
		return "global(" + x.String() + ")"
	case *Persistent:
		return "pid(" + dump(x.ID, path) + ")"
	case *Tuple:
		return "(" + join(x.Items) + ")"
	}
	path = append(path[:len(path):len(path)], v)
	switch x := v.(type) {
	case *List:
		return "[" + join(x.Items) + "]"
	case *Set:
		var out []string
		for _, i := range x.Items {
			out = append(out, dump(i, path))
		}
		slices.Sort(out)
		return fmt.Sprintf("set%d(%s)", len(out), strings.Join(out, ","))
	case *Dict:
		return pairs(x)
	case *Object:
		name := "(" + dump(x.Class, path) + ")"
		if g, ok := x.Class.(Global); ok {
			name = g.String()
		}
		s := map[bool]string{false: "call ", true: "new "}[x.New] + name + "(" + join(x.Args) + ")"
		if k, ok := x.Kwargs.(*Dict); ok && len(k.Pairs) > 0 {
			s += "kw" + pairs(k)
		}
		if len(x.Items) > 0 {
			s += "[" + join(x.Items) + "]"
		}
		if len(x.Pairs.Pairs) > 0 {
			s += pairs(&x.Pairs)
		}
		if x.HasState {
			s += "state " + dump(x.State, path)
		}
		return s
	}
	return fmt.Sprintf("%T", v)
}

// TestReal compares real files, some of them written by Python 2, as TestPython does.
func TestReal(t *testing.T) {
	const folder = "../../../../shared/data"
	if _, err := os.Stat(folder); err != nil {
		t.Skip("shared/data is absent")
	}
	b, err := os.ReadFile("testdata/real.json")
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]string
	if err := json.Unmarshal(b, &want); err != nil {
		t.Fatal(err)
	}
	for name, sum := range want {
		b, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Error(err)
			continue
		}
		if z, err := gzip.NewReader(bytes.NewReader(b)); err == nil {
			if b, err = io.ReadAll(z); err != nil {
				t.Fatal(err)
			}
		}
		v, err := decode(b)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := fmt.Sprintf("%x", sha256.Sum256([]byte(dump(v, nil)))); got != sum {
			t.Errorf("%s: another tree than Python's", name)
		}
	}
}

// TestDamaged: each is an error that names the place, and none takes memory beyond the input.
func TestDamaged(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"empty", "", "offset 0"},
		{"no stop", "\x80\x02K\x01", "cut off"},
		{"stop on nothing", "\x80\x02.", "STOP at offset 2: the stack is empty"},
		{"unknown opcode", "\x80\x02K\x01\xff.", "offset 4: unknown opcode 0xff"},
		{"protocol 6", "\x80\x06N.", "protocol 6"},
		{"string beyond the file", "X\xff\xff\xff\xffabc.", "4294967295 bytes are wanted and 4 are left"},
		{"2^63 bytes", "\x8e\x00\x00\x00\x00\x00\x00\x00\x80.", "9223372036854775808 bytes are wanted"},
		{"2^64-1 text", "\x8d\xff\xff\xff\xff\xff\xff\xff\xff.", "18446744073709551615 bytes are wanted"},
		{"bytearray", "\x96\xff\xff\xff\xff\xff\xff\xff\x7f.", "are wanted"},
		{"long4", "\x8b\xff\xff\xff\x7f.", "are wanted"},
		{"frame beyond the file", "\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\xffN.", "FRAME at offset 2"},
		{"opcode across a frame", "\x80\x04\x95\x02\x00\x00\x00\x00\x00\x00\x00M\x01\x02.", "the frame ends after 1"},
		{"frame in a frame", "\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00N\x95\x00\x00\x00\x00\x00\x00\x00\x00.", "a frame inside a frame"},
		{"no memo", "h\x05.", "nothing is remembered under 5"},
		{"memo of nothing", "q\x05.", "the stack is empty"},
		{"negative memo key", "]p-1\n.", "no memo key"},
		{"no mark", "t.", "no mark"},
		{"pop below a mark", "K\x01(K\x02\x86.", "fewer than 2"},
		{"reduce without tuple", "cos\nsystem\nK\x01R.", "\"int64\"|int64, not a tuple"},
		{"append to an int", "K\x01K\x02a.", "takes no items"},
		{"add to a list", "](K\x02\x90.", "takes no items"},
		{"set on a list", "]K\x01K\x02s.", "takes no keys"},
		{"odd items", "}(K\x01u.", "a key has no value"},
		{"build on a dict", "}}b.", "takes no state"},
		{"stack global of ints", "K\x01K\x02\x93.", "not strings"},
		{"obj without class", "(o.", "without a class"},
		{"int", "Iabc\n.", "no integer"},
		{"float", "Fx\n.", "no number"},
		{"quotes", "Sabc\n.", "without quotes"},
		{"escape", "S'\\x1'\n.", "bad escape"},
		{"unicode escape", "V\\u12\n.", "bad escape"},
		{"unicode beyond", "V\\Uffffffff\n.", "bad escape"},
		{"no line feed", "I123", "no line feed"},
		{"long line", "I" + strings.Repeat("1", 1<<17) + "\n.", "a line of more than"},
		{"buffers", "\x80\x05\x97.", "out-of-band"},
		{"too many values", strings.Repeat("]", DefaultMaxValues+1), "more than 2097152 values"},
		{"too many marks", strings.Repeat("(", DefaultMaxValues+1), "more than 2097152 values"},
	} {
		before := allocated()
		_, err := decode([]byte(c.in))
		if err == nil {
			t.Errorf("%s: no error", c.name)
			continue
		}
		ok := false
		for _, w := range strings.Split(c.want, "|") {
			ok = ok || strings.Contains(err.Error(), w)
		}
		if !ok {
			t.Errorf("%s: %q, want %q", c.name, err, c.want)
		}
		if grown := allocated() - before; grown > uint64(len(c.in))*256+1<<20 {
			t.Errorf("%s: %d bytes allocated for %d", c.name, grown, len(c.in))
		}
	}
}

// TestInert: the classic attack becomes a description.
func TestInert(t *testing.T) {
	marker := filepath.Join(t.TempDir(), "ran")
	v, err := decode([]byte("\x80\x02cos\nsystem\nX" + string([]byte{byte(len("touch " + marker)), 0, 0, 0}) + "touch " + marker + "\x85R."))
	if err != nil {
		t.Fatal(err)
	}
	o, ok := v.(*Object)
	if !ok || o.Class != (Global{"os", "system"}) || len(o.Args) != 1 || o.Args[0] != "touch "+marker {
		t.Errorf("%#v", v)
	}
	if _, err := os.Stat(marker); err == nil {
		t.Error("the command ran")
	}
}

// TestSequence: pickles behind one another, persistent ids resolved by the caller.
func TestSequence(t *testing.T) {
	b := []byte("K\x01.U\x01aQ.I7\n.rest")
	d := NewDecoder(bytes.NewReader(b), 0, int64(len(b)))
	d.Persistent = func(id Value) (Value, error) {
		s, _ := Text(id)
		return "got " + s, nil
	}
	for _, want := range []Value{int64(1), "got a", int64(7)} {
		if v, err := d.Decode(); err != nil || v != want {
			t.Errorf("got %v (%v), want %v", v, err, want)
		}
	}
	if string(b[d.Offset():]) != "rest" {
		t.Errorf("offset %d", d.Offset())
	}
}

func TestText(t *testing.T) {
	for in, want := range map[Value]string{"é": "é", Str("\xc3\xa9"): "é", Str("\xe9"): "é"} {
		if s, ok := Text(in); !ok || s != want {
			t.Errorf("%q: %q", in, s)
		}
	}
	if _, ok := Text(Bytes("a")); ok {
		t.Error("bytes are no text")
	}
}
