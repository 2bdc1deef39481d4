package nn

import "testing"

// TestDGN holds the topology to the published numbers of parameters: 50.3 million in the fully connected layers,
// 5.75 million in the others, and 4,096 units in, 3×256×256 out.
func TestDGN(t *testing.T) {
	g, err := DGN(1)
	if err != nil {
		t.Fatal(err)
	}
	fc, conv := 0, 0
	for _, op := range g.Ops {
		if op.Kind == FC {
			fc += op.Weights() + op.Out.C
		} else {
			conv += op.Weights() + op.Out.C
		}
	}
	out := g.Ops[len(g.Ops)-1].Out
	if fc != 3*(4096*4096+4096) || conv < 5_745_000 || conv > 5_755_000 || g.Input.C != 4096 || out != (Shape{3, 256, 256}) {
		t.Errorf("%d and %d parameters, %v → %v", fc, conv, g.Input, out)
	}
	net, err := VGG19(VGG19Config{})
	if err != nil {
		t.Fatal(err)
	}
	both, err := Join(g, net)
	if err != nil {
		t.Fatal(err)
	}
	if both.Picture() != net.Input || both.Input != g.Input || len(both.Layers()) != 19 || both.Units() != net.Units() ||
		both.Parameters() != net.Parameters()+g.Parameters() {
		t.Errorf("%s: picture %v, input %v, %d layers", both.Name, both.Picture(), both.Input, len(both.Layers()))
	}
	if _, err := Join(both, net); err == nil {
		t.Error("a generator before a generator is no error")
	}
	small, err := DGN(8)
	if err != nil {
		t.Fatal(err)
	}
	small.Ops = small.Ops[:len(small.Ops)-2]
	if _, err := Join(small, net); err == nil {
		t.Error("a generator of 64×64 before 224×224 is no error")
	}
}
