// Tlogcheck verifies a C2SP tlog-tiles log with the packages of the Go project's checksum database, which
// nobody of this project wrote: golang.org/x/mod/sumdb/note and .../tlog. They read notes and compute every
// hash and proof; what is written here only reads files and compares.
//
//	tlogcheck log DIR VKEY [CLAIMS]    a whole log, and what was claimed about it (see claims.go)
//	tlogcheck proof FILE ENTRY VKEY    that one entry is in a log, by its .tlog-proof
//	tlogcheck flips DIR VKEY FLIPS     that no flipped byte passes (see flips.go)
//
// It prints one line. Status 0: verified. 1: not verified. 2: wrong usage, or a file that cannot be read.
//
// It builds without a network against Debian's golang-golang-x-mod-dev:
//
//	GO111MODULE=off GOPATH=/usr/share/gocode CGO_ENABLED=0 go build -o tlogcheck .
package main

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/mod/sumdb/note"
)

const usage = "usage: tlogcheck log DIR VKEY [CLAIMS] | proof FILE ENTRY VKEY | flips DIR VKEY FLIPS"

// A badInput is about what the caller gave, not about the log.
type badInput struct{ error }

func main() {
	line, err := run(os.Args[1:])
	var bad badInput
	switch {
	case errors.As(err, &bad):
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(2)
	case err != nil:
		fmt.Println("failed:", err)
		os.Exit(1)
	}
	fmt.Println(line)
}

func run(arguments []string) (string, error) {
	if len(arguments) < 3 || len(arguments) > 4 {
		return "", badInput{errors.New(usage)}
	}
	command, first, second := arguments[0], arguments[1], arguments[2]
	switch {
	case command == "log" && len(arguments) == 3:
		return checkDirectory(first, second, "")
	case command == "log":
		return checkDirectory(first, second, arguments[3])
	case command == "proof" && len(arguments) == 4:
		return checkProofFile(first, second, arguments[3])
	case command == "flips" && len(arguments) == 4:
		return checkFlips(first, second, arguments[3])
	}
	return "", badInput{errors.New(usage)}
}

// checkDirectory verifies the log in a directory, then each claim about it.
func checkDirectory(directory, vkey, claimsFile string) (string, error) {
	files, key, err := open(directory, vkey)
	if err != nil {
		return "", err
	}
	log, err := verify(files, key, everyProofUpTo)
	if err != nil {
		return "", err
	}
	count := 0
	if claimsFile != "" {
		if count, err = log.checkClaims(claimsFile); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("verified %d entries, root %v, %d claims", log.tree.N, log.tree.Hash, count), nil
}

func open(directory, vkey string) (logFiles, note.Verifier, error) {
	key, err := note.NewVerifier(vkey)
	if err != nil {
		return nil, nil, badInput{err}
	}
	files, err := readFiles(directory)
	return files, key, err
}
