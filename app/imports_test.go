package app_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// module is the import path of the repository's root.
const module = "reverie"

// TestImports reads every Go file of the module, tests included, and fails on an
// import that the map of the packages (README, "Architecture") forbids.
func TestImports(t *testing.T) {
	root := ".."
	if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil {
		t.Fatalf("the module's root is not beside app: %v", err)
	}
	files := 0
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			b := d.Name()
			if name != root && (b == "testdata" || b == "bin" || b == "results" || b[0] == '.' || b[0] == '_') {
				return filepath.SkipDir
			}
			return nil
		}
		if filepath.Ext(name) != ".go" {
			return nil
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return fmt.Errorf("parse %s: %w", rel, err)
		}
		files++
		from := path.Join(module, path.Dir(filepath.ToSlash(rel)))
		for _, spec := range f.Imports {
			to, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return fmt.Errorf("import of %s: %w", rel, err)
			}
			if why := forbidden(from, to); why != "" {
				t.Errorf("%s imports %s: %s", rel, to, why)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 10 {
		t.Errorf("read %d files: the walk misses the module", files)
	}
}

// within reports whether the package is the folder or lies under it.
func within(pkg, folder string) bool {
	return pkg == folder || strings.HasPrefix(pkg, folder+"/")
}

// forbidden says why package from may not import package to, or "" where it may.
// Both are import paths. Imports go only downwards:
//
//	main → app → ui → ui/vm → app/* → compute/* → compute/brain, shaders
func forbidden(from, to string) string {
	own := within(to, module)
	std := !own && !strings.Contains(strings.SplitN(to, "/", 2)[0], ".")
	rel := func(p string) string {
		if p == module {
			return "."
		}
		return strings.TrimPrefix(p, module+"/")
	}
	if std {
		return ""
	}
	f := rel(from)
	if !own {
		return foreign(f, to)
	}
	d := rel(to)
	if d == f {
		return "" // an external test of its own package
	}
	switch {
	case d == ".":
		return "the root is the program, not a library"
	case within(d, "scripts"):
		return "scripts are tools of the build"
	case d == "app" && f != ".":
		return "package app wires everything: only main imports it"
	}
	allowed := func(folders ...string) string {
		for _, a := range folders {
			if within(d, a) {
				return ""
			}
		}
		return "it may import only " + strings.Join(folders, ", ")
	}
	switch {
	case f == ".":
		return allowed("app")
	case f == "app":
		return ""
	case within(f, "ui/vm"):
		if d == "app/cli" {
			return "the commands and the window stand side by side"
		}
		return allowed("ui/vm", "ui/uitest", "app", "compute", "resources") // uitest: a fake engine, as free of fyne
	case within(f, "ui"):
		if d == "app/cli" {
			return "the commands and the window stand side by side"
		}
		return allowed("ui", "app", "compute", "resources")
	case within(f, "app/cli"):
		return allowed("app", "compute", "resources")
	case within(f, "app"):
		if within(d, "app/cli") {
			return "services do not know the commands"
		}
		return allowed("app", "compute", "resources")
	case within(f, "compute/brain"), within(f, "shaders"), within(f, "resources"), within(f, "scripts"):
		return "it uses the standard library only"
	case within(f, "compute"):
		return allowed("compute", "shaders")
	}
	return "package " + f + " is not on the map: add it to the README and to this rule"
}

// foreign is forbidden for imports from other modules; f is relative to the module.
func foreign(f, to string) string {
	switch {
	case within(f, "compute/brain"), within(f, "shaders"), within(f, "resources"), within(f, "scripts"):
		return "it uses the standard library only"
	case f == ".":
		return "main only calls app.Main"
	case within(to, "github.com/go-gl") && f != "compute/gl" && !within(f, "compute/gl"):
		return "only compute/gl speaks OpenGL"
	case within(to, "gorgonia.org") && !within(f, "compute/ref"):
		return "only compute/ref uses Gorgonia"
	case within(to, "fyne.io") && f != "app" && (!within(f, "ui") || within(f, "ui/vm") || within(f, "ui/uitest")):
		return "only ui (without ui/vm) and the wiring in app use Fyne"
	}
	return ""
}

func TestForbidden(t *testing.T) {
	cases := []struct {
		from, to string
		ok       bool
	}{
		{".", "app", true},
		{".", "ui", false},
		{".", "fyne.io/fyne/v2/app", false},
		{"app", "ui", true},
		{"app", "app/cli", true},
		{"app", "compute/cpu", true},
		{"app", "fyne.io/fyne/v2", true},
		{"app", "github.com/go-gl/gl/v4.3-core/gl", false},
		{"app/cli", "app/session", true},
		{"app/cli", "compute/cpu", true},
		{"app/cli", "ui", false},
		{"app/cli", "app", false},
		{"app/session", "app/job", true},
		{"app/session", "app/cli", false},
		{"app/session", "ui/vm", false},
		{"app/session", "resources", true},
		{"app/dataset/bdata", "compute/brain", true},
		{"app/dataset/bdata", "fyne.io/fyne/v2", false},
		{"app/export", "app", false},
		{"ui", "ui/panel/watch", true},
		{"ui", "app/session", true},
		{"ui", "app/cli", false},
		{"ui", "app", false},
		{"ui/panel/watch", "ui/vm", true},
		{"ui/panel/watch", "fyne.io/fyne/v2/widget", true},
		{"ui/theme", "resources", true},
		{"ui/vm", "app/session", true},
		{"ui/vm", "ui/widget", false},
		{"ui/vm", "fyne.io/fyne/v2", false},
		{"ui/uitest", "fyne.io/fyne/v2", false},
		{"ui", "github.com/go-gl/glfw/v3.4/glfw", false},
		{"compute", "compute/nn", true},
		{"compute/recon", "compute", true},
		{"compute/backendtest", "compute/ref", true},
		{"compute/recon", "app/job", false},
		{"compute/cpu", "ui", false},
		{"compute/cpu", "fyne.io/fyne/v2", false},
		{"compute/nn", "resources", false},
		{"compute/gl", "shaders", true},
		{"compute/gl", "github.com/go-gl/gl/v4.3-core/gl", true},
		{"compute/cpu", "github.com/go-gl/gl/v4.3-core/gl", false},
		{"shaders", "github.com/go-gl/gl/v4.3-core/gl", false},
		{"compute/ref", "gorgonia.org/gorgonia", true},
		{"compute/cpu", "gorgonia.org/tensor", false},
		{"compute/format/hdf5", "gonum.org/v1/hdf5", true},
		{"compute/brain", "compute/nn", false},
		{"compute/brain", "gonum.org/v1/gonum/mat", false},
		{"compute/brain", "strings", true},
		{"resources", "compute/brain", false},
		{"resources", "embed", true},
		{"compute/cpu", "scripts/testsum", false},
		{"app/session", ".", false},
		{"compute/cpu", "C", true},
		{"computer", "compute", false}, // a name that only begins alike is no part of compute
		{"app/session", "appendix", false},
	}
	for _, c := range cases {
		full := func(p string) string {
			if p == "." {
				return module
			}
			if first, _, _ := strings.Cut(p, "/"); strings.Contains(first, ".") || p == "C" || p == "strings" || p == "embed" {
				return p
			}
			return module + "/" + p
		}
		if why := forbidden(full(c.from), full(c.to)); (why == "") != c.ok {
			t.Errorf("%s imports %s: allowed is %v, want %v (%s)", c.from, c.to, why == "", c.ok, why)
		}
	}
}
