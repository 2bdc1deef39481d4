package inspect

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"reverie/app/dataset/decoders"
)

// decoders tells what trained decoders a folder holds, ours or the lab's.
func (d *Doc) decoders(ctx context.Context) {
	f, err := decoders.Open(ctx, d.Path)
	if err != nil {
		d.fact("decoders", "cannot be used: %v", err)
		return
	}
	a := f.About()
	format := "Reverie's"
	if a.Lab {
		format = "the lab's"
	}
	d.fact("format", "%s", format)
	d.fact("decoders", "%s of %s units%s from %s voxels", Count(a.Trained), Count(a.Units()), shape(a.Shape), Count(a.Voxels))
	d.fact("method", "%s", a.Method)
	if a.Layer != "" {
		d.fact("of", "%s, %s, %s", a.Layer, a.Subject, strings.TrimSpace(a.ROI+" "+a.Fold))
	}
	for _, c := range a.Conditions {
		d.fact("accuracy measured on", "%s (%s stimuli)", c.Name, Count(c.Stimuli))
	}
	for _, n := range a.Notes {
		d.fact("note", "%s", n)
	}
}

func shape(s []int) string {
	if len(s) < 2 {
		return ""
	}
	return " (" + strings.ReplaceAll(strings.Trim(fmt.Sprint(s), "[]"), " ", " × ") + ")"
}

// decoderRoot lists the folders of decoders below one.
func (d *Doc) decoderRoot(ctx context.Context) {
	dirs, err := decoders.Scan(d.Path)
	if err != nil {
		d.fact("decoders", "cannot be listed: %v", err)
		return
	}
	const most = 200
	for i, dir := range dirs {
		if i == most {
			d.fact("more", "%s folders", Count(len(dirs)-most))
			break
		}
		rel, _ := filepath.Rel(d.Path, dir)
		f, err := decoders.Open(ctx, dir)
		if err != nil {
			d.fact(rel, "%v", err)
			continue
		}
		a := f.About()
		d.fact(rel, "%s of %s units from %s voxels, %s", Count(a.Trained), Count(a.Units()), Count(a.Voxels), a.Method)
	}
}
