// Reverie reconstructs what a person sees or imagines from fMRI.
package main

import (
	"os"

	"reverie/app"
)

func main() { os.Exit(app.Main(os.Args)) }
