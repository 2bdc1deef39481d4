package guard

import (
	"fmt"
	"os"
	"strings"
)

const bounded = true

// alive tells whether a process runs; one that waits to be collected does not.
func alive(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, state, _ := strings.Cut(string(b), ") ")
	return !strings.HasPrefix(state, "Z")
}
