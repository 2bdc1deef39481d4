// Package vm holds what the window shows, as plain values without any toolkit:
// selections, the state of a running reconstruction with its kept frames and
// losses, texts for progress and errors, and the mailbox that brings results
// from working goroutines to the one that draws.
//
// Unless a type says otherwise its methods belong to the drawing goroutine.
package vm
