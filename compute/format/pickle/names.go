package pickle

import "fmt"

// tuple makes a tuple of the n uppermost values.
func (d *Decoder) tuple(n int) error {
	v, err := d.popN(n)
	if err != nil {
		return err
	}
	return d.push(&Tuple{v})
}

// fromMark makes a container of what is above the mark.
func (d *Decoder) fromMark(f func([]Value) Value) error {
	v, err := d.popMark()
	if err != nil {
		return err
	}
	return d.push(f(v))
}

// twoLines reads a module and a name.
func (d *Decoder) twoLines() (Global, error) {
	module, err := d.src.line(false)
	if err != nil {
		return Global{}, err
	}
	name, err := d.src.line(false)
	if err != nil {
		return Global{}, err
	}
	return d.named(module, name)
}

// named asks the caller about a name.
func (d *Decoder) named(module, name string) (Global, error) {
	g := Global{module, name}
	if d.Global == nil {
		return g, nil
	}
	return g, d.Global(g)
}

func (d *Decoder) global() error {
	g, err := d.twoLines()
	if err != nil {
		return err
	}
	return d.push(g)
}

func (d *Decoder) stackGlobal() error {
	v, err := d.popN(2)
	if err != nil {
		return err
	}
	module, ok1 := Text(v[0])
	name, ok2 := Text(v[1])
	if !ok1 || !ok2 {
		return fmt.Errorf("module and name are %s and %s, not strings: the pickle is damaged", kind(v[0]), kind(v[1]))
	}
	g, err := d.named(module, name)
	if err != nil {
		return err
	}
	return d.push(g)
}

func (d *Decoder) extension(code int64) error { return d.push(Extension(code)) }

// inst is protocol 0's instance of a class: the name in the opcode, the arguments above the mark.
func (d *Decoder) inst() error {
	g, err := d.twoLines()
	if err != nil {
		return err
	}
	args, err := d.popMark()
	if err != nil {
		return err
	}
	return d.push(&Object{Class: g, Args: args})
}

// obj is protocol 1's: class and arguments above the mark.
func (d *Decoder) obj() error {
	v, err := d.popMark()
	if err != nil {
		return err
	}
	if len(v) == 0 {
		return fmt.Errorf("an instance without a class: the pickle is damaged")
	}
	return d.push(&Object{Class: v[0], Args: v[1:]})
}

func (d *Decoder) proto() error {
	p, err := d.src.byte()
	if err != nil {
		return err
	}
	if p > 5 {
		return fmt.Errorf("protocol %d is not known: 0 to 5 are; save the file with an older protocol", p)
	}
	return nil
}

// frame notes where the frame ends, which no opcode may cross.
func (d *Decoder) frame() error {
	n, err := d.src.uint(8)
	if err != nil {
		return err
	}
	if d.src.frameEnd != 0 && d.src.pos < d.src.frameEnd {
		return fmt.Errorf("a frame inside a frame: the pickle is damaged")
	}
	d.src.frameEnd = 0
	if err := d.src.need(n); err != nil {
		return err
	}
	d.src.frameEnd = d.src.pos + int64(n)
	return nil
}

func (d *Decoder) outOfBand() error {
	return fmt.Errorf("the data lie outside the pickle (out-of-band buffers): save the file without them")
}
