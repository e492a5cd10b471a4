package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"golang.org/x/mod/sumdb/tlog"
)

// A claim is what the log's owner says about it, one JSON object a line; a hash is Base64:
//
//	{"kind":"checkpoint","note":TEXT}                       an earlier checkpoint, as it was signed
//	{"kind":"root","size":N,"root":HASH}                    the root at a size
//	{"kind":"inclusion","size":N,"index":I,"hashes":[...]}  a proof that entry I is under that root
//	{"kind":"consistency","size":N,"old":M,"hashes":[...]}  a proof that the tree of M grew into that of N
type claim struct {
	Kind, Note, Root string
	Size, Index, Old int64
	Hashes           []string
}

// checkClaims checks every claim against roots that the entries have, and returns how many there were.
func (log *verifiedLog) checkClaims(file string) (int, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return 0, badInput{err}
	}
	lines := bytes.Split(bytes.TrimSuffix(data, []byte("\n")), []byte("\n"))
	for number, line := range lines {
		var claim claim
		if err := json.Unmarshal(line, &claim); err != nil {
			return 0, badInput{fmt.Errorf("%s:%d: %w", file, number+1, err)}
		}
		if err := log.check(claim); err != nil {
			return 0, fmt.Errorf("claim %d, %s: %w", number+1, claim.Kind, err)
		}
	}
	return len(lines), nil
}

func (log *verifiedLog) check(claim claim) error {
	if claim.Kind == "checkpoint" {
		tree, err := openCheckpoint([]byte(claim.Note), log.key)
		if err != nil {
			return err
		}
		claim.Kind, claim.Size, claim.Root = "root", tree.N, tree.Hash.String()
	}
	if claim.Size > log.tree.N || claim.Old > claim.Size || claim.Index >= log.tree.N {
		return errors.New("beyond the log")
	}
	root, err := log.rootAt(claim.Size)
	if err != nil {
		return err
	}
	hashes, err := parseHashes(claim.Hashes)
	if err != nil {
		return err
	}
	switch claim.Kind {
	case "root":
		if claim.Root != root.String() {
			return fmt.Errorf("size %d had root %v, not %s", claim.Size, root, claim.Root)
		}
		return nil
	case "inclusion":
		return tlog.CheckRecord(hashes, claim.Size, root, claim.Index, log.leaves[claim.Index])
	case "consistency":
		old, err := log.rootAt(claim.Old)
		if err != nil {
			return err
		}
		return tlog.CheckTree(hashes, claim.Size, root, claim.Old, old)
	}
	return badInput{errors.New("no such kind of claim")}
}
