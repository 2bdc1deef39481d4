package features

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Layout is how the files of a store are arranged; the package comment describes each.
type Layout string

// The layouts.
const (
	Chunked Layout = "chunked"
	True    Layout = "true features"
	Decoded Layout = "decoded features"
	Release Layout = "2019 release"
	Single  Layout = "one file"
)

// Set names features that belong together. What a layout does not have is empty.
type Set struct {
	Collection string // folders above the layers, joined by /, as natural/VGG19
	Subject    string
	ROI        string
	Fold       string // of cross-validation, as cv-fold1
}

func (s Set) String() string {
	var out []string
	for _, p := range []string{s.Collection, s.Subject, s.ROI, s.Fold} {
		if p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, "/")
}

// matches tells whether s is among the sets that want asks for; empty fields ask for any.
func (s Set) matches(want Set) bool {
	return (want.Collection == "" || want.Collection == s.Collection) && (want.Subject == "" || want.Subject == s.Subject) &&
		(want.ROI == "" || want.ROI == s.ROI) && (want.Fold == "" || want.Fold == s.Fold)
}

// Key names one sample of one layer.
type Key struct {
	Set
	Layer string
	Label string
}

var trialLabel = regexp.MustCompile(`^sample(\d{1,9})-(.+)$`)

// Trial splits the label of a single trial, sample000001-n01443537_22563, into the number of the sample and the
// stimulus. Of another label ok is false.
func Trial(label string) (sample int, stimulus string, ok bool) {
	m := trialLabel.FindStringSubmatch(label)
	if m == nil {
		return 0, label, false
	}
	sample, err := strconv.Atoi(m[1])
	return sample, m[2], err == nil
}

// TrialLabel is the label of a single trial.
func TrialLabel(sample int, stimulus string) string {
	return fmt.Sprintf("sample%06d-%s", sample, stimulus)
}

// folderOf is the name of a layer's folder: a slash, which PyTorch's module names may hold, stands as a colon.
func folderOf(layer string) string { return strings.ReplaceAll(layer, "/", ":") }

func layerOf(folder string) string { return strings.ReplaceAll(folder, ":", "/") }

// IsLayer tells names of layers from those of subjects, ROIs and networks where the depth of a tree leaves a choice:
// conv1_1, fc6, relu7, pool5, prob, features[0], layer4.2.
func IsLayer(name string) bool { return layerNames.MatchString(name) }

var layerNames = regexp.MustCompile(`^(?i)(prob|softmax|(r?conv|deconv|fc|relu|pool|norm|bn|drop|data|features|classifier|layers?|blocks?|stage|mixed|inception|res|cccp|module)[_.:\[]?\d.*|.+\[\d+\].*)$`)

// foldLike tells names of folds: cv-fold1, cv-<name>, fold1.
func foldLike(name string) bool { return foldNames.MatchString(name) }

var foldNames = regexp.MustCompile(`^(?i)(cv[-_].+|fold[-_]?\d+)$`)
