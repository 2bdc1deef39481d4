// Command scenes writes the procedural pictures that the built-in pair of network and generator is
// trained on: N scenes, every fourth one's ground, and their kinds: 128×128 RGB bytes one after the other,
// the kinds one byte each.
//
//	go run ./testdata/pair/scenes -n 30000 -scenes scenes.u8 -grounds grounds.u8 -kinds kinds.u8
package main

import (
	"bufio"
	"flag"
	"fmt"
	"image"
	"os"
	"runtime"
	"sync"

	"reverie/app/dataset/demo"
)

func main() {
	n := flag.Int("n", 1000, "how many scenes")
	scenes := flag.String("scenes", "scenes.u8", "file of the scenes")
	grounds := flag.String("grounds", "grounds.u8", "file of the grounds")
	kinds := flag.String("kinds", "kinds.u8", "file of the kinds")
	flag.Parse()
	if err := write(*n, *scenes, *grounds, *kinds); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

const (
	block = 64 // scenes drawn at a time
	every = 4  // scenes for one ground
)

func write(n int, names ...string) error {
	var out [3]*bufio.Writer
	for i, name := range names {
		f, err := os.Create(name)
		if err != nil {
			return err
		}
		defer f.Close()
		out[i] = bufio.NewWriterSize(f, 1<<20)
	}
	var pictures, bare [block]*image.NRGBA
	var kind [block]int
	for at := 0; at < n; at += block {
		k := min(block, n-at)
		var all sync.WaitGroup
		workers := runtime.GOMAXPROCS(0)
		for w := range workers {
			all.Go(func() {
				for i := w; i < k; i += workers {
					pictures[i], bare[i], kind[i] = demo.Training(at + i)
				}
			})
		}
		all.Wait()
		for i := range k {
			out[0].Write(rgb(pictures[i]))
			if (at+i)%every == 0 {
				out[1].Write(rgb(bare[i]))
			}
			out[2].WriteByte(byte(kind[i]))
		}
	}
	for _, w := range out { // a writer keeps its first error
		if err := w.Flush(); err != nil {
			return err
		}
	}
	return nil
}

func rgb(img *image.NRGBA) []byte {
	b := make([]byte, 0, 3*demo.Size*demo.Size)
	for i := 0; i < len(img.Pix); i += 4 {
		b = append(b, img.Pix[i:i+3]...)
	}
	return b
}
