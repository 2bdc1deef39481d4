package gl

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"

	"reverie/compute"
	"reverie/shaders"
)

// Verify compares this device's own plan for a small network with another
// backend and returns an error that says by how much it is wrong. What passed
// is noted in Options.Cache and not tried again with the same driver and shaders.
func (b *Backend) Verify(ctx context.Context, against compute.Backend) error {
	mark := ""
	if b.opt.Cache != "" {
		sum := sha256.Sum256([]byte(fmt.Sprintln(b.info.Vendor, b.info.Name, b.info.Version, shaders.Hash(), b.opt.Exact)))
		mark = filepath.Join(b.opt.Cache, "verified", hex.EncodeToString(sum[:12]))
		if _, err := os.Stat(mark); err == nil {
			return nil
		}
	}
	all := trials()
	var wrong error
	err := b.try(ctx, all[len(all)-1], []compute.Backend{against}, func(c Check) {
		switch {
		case c.Err != nil:
			wrong = c.Err
		case !c.OK():
			wrong = fmt.Errorf("%s differs from %s by %.1e, %.0e allowed", b.info.Name, c.Against, c.Error, c.Gate)
		}
	})
	if err == nil {
		err = wrong
	}
	if err == nil && mark != "" {
		_ = writeFile(mark, []byte(b.info.Name+"\n"+b.info.Version+"\n")) // else it is tried again
	}
	return err
}
