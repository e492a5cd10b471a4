package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// So few proofs are made for each flip: they lead over the right edge, and every tile is compared anyhow.
const proofsPerFlip = 8

// checkFlips verifies the log once as it is, then once for each line `PATH OFFSET XOR` of a file, with that
// byte changed in memory. It fails on the first change that is not noticed.
func checkFlips(directory, vkey, flipsFile string) (string, error) {
	files, key, err := open(directory, vkey)
	if err != nil {
		return "", err
	}
	if _, err := verify(files, key, proofsPerFlip); err != nil {
		return "", err
	}
	flips, err := os.ReadFile(flipsFile)
	if err != nil {
		return "", badInput{err}
	}
	lines := strings.Split(strings.TrimSuffix(string(flips), "\n"), "\n")
	for _, line := range lines {
		var path string
		var offset int
		var xor byte
		if _, err := fmt.Sscanf(line, "%s %d %d", &path, &offset, &xor); err != nil {
			return "", badInput{fmt.Errorf("`%s`: %w", line, err)}
		}
		data, ok := files[path]
		if !ok || offset < 0 || offset >= len(data) || xor == 0 {
			return "", badInput{fmt.Errorf("`%s` flips nothing", line)}
		}
		data[offset] ^= xor
		_, err := verify(files, key, proofsPerFlip)
		data[offset] ^= xor
		if err == nil {
			return "", errors.New("not noticed: " + line)
		}
	}
	return fmt.Sprintf("noticed %d of %d flips", len(lines), len(lines)), nil
}
