package gl

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-gl/gl/v4.3-core/gl"

	"reverie/compute/gl/plan"
	"reverie/shaders"
)

// shared is a compiled program and by how many plans' kernels it is used.
type shared struct {
	name uint32
	key  string
	uses int
}

// programs compiles kernels that are not there yet and gives the programs of all,
// on the backend's thread. Every kernel is handed to the driver before the first
// is waited for: drivers that compile in parallel then do.
func (b *Backend) programs(kernels []plan.Kernel) ([]*shared, error) {
	list := make([]*shared, 0, len(kernels))
	var fresh []job
	for _, k := range kernels {
		src, err := shaders.Render(k.Shader, k.Params)
		if err != nil {
			b.release(list)
			return nil, err
		}
		key := b.programKey(src)
		p := b.compiled[key]
		if p == nil {
			p = &shared{key: key}
			j := job{program: p, what: k.Shader}
			if p.name = b.loadBinary(key); p.name == 0 {
				p.name, j.shader = start(src)
			}
			// equal sources within one plan share a program, so it is noted before it is linked
			b.compiled[key] = p
			fresh = append(fresh, j)
		}
		p.uses++
		list = append(list, p)
	}
	var failed error
	for _, j := range fresh {
		if err := j.finish(); err != nil {
			failed = errors.Join(failed, err)
		} else if j.shader != 0 {
			b.saveBinary(j.program.key, j.program.name)
		}
	}
	if failed != nil {
		b.release(list)
		return nil, failed
	}
	return list, nil
}

// release gives programs back; the last user's goes.
func (b *Backend) release(list []*shared) {
	for _, p := range list {
		if p.uses--; p.uses == 0 {
			gl.DeleteProgram(p.name)
			delete(b.compiled, p.key)
		}
	}
}

// job is one program on its way; it has no shader where it came from the cache.
type job struct {
	program *shared
	what    string
	shader  uint32
}

// start hands a source to the driver.
func start(src string) (program, shader uint32) {
	shader = gl.CreateShader(gl.COMPUTE_SHADER)
	text, free := gl.Strs(src + "\x00")
	gl.ShaderSource(shader, 1, text, nil)
	free()
	gl.CompileShader(shader)
	program = gl.CreateProgram()
	gl.ProgramParameteri(program, gl.PROGRAM_BINARY_RETRIEVABLE_HINT, 1)
	gl.AttachShader(program, shader)
	gl.LinkProgram(program)
	return program, shader
}

func (j job) finish() error {
	var ok int32
	if j.shader != 0 {
		defer gl.DeleteShader(j.shader)
		if gl.GetShaderiv(j.shader, gl.COMPILE_STATUS, &ok); ok == 0 {
			var n int32
			gl.GetShaderiv(j.shader, gl.INFO_LOG_LENGTH, &n)
			log := make([]byte, n+1)
			gl.GetShaderInfoLog(j.shader, n, nil, &log[0])
			return fmt.Errorf("the driver does not compile shader %s: %s", j.what, text(log))
		}
	}
	if gl.GetProgramiv(j.program.name, gl.LINK_STATUS, &ok); ok == 0 {
		var n int32
		gl.GetProgramiv(j.program.name, gl.INFO_LOG_LENGTH, &n)
		log := make([]byte, n+1)
		gl.GetProgramInfoLog(j.program.name, n, nil, &log[0])
		return fmt.Errorf("the driver does not link shader %s: %s", j.what, text(log))
	}
	return nil
}

// text is a driver's message on one line.
func text(b []byte) string {
	return strings.Join(strings.Fields(strings.TrimRight(string(b), "\x00")), " ")
}

// programKey identifies a compiled program: another driver or device makes another.
func (b *Backend) programKey(src string) string {
	sum := sha256.Sum256([]byte(b.info.Vendor + "\n" + b.info.Name + "\n" + b.info.Version + "\n" + src))
	return hex.EncodeToString(sum[:16])
}

// The cache of program binaries. Whatever goes wrong with it is as if it were
// empty: the driver refuses binaries that are not its own.

func (b *Backend) binaryFile(key string) string {
	if b.opt.Cache == "" || !b.binaries {
		return ""
	}
	return filepath.Join(b.opt.Cache, "programs", key+".bin")
}

func (b *Backend) loadBinary(key string) uint32 {
	file := b.binaryFile(key)
	if file == "" {
		return 0
	}
	data, err := os.ReadFile(file)
	if err != nil || len(data) < 5 {
		return 0
	}
	p := gl.CreateProgram()
	gl.ProgramBinary(p, binary.LittleEndian.Uint32(data), gl.Ptr(data[4:]), int32(len(data)-4))
	var ok int32
	gl.GetProgramiv(p, gl.LINK_STATUS, &ok)
	gl.GetError() // of an unknown format
	if ok == 0 {
		gl.DeleteProgram(p)
		return 0
	}
	return p
}

func (b *Backend) saveBinary(key string, program uint32) {
	file := b.binaryFile(key)
	if file == "" {
		return
	}
	var n int32
	gl.GetProgramiv(program, gl.PROGRAM_BINARY_LENGTH, &n)
	if n <= 0 {
		return
	}
	data := make([]byte, 4+n)
	var format uint32
	gl.GetProgramBinary(program, n, &n, &format, gl.Ptr(data[4:]))
	binary.LittleEndian.PutUint32(data, format)
	_ = writeFile(file, data[:4+n])
}

// writeFile writes a whole file or none.
func writeFile(name string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
