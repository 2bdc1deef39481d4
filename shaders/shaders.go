// Package shaders holds the compute shaders of the GPU backend: GLSL 4.30 as text
// templates in which every size is written out as a constant, since drivers
// compile such loops best. Render gives the source of one kernel.
//
// Activations are stored in quads of channels, [image][C/4][H+border][W+border]
// vec4, the border zero: windows need no bounds test. A kernel reads buffers
// through NAME_at(index), whose body is a storage buffer or a buffer texture, and
// writes through NAME_put(index, value).
package shaders

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"text/template"
)

//go:embed *.comp include/*.glsl
var files embed.FS

// Render gives the source of the kernel "name" (gemm, pool, …) for its parameters.
func Render(name string, p Params) (string, error) {
	t, err := base.Clone()
	if err != nil {
		return "", fmt.Errorf("shader %s: %w", name, err)
	}
	var b strings.Builder
	if err := t.Funcs(accessors(p)).ExecuteTemplate(&b, name+".comp", p); err != nil {
		return "", fmt.Errorf("shader %s: %w", name, err)
	}
	return strings.TrimLeft(b.String(), "\n"), nil
}

// Hash identifies the text of all shaders.
func Hash() string { return hash }

var base, hash = load()

func load() (*template.Template, string) {
	t := template.New("").Funcs(arithmetic).Funcs(accessors(Params{}))
	sum := sha256.New()
	err := fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := files.ReadFile(path)
		if err != nil {
			return err
		}
		fmt.Fprintf(sum, "%s %d\n%s", path, len(text), text)
		_, err = t.New(path).Parse(string(text))
		return err
	})
	if err != nil {
		panic("shaders: " + err.Error()) // the files are part of the program
	}
	return t, hex.EncodeToString(sum.Sum(nil))
}

// accessors declare buffers as the parameters want them read and written.
func accessors(p Params) template.FuncMap {
	read := func(qualifier string) func(int, string) string {
		return func(k int, name string) string {
			if p.Texel {
				return fmt.Sprintf("layout(binding = %d) uniform samplerBuffer %s;\n#define %[2]s_at(i) texelFetch(%[2]s, BASE(%[1]d) + (i))", k, name)
			}
			return fmt.Sprintf("layout(std430, binding = %d) readonly %sbuffer B%s { vec4 %[3]s[]; };\n#define %[3]s_at(i) %[3]s[BASE(%[1]d) + (i)]", k, qualifier, name)
		}
	}
	return template.FuncMap{
		"read": read("restrict "),
		// readown is for a buffer that the same kernel writes under another binding.
		"readown": read(""),
		"write": func(k int, name string) string {
			if p.Scalar {
				return fmt.Sprintf("layout(std430, binding = %d) writeonly buffer B%s { float %[2]s[]; };\nvoid %[2]s_put(int i, vec4 v) {\n    i = 4 * (BASE(%[1]d) + i);\n    %[2]s[i] = v.x;\n    %[2]s[i + 1] = v.y;\n    %[2]s[i + 2] = v.z;\n    %[2]s[i + 3] = v.w;\n}", k, name)
			}
			return fmt.Sprintf("layout(std430, binding = %d) writeonly buffer B%s { vec4 %[2]s[]; };\nvoid %[2]s_put(int i, vec4 v) { %[2]s[BASE(%[1]d) + i] = v; }", k, name)
		},
	}
}

var arithmetic = template.FuncMap{
	"seq": func(n int) []int {
		s := make([]int, n)
		for i := range s {
			s[i] = i
		}
		return s
	},
	"add": func(a int, rest ...int) int {
		for _, b := range rest {
			a += b
		}
		return a
	},
	"sub": func(a, b int) int { return a - b },
	"mul": func(a int, rest ...int) int {
		for _, b := range rest {
			a *= b
		}
		return a
	},
	"div": func(a, b int) int { return a / b },
	"mod": func(a, b int) int { return a % b },
	// f writes a number as a GLSL constant of the nearest float32.
	"f": func(v float64) string {
		s := strconv.FormatFloat(v, 'g', 9, 32)
		if !strings.ContainsAny(s, ".e") {
			s += ".0"
		}
		if v < 0 {
			s = "(" + s + ")"
		}
		return s
	},
	"products":  products,
	"transform": transform,
	"inverse":   inverse,
}

// products adds the four products of a quad of weights (weight0 … weight3) and a
// quad of inputs to a quad of sums. Dot weights run along the inputs and make one
// sum each, the others run along the sums and take one input each. Careful adds
// the four to each other first: a fifth more work and half the rounding error.
func products(dot, careful bool, sum, weight, in string) string {
	var parts []string
	for o, part := range strings.Split("xyzw", "") {
		w := fmt.Sprint(weight, o)
		switch {
		case dot && careful:
			parts = append(parts, fmt.Sprintf("%s.%s += dot(%s, %s);", sum, part, w, in))
		case dot:
			for _, c := range "xyzw" {
				parts = append(parts, fmt.Sprintf("%s.%s += %s.%c * %s.%c;", sum, part, w, c, in, c))
			}
		case careful:
			parts = append(parts, fmt.Sprintf("%s * %s.%s", w, in, part))
		default:
			parts = append(parts, fmt.Sprintf("%s += %s * %s.%s;", sum, w, in, part))
		}
	}
	if careful && !dot {
		return sum + " += " + strings.Join(parts, " + ") + ";"
	}
	return strings.Join(parts, " ")
}
