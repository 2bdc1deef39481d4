package gl

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/go-gl/gl/v4.3-core/gl"

	"reverie/compute"
	"reverie/compute/gl/context"
	"reverie/compute/gl/plan"
	"reverie/compute/internal/osthread"
)

// Devices lists what OpenGL could run on, those that cannot be used with the
// reason. It returns compute.ErrNoDevice where the system has no such thing.
func Devices() ([]Device, error) {
	t := osthread.New()
	defer t.Stop()
	var found []candidate
	var err error
	t.Call(func() { found, err = survey() })
	var list []Device
	for _, c := range found {
		list = append(list, c.Device)
	}
	if err != nil {
		return list, fmt.Errorf("gl: %w", err)
	}
	return list, nil
}

type candidate struct {
	place context.Place
	Device
}

// survey opens a context everywhere, on a thread without one. What the system
// chooses by itself is listed only where it is not one of the devices.
func survey() ([]candidate, error) {
	places, err := context.Places()
	if err != nil {
		return nil, err
	}
	var list, failed []candidate
	seen := map[string]bool{}
	for _, p := range places {
		c := candidate{place: p}
		if err := c.look(); err != nil {
			c.Name, c.Problem = p.Name, strings.TrimPrefix(err.Error(), compute.ErrNoDevice.Error()+": ")
			if p.Own {
				failed = append(failed, c)
			}
			continue
		}
		if key := c.Vendor + c.Name + c.Version; p.Own || !seen[key] {
			seen[key] = true
			c.Index = len(list)
			list = append(list, c)
		}
	}
	if len(list) == 0 && len(failed) == 0 {
		return nil, fmt.Errorf("%w: no place for an OpenGL 4.3 context was found", compute.ErrNoDevice)
	}
	for _, c := range failed {
		c.Index = len(list)
		list = append(list, c)
	}
	return list, nil
}

// look fills in what a context at the place tells.
func (c *candidate) look() error {
	ctx, err := context.Open(c.place)
	if err != nil {
		return err
	}
	defer ctx.Close()
	if err := initialize(ctx); err != nil {
		return err
	}
	c.Device = describe()
	return nil
}

// initialize gives go-gl its functions. They are the same for every context on
// the systems where there is more than one place.
var initialize = func() func(*context.Context) error {
	var mu sync.Mutex
	done := false
	return func(c *context.Context) error {
		mu.Lock()
		defer mu.Unlock()
		if done {
			return nil
		}
		if err := gl.InitWithProcAddrFunc(c.Proc); err != nil {
			return fmt.Errorf("%w: the driver lacks a part of OpenGL 4.3: %w", compute.ErrNoDevice, err)
		}
		done = true
		return nil
	}
}()

// choose finds the device that an option names: its number, a part of its name,
// or for "" the first that is hardware, then the first at all.
func choose(name string) (context.Place, Device, error) {
	list, err := survey()
	if err != nil {
		return context.Place{}, Device{}, err
	}
	best := -1
	var names, problems []string
	n, number := -1, errors.New("no number")
	if name != "" {
		n, number = strconv.Atoi(name)
	}
	for i, d := range list {
		if d.Problem != "" {
			problems = append(problems, d.Name+": "+d.Problem)
			if number == nil && n == d.Index {
				return context.Place{}, Device{}, fmt.Errorf("%w: device %d cannot be used: %s", compute.ErrNoDevice, n, d.Problem)
			}
			continue
		}
		names = append(names, fmt.Sprintf("%d %s", d.Index, d.Name))
		fits := name == "" || number == nil && n == d.Index || number != nil && strings.Contains(strings.ToLower(d.Name), strings.ToLower(name))
		if fits && (best < 0 || list[best].Software && !d.Software) {
			best = i
		}
	}
	switch {
	case best >= 0:
		return list[best].place, list[best].Device, nil
	case len(names) > 0:
		return context.Place{}, Device{}, fmt.Errorf("%w: no device %q; there are: %s", compute.ErrNoDevice, name, strings.Join(names, "; "))
	}
	return context.Place{}, Device{}, fmt.Errorf("%w: %s", compute.ErrNoDevice, strings.Join(problems, "; "))
}

var software = regexp.MustCompile(`(?i)llvmpipe|softpipe|swrast|swr\b|svga3d|gdi generic|basic render|software`)

// describe reads the current context.
func describe() Device {
	d := Device{
		Name:    strings.TrimSpace(gl.GoStr(gl.GetString(gl.RENDERER))),
		Vendor:  strings.TrimSpace(gl.GoStr(gl.GetString(gl.VENDOR))),
		Version: strings.TrimSpace(gl.GoStr(gl.GetString(gl.VERSION))),
	}
	d.Software = software.MatchString(d.Name)
	if d.Software {
		return d // its memory is the machine's
	}
	has := extensions()
	if has["GL_NVX_gpu_memory_info"] {
		var kb int32
		gl.GetIntegerv(0x9047, &kb) // GPU_MEMORY_INFO_DEDICATED_VIDMEM_NVX
		d.Memory = uint64(kb) << 10
	}
	if has["GL_ATI_meminfo"] {
		var kb [4]int32
		gl.GetIntegerv(0x87FB, &kb[0]) // VBO_FREE_MEMORY_ATI: free now
		d.Memory = uint64(kb[0]) << 10
	}
	gl.GetError()
	return d
}

// extensions are those of the current context.
func extensions() map[string]bool {
	var n int32
	gl.GetIntegerv(gl.NUM_EXTENSIONS, &n)
	set := map[string]bool{}
	for i := range uint32(n) {
		set[gl.GoStr(gl.GetStringi(gl.EXTENSIONS, i))] = true
	}
	return set
}

// compileInParallel lets the driver use as many threads as it likes for shaders.
func compileInParallel() {
	switch has := extensions(); {
	case has["GL_KHR_parallel_shader_compile"]:
		gl.MaxShaderCompilerThreadsKHR(1<<32 - 1)
	case has["GL_ARB_parallel_shader_compile"]:
		gl.MaxShaderCompilerThreadsARB(1<<32 - 1)
	}
}

// limits reads those of the current context.
func limits() plan.Limits {
	get := func(name uint32) int64 {
		var v int64
		gl.GetInteger64v(name, &v)
		return v
	}
	l := plan.Limits{
		StorageBlock: get(gl.MAX_SHADER_STORAGE_BLOCK_SIZE),
		Texels:       get(gl.MAX_TEXTURE_BUFFER_SIZE),
		Shared:       int(get(gl.MAX_COMPUTE_SHARED_MEMORY_SIZE)),
		Invocations:  int(get(gl.MAX_COMPUTE_WORK_GROUP_INVOCATIONS)),
		Groups:       1 << 30,
	}
	for axis := range uint32(3) {
		var v int32
		gl.GetIntegeri_v(gl.MAX_COMPUTE_WORK_GROUP_COUNT, axis, &v)
		l.Groups = min(l.Groups, int(v))
	}
	// indices in the kernels are 32-bit counts of vec4 and of floats
	l.StorageBlock = min(l.StorageBlock, 1<<31-1) &^ 255
	l.Texels = min(l.Texels, 1<<27)
	return l
}

// profileOf is the static profile of a device's maker.
func profileOf(d Device) plan.Profile {
	is := func(names ...string) bool {
		for _, n := range names {
			if strings.Contains(strings.ToLower(d.Vendor+" "+d.Name), n) {
				return true
			}
		}
		return false
	}
	switch {
	case d.Software:
		return plan.Software
	case is("nvidia", "nouveau"):
		return plan.NVIDIA
	case is("radeon", "amd", "ati technologies"):
		return plan.AMD
	case is("intel"):
		return plan.Intel
	}
	return plan.Unknown
}

// Limits are the driver's, for people and tests.
func (b *Backend) Limits() plan.Limits { return b.lim }
