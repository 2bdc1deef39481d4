// Command scenes writes the procedural pictures that the built-in pair of network and generator is
// trained on: scenes.u8 and grounds.u8 (of the first 4,000), 128×128 RGB bytes one after the other, and kinds.u8, a byte a scene.
//
//	go run ./testdata/pair/scenes -n 25000 -out WORK
package main

import (
	"bufio"
	"errors"
	"flag"
	"image"
	"log"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"reverie/app/dataset/demo"
)

func main() {
	n := flag.Int("n", 25000, "scenes")
	out := flag.String("out", ".", "`folder`")
	flag.Parse()
	if err := write(*n, *out); err != nil {
		log.Fatal(err)
	}
}

// grounds is the number of scenes whose bare ground is written too.
const grounds = 4000

func write(n int, dir string) error {
	var files [3]*os.File
	var to [3]*bufio.Writer
	for i, name := range []string{"scenes.u8", "grounds.u8", "kinds.u8"} {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		files[i], to[i] = f, bufio.NewWriter(f)
	}
	const block = 64
	for i := 0; i < n; i += block {
		count := min(block, n-i)
		var scenes, bare [block]*image.NRGBA
		var kinds [block]int
		var wg sync.WaitGroup
		for k := range runtime.NumCPU() {
			wg.Go(func() {
				for j := k; j < count; j += runtime.NumCPU() {
					scenes[j], bare[j], kinds[j] = demo.Training(i + j)
				}
			})
		}
		wg.Wait()
		for j := range count {
			rgb(to[0], scenes[j])
			if i+j < grounds {
				rgb(to[1], bare[j])
			}
			to[2].WriteByte(byte(kinds[j]))
		}
	}
	for i, f := range files {
		if err := errors.Join(to[i].Flush(), f.Close()); err != nil {
			return err
		}
	}
	return nil
}

// rgb writes a picture without its transparency; a failure comes with Flush.
func rgb(w *bufio.Writer, m *image.NRGBA) {
	for p := 0; p < len(m.Pix); p += 4 {
		w.Write(m.Pix[p : p+3])
	}
}
