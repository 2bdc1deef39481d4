package batch

import (
	"reverie/app/pipeline"
	"reverie/app/session"
)

func (r *run) lab(u unit, p pipeline.Picture) error { return nil }

func (r *run) labSnapshot(u unit, iteration int, raw *session.Raw) error { return nil }
