package backendtest

// Gates are the largest errors that a backend may have. The zero value is for
// convolutions that sum products one by one; Winograd's have larger errors.
type Gates struct {
	// Features is for each layer's features, ‖got − want‖ / ‖want‖, and for the
	// losses where kinks do not matter; 0 is 1e-5.
	Features float64
	// Masked is for the gradient with the masks of rectifiers and poolings fixed; 0 is 1e-5.
	Masked float64
	// Kinks says by how many times a gradient's error through kinks may exceed
	// the usual one, since more units take the other side of theirs; 0 is 1.
	Kinks float64
}

func (g Gates) filled() Gates {
	set := func(v *float64, otherwise float64) {
		if *v == 0 {
			*v = otherwise
		}
	}
	set(&g.Features, 1e-5)
	set(&g.Masked, 1e-5)
	set(&g.Kinks, 1)
	return g
}
