package models

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"reverie/app/dataset/features"
	"reverie/app/intake"
	"reverie/compute/weights"
)

// smallFile bounds the files whose MD5 is taken too: the published ones with an MD5 are small.
const smallFile = 64 << 20

// identify recognises a model file, checks its content and takes its checksums.
func identify(ctx context.Context, path string, progress Progress) (Entry, error) {
	e := Entry{Path: path}
	st, err := os.Stat(path)
	if err != nil {
		return e, err
	}
	if st.IsDir() {
		return e, fmt.Errorf("%s is a folder: add the files in it", path)
	}
	e.Size, e.Modified = st.Size(), st.ModTime()
	items, err := intake.Sort(ctx, []string{path}, nil)
	if err != nil {
		return e, err
	}
	switch i := items[0]; i.Kind {
	case intake.Bounds:
		err = e.bounds()
	case intake.Mean:
		err = e.mean()
	case intake.Statistics:
		err = e.statistics(ctx)
	case intake.Unknown, intake.Model:
		return e, e.network(ctx, progress)
	default:
		return e, fmt.Errorf("%s is no model: %s", path, i.Kind)
	}
	if err != nil {
		return e, err
	}
	sum, md, _, err := checksums(ctx, path, e.Size < smallFile, progress)
	e.SHA256, e.Published = sum, published(md)
	return e, err
}

// network is VGG19 or a generator.
func (e *Entry) network(ctx context.Context, progress Progress) error {
	f, err := weights.Open(ctx, e.Path, progress)
	if err != nil {
		return err
	}
	e.Format, e.SHA256, e.About, e.Notes = f.Format, f.SHA256, f.About, f.Notes
	switch f.Role {
	case weights.RoleVGG19:
		e.Role = VGG19
	case weights.GeneratorRelu7:
		e.Role = GeneratorRelu7
	case weights.GeneratorRelu6:
		e.Role = GeneratorRelu6
	case weights.GeneratorPool5:
		e.Role = GeneratorPool5
	case weights.GeneratorRelu:
		return fmt.Errorf("%s is a generator from relu7 or from relu6, and does not tell which: put fc7 or fc6 into the name of the file or its folder, as it was published", e.Path)
	default:
		return fmt.Errorf("%s: %s; Reverie has no use for it", e.Path, f.About)
	}
	if m := f.Model; m != nil && m.Input.Expects != weights.UnknownInput && m.Input.Expects != "" {
		e.About += "; its input: " + string(m.Input.Expects)
		if !m.Input.Certain {
			e.About += " (by the scale of its first layer)"
		}
	}
	return nil
}

func (e *Entry) bounds() error {
	b, err := weights.ReadBounds(e.Path)
	if err != nil {
		return err
	}
	if len(b.Layers) == 0 {
		return fmt.Errorf("%s holds %d numbers: no layer that a generator starts from has so many units", e.Path, len(b.Values))
	}
	e.Role, e.Format, e.Notes = Bounds, "text", b.Notes
	e.About = fmt.Sprintf("upper bounds of %d units of %s, %g to %g", len(b.Values), strings.Join(b.Layers, " or "), slices.Min(b.Values), slices.Max(b.Values))
	return nil
}

func (e *Entry) mean() error {
	m, err := weights.ReadMean(e.Path)
	if err != nil {
		return err
	}
	e.Role, e.Format, e.Notes = Mean, m.Format, m.Notes
	e.About = fmt.Sprintf("mean colour %.3f, %.3f, %.3f", m.Values[0], m.Values[1], m.Values[2])
	if m.Order != "" {
		e.About += ", " + m.Order + " as far as the values tell"
	}
	return nil
}

func (e *Entry) statistics(ctx context.Context) error {
	all, err := features.ReadStatistics(ctx, e.Path)
	if err != nil {
		return err
	}
	layers := map[string]bool{}
	for _, s := range all {
		layers[s.Layer] = true
	}
	e.Role, e.Format = Statistics, "MAT-file"
	e.About = fmt.Sprintf("%s of %d layers", all[0].Name, len(layers))
	if all[0].Name == "" {
		e.About = fmt.Sprintf("statistics of %d layers", len(layers))
	}
	if strings.Contains(strings.ToLower(filepath.Base(e.Path)), "leaky") {
		e.Notes = append(e.Notes, "Of the network of the imagery experiment (leaky ReLU, average pooling), by its name.")
	}
	return nil
}

// checksums reads a file whole.
func checksums(ctx context.Context, path string, both bool, progress Progress) (sha, md string, st os.FileInfo, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", "", nil, err
	}
	defer f.Close()
	if st, err = f.Stat(); err != nil {
		return "", "", nil, err
	}
	sums := []hash.Hash{sha256.New()}
	if both {
		sums = append(sums, md5.New())
	}
	block := make([]byte, 4<<20)
	for done := int64(0); ; {
		if ctx.Err() != nil {
			return "", "", nil, context.Cause(ctx)
		}
		n, err := f.Read(block)
		for _, s := range sums {
			s.Write(block[:n])
		}
		done += int64(n)
		if progress != nil {
			progress(done, st.Size())
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return "", "", nil, err
		}
	}
	if both {
		md = hex.EncodeToString(sums[1].Sum(nil))
	}
	return hex.EncodeToString(sums[0].Sum(nil)), md, st, nil
}
