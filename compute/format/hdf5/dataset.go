package hdf5

// #include "shim.h"
import "C"

// dataset is an open dataset with what reading it needs. On the worker only.
type dataset struct {
	l     *local
	name  string
	id    C.hid_t
	space C.hid_t
	Info
}

// dataset opens a dataset whose values stand in this file and can be unpacked.
func (l *local) dataset(name string) (*dataset, error) {
	id, err := l.object(name)
	if err != nil {
		return nil, err
	}
	d := &dataset{l: l, name: name, id: id}
	if d.Info, err = l.describe(id, name); err == nil {
		err = d.readable()
	}
	if err != nil {
		C.H5Oclose(id)
		return nil, err
	}
	if d.space = C.H5Dget_space(id); d.space < 0 {
		err := l.errorf(name, "%s", libraryMessage())
		C.H5Oclose(id)
		return nil, err
	}
	return d, nil
}

func (d *dataset) readable() error {
	if d.Kind != Dataset {
		return d.l.errorf(d.name, "it is a %s, not a dataset", d.Kind)
	}
	plist := C.H5Dget_create_plist(d.id)
	if plist < 0 {
		return d.l.errorf(d.name, "%s", libraryMessage())
	}
	defer C.H5Pclose(plist)
	if C.H5Pget_layout(plist) == C.H5D_VIRTUAL || C.H5Pget_external_count(plist) > 0 {
		return d.l.errorf(d.name, "its values stand in other files, which are not followed")
	}
	for _, f := range d.Filters {
		if !f.Available {
			return d.l.errorf(d.name, "%w: it is packed by filter %d (%s), which this program cannot undo; repack the file with gzip (h5repack -f GZIP=4)", ErrFilter, f.ID, f.Name)
		}
	}
	return nil
}

func (d *dataset) close() {
	C.H5Sclose(d.space)
	C.H5Oclose(d.id)
}

// withDataset opens a dataset for as long as read takes.
func (l *local) withDataset(name string, read func(*dataset) error) error {
	d, err := l.dataset(name)
	if err != nil {
		return err
	}
	defer d.close()
	return read(d)
}

// fits refuses to take memory that the file cannot account for.
func (d *dataset) fits(elements, bytes int) error {
	if d.Chunk == nil && d.Stored > d.l.size {
		return d.l.errorf(d.name, "it should take %d bytes but the file has only %d; the file is cut short: copy it again", d.Stored, d.l.size)
	}
	if err := plausible(d.Shape, elements, bytes, min(d.Stored, d.l.size), d.l.trust); err != nil {
		return d.l.errorf(d.name, "%w", err)
	}
	return nil
}

// numeric tells whether values of a class can be read as a kind.
func (d *dataset) numeric(class Class, kind C.int) error {
	switch class {
	case Integer, Bool, Enum:
		return nil
	case Float:
		if kind == C.RV_F32 || kind == C.RV_F64 {
			return nil
		}
		return d.l.errorf(d.name, "it holds floating-point numbers; read it as such")
	}
	return d.l.errorf(d.name, "it holds values of class %s, numbers are needed", class)
}

func product(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}
