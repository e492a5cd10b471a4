package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// checkProofs makes proofs from the log's own tiles, as a client does that has no entries, and checks them
// against the roots that the entries have.
func (log *verifiedLog) checkProofs(files logFiles, count int64) error {
	tiles := tlog.TileHashReader(log.tree, files)
	step := (log.tree.N + count - 1) / count
	for index := int64(0); index < log.tree.N; index += step {
		if err := log.checkRecord(tiles, index); err != nil {
			return fmt.Errorf("inclusion of entry %d: %w", index, err)
		}
		if err := log.checkGrowth(tiles, index+1); err != nil {
			return fmt.Errorf("consistency with size %d: %w", index+1, err)
		}
	}
	return nil
}

func (log *verifiedLog) checkRecord(tiles tlog.HashReader, index int64) error {
	proof, err := tlog.ProveRecord(log.tree.N, index, tiles)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(proof, log.tree.N, log.tree.Hash, index, log.leaves[index])
}

func (log *verifiedLog) checkGrowth(tiles tlog.HashReader, size int64) error {
	root, err := log.rootAt(size)
	if err != nil {
		return err
	}
	proof, err := tlog.ProveTree(log.tree.N, size, tiles)
	if err != nil {
		return err
	}
	return tlog.CheckTree(proof, log.tree.N, log.tree.Hash, size, root)
}

// checkProofFile verifies a C2SP tlog-proof of an entry, given byte for byte in a file.
func checkProofFile(proofFile, entryFile, vkey string) (string, error) {
	key, err := note.NewVerifier(vkey)
	if err != nil {
		return "", badInput{err}
	}
	proof, err := os.ReadFile(proofFile)
	if err != nil {
		return "", badInput{err}
	}
	entry, err := os.ReadFile(entryFile)
	if err != nil {
		return "", badInput{err}
	}
	index, hashes, checkpoint, err := parseProof(string(proof))
	if err != nil {
		return "", err
	}
	tree, err := openCheckpoint([]byte(checkpoint), key)
	if err != nil {
		return "", err
	}
	if index >= tree.N {
		return "", fmt.Errorf("entry %d is beyond the checkpoint's %d", index, tree.N)
	}
	if err := tlog.CheckRecord(hashes, tree.N, tree.Hash, index, tlog.RecordHash(entry)); err != nil {
		return "", err
	}
	return fmt.Sprintf("verified entry %d of %d, root %v", index, tree.N, tree.Hash), nil
}

var errMalformedProof = errors.New("not a c2sp.org/tlog-proof@v1")

// parseProof reads `c2sp.org/tlog-proof@v1`, perhaps `extra BASE64`, `index N`, hashes, an empty line and the
// checkpoint.
func parseProof(text string) (index int64, hashes tlog.RecordProof, checkpoint string, err error) {
	halves := strings.SplitN(text, "\n\n", 2)
	lines := strings.Split(halves[0], "\n")
	if len(halves) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return 0, nil, "", errMalformedProof
	}
	lines = lines[1:]
	if len(lines) > 0 && strings.HasPrefix(lines[0], "extra ") {
		if _, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(lines[0], "extra ")); err != nil {
			return 0, nil, "", errMalformedProof
		}
		lines = lines[1:]
	}
	if len(lines) == 0 || !strings.HasPrefix(lines[0], "index ") {
		return 0, nil, "", errMalformedProof
	}
	digits := strings.TrimPrefix(lines[0], "index ")
	index, err = strconv.ParseInt(digits, 10, 64)
	if err != nil || index < 0 || digits != strconv.FormatInt(index, 10) {
		return 0, nil, "", errMalformedProof
	}
	hashes, err = parseHashes(lines[1:])
	return index, hashes, halves[1], err
}

func parseHashes(lines []string) ([]tlog.Hash, error) {
	hashes := []tlog.Hash{}
	for _, line := range lines {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return nil, err
		}
		hashes = append(hashes, hash)
	}
	return hashes, nil
}
