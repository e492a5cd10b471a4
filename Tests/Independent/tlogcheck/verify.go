package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Logs up to this size are proven entry by entry, of larger ones about so many entries, evenly spread.
const everyProofUpTo = 1000

// storedHashes are all complete nodes of a tree, computed from its entries, in tlog's order.
type storedHashes []tlog.Hash

func (stored storedHashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		if index < 0 || index >= int64(len(stored)) {
			return nil, fmt.Errorf("hash %d is beyond the entries", index)
		}
		hashes[i] = stored[index]
	}
	return hashes, nil
}

// A verifiedLog is a log whose entries lead to the root that its key signed.
type verifiedLog struct {
	key    note.Verifier
	tree   tlog.Tree
	stored storedHashes
	leaves []tlog.Hash
}

// verify checks the checkpoint, every entry, every tile and, of entries and earlier sizes, about `proofs`.
func verify(files logFiles, key note.Verifier, proofs int64) (*verifiedLog, error) {
	tree, err := openCheckpoint(files["checkpoint"], key)
	if err != nil {
		return nil, fmt.Errorf("`checkpoint`: %w", err)
	}
	log := &verifiedLog{key: key, tree: tree}
	if err := log.readEntries(files); err != nil {
		return nil, err
	}
	root, err := log.rootAt(tree.N)
	if err != nil {
		return nil, err
	}
	if root != tree.Hash {
		return nil, fmt.Errorf("the entries have root %v, the checkpoint %v", root, tree.Hash)
	}
	if err := log.checkFiles(files); err != nil {
		return nil, err
	}
	return log, log.checkProofs(files, proofs)
}

// openCheckpoint reads a checkpoint that the log's own key signed: origin, size, root. Everything behind the
// origin is read as the checksum database reads its own tree.
func openCheckpoint(signed []byte, key note.Verifier) (tlog.Tree, error) {
	opened, err := note.Open(signed, note.VerifierList(key))
	if err != nil {
		return tlog.Tree{}, err
	}
	origin := strings.SplitN(opened.Text, "\n", 2)[0]
	if origin != key.Name() {
		return tlog.Tree{}, fmt.Errorf("it is of `%s`, the key of `%s`", origin, key.Name())
	}
	return tlog.ParseTree([]byte("go.sum database tree" + strings.TrimPrefix(opened.Text, origin)))
}

func (log *verifiedLog) readEntries(files logFiles) error {
	for size := int64(0); size < log.tree.N; size = int64(len(log.leaves)) {
		width := tileWidth
		if log.tree.N-size < tileWidth {
			width = int(log.tree.N - size)
		}
		bundle, err := files.bundle(size/tileWidth, width)
		if err != nil {
			return err
		}
		for _, entry := range bundle {
			hashes, err := tlog.StoredHashes(int64(len(log.leaves)), entry, log.stored)
			if err != nil {
				return err
			}
			log.stored = append(log.stored, hashes...)
			log.leaves = append(log.leaves, tlog.RecordHash(entry))
		}
	}
	return nil
}

// rootAt is the root that the log had at an earlier size. The checksum database gives an empty tree a root
// of zeros; C2SP gives it that of RFC 6962.
func (log *verifiedLog) rootAt(size int64) (tlog.Hash, error) {
	if size == 0 {
		return sha256.Sum256(nil), nil
	}
	return tlog.TreeHash(size, log.stored)
}

// checkFiles finds a tile that is missing, and every file that does not hold what the entries make of it.
// What lies beyond the checkpoint, as after a crash, proves nothing and is left alone.
func (log *verifiedLog) checkFiles(files logFiles) error {
	tiles := tlog.NewTiles(tileHeight, 0, log.tree.N)
	for i, tile := range tiles {
		isWidest := i+1 == len(tiles) || tiles[i+1].L != tile.L || tiles[i+1].N != tile.N
		if _, err := files.tile(tile); isWidest && err != nil {
			return err
		}
	}
	for path, data := range files {
		if path == "checkpoint" {
			continue
		}
		tile, err := parsePath(path)
		if err != nil {
			return err
		}
		if err := log.checkTile(tile, data); err != nil {
			return fmt.Errorf("`%s`: %w", path, err)
		}
	}
	return nil
}

// checkTile compares a tile with the nodes, and a bundle with the leaves, that the entries have.
func (log *verifiedLog) checkTile(tile tlog.Tile, data []byte) error {
	found := data
	size := tile.W * tlog.HashSize
	if tile.L == entries {
		bundle, err := splitBundle(data)
		if err != nil {
			return err
		}
		found = nil
		for _, entry := range bundle {
			hash := tlog.RecordHash(entry)
			found = append(found, hash[:]...)
		}
		tile.L = 0
	}
	if len(found) != size {
		return fmt.Errorf("does not hold %d hashes or entries", tile.W)
	}
	covered := log.tree.N>>(tileHeight*tile.L) - tile.N<<tileHeight
	if covered <= 0 {
		return nil
	}
	if covered < int64(tile.W) {
		tile.W = int(covered)
	}
	expected, err := tlog.ReadTileData(tile, log.stored)
	if err != nil {
		return err
	}
	if !bytes.Equal(found[:len(expected)], expected) {
		return fmt.Errorf("does not belong to the entries")
	}
	return nil
}
