package pipeline

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"reverie/app/export"
)

// CurvePoint is the total loss of an image at an accepted iteration.
type CurvePoint struct {
	Iteration  int // 0 is the start image
	Evaluation int // of this image, until then
	Loss       float64
}

// curvesFile stands beside record.json.
const curvesFile = "losses.csv"

// CurvesHeader is the first line of the file with the course of the losses.
var CurvesHeader = []string{"label", "iteration", "evaluation", "loss"}

// writeCurves leaves the loss of every accepted iteration, to the last digit.
func writeCurves(dir string, pictures []Picture) error {
	rows := [][]string{CurvesHeader}
	for _, p := range pictures {
		for _, c := range p.Curve {
			rows = append(rows, []string{p.Label, strconv.Itoa(c.Iteration), strconv.Itoa(c.Evaluation), strconv.FormatFloat(c.Loss, 'g', -1, 64)})
		}
	}
	return export.CSV(filepath.Join(dir, curvesFile), rows)
}

// readCurves reads what writeCurves left, by label.
func readCurves(dir string) (map[string][]CurvePoint, error) {
	path := filepath.Join(dir, curvesFile)
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%w (made by an older version? reconstruct again)", err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = len(CurvesHeader)
	rows, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	out := map[string][]CurvePoint{}
	for i, row := range rows {
		if i == 0 {
			continue // the header
		}
		iteration, err1 := strconv.Atoi(row[1])
		evaluation, err2 := strconv.Atoi(row[2])
		loss, err3 := strconv.ParseFloat(row[3], 64)
		if err1 != nil || err2 != nil || err3 != nil {
			return nil, fmt.Errorf("read %s: line %d is not %v: %v", path, i+1, CurvesHeader, row)
		}
		out[row[0]] = append(out[row[0]], CurvePoint{iteration, evaluation, loss})
	}
	return out, nil
}
