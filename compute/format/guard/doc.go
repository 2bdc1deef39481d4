// Package guard does work that may crash, hang or eat memory in a child process of the same binary, so
// that a file that breaks a C library is an error of that file and not the end of the program.
//
// Contract:
//   - main calls Main before anything else. In a process that was started as a child Main serves and
//     never returns; in any other it allows Start and returns. A test binary does so in TestMain.
//   - A child serves one role, which the package that owns it registers. It answers requests one after
//     another over its standard input and output, in frames: 1 byte kind, 4 bytes length (little-endian), content.
//   - A child is bounded in address space and CPU time where the system can do that (Linux; CPU time on
//     other Unixes), writes no core, and ends with its parent: the pipe ends everywhere, and Linux kills it.
//   - A child beats while it works and stops beating when it has used its CPU allowance since it last sent
//     something, or has sent nothing for Limits.Wait. A child without a beat for Limits.Silence is killed.
//   - Every death is an *Error that says what happened. Nothing that a child sends makes the parent panic
//     or take memory beyond the frame that its receiver asks to read.
package guard
