package inspect

import (
	"fmt"
	"image"
	_ "image/gif" // their headers are read
	_ "image/jpeg"
	_ "image/png"
	"os"
	"strings"

	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/tiff"
	_ "golang.org/x/image/webp"
)

// picture reads the header of a picture.
func (d *Doc) picture() error {
	f, err := os.Open(d.Path)
	if err != nil {
		return err
	}
	defer f.Close()
	c, format, err := image.DecodeConfig(f)
	if err != nil {
		return fmt.Errorf("its header: %w", err)
	}
	d.Kind = "picture"
	d.fact("format", "%s", strings.ToUpper(format))
	d.fact("size", "%s × %s pixels", Count(c.Width), Count(c.Height))
	return nil
}
