package gl

import (
	"fmt"

	"github.com/go-gl/gl/v4.3-core/gl"

	"reverie/compute"
)

// glError is an error code of OpenGL as an error.
func glError(code uint32) error {
	switch code {
	case gl.NO_ERROR:
		return nil
	case gl.OUT_OF_MEMORY:
		return compute.ErrDeviceMemory
	case contextLost:
		return compute.ErrDeviceLost
	}
	name, ok := map[uint32]string{gl.INVALID_ENUM: "invalid enum", gl.INVALID_VALUE: "invalid value", gl.INVALID_OPERATION: "invalid operation"}[code]
	if !ok {
		name = fmt.Sprintf("error 0x%04x", code)
	}
	return fmt.Errorf("OpenGL: %s", name)
}

const contextLost = 0x0507

// resetReason puts a reset status into words.
func resetReason(status uint32) string {
	switch status {
	case 0x8253:
		return "the driver reset the GPU because of this program's work"
	case 0x8254:
		return "the driver reset the GPU because of another program"
	}
	return "the driver reset the GPU"
}
