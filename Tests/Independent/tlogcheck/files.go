package main

import (
	"encoding/binary"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// C2SP tlog-tiles has tiles of height 8 only, and leaves the height out of their paths.
const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
)

// The level that package tlog gives to tiles of records: entry bundles.
const entries = -1

// logFiles are all files below a log's directory by their path in it.
type logFiles map[string][]byte

func readFiles(directory string) (logFiles, error) {
	files := logFiles{}
	err := filepath.WalkDir(directory, func(path string, item fs.DirEntry, err error) error {
		if err != nil || item.IsDir() {
			return err
		}
		name, err := filepath.Rel(directory, path)
		if err != nil {
			return err
		}
		files[filepath.ToSlash(name)], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		return nil, badInput{err}
	}
	return files, nil
}

// pathOf is where C2SP tlog-tiles puts a tile: `tile/<L>/<N>[.p/<W>]`, or `tile/entries/...`.
func pathOf(tile tlog.Tile) string {
	path := strings.TrimPrefix(tile.Path(), fmt.Sprintf("tile/%d/", tileHeight))
	return "tile/" + strings.Replace(path, "data/", "entries/", 1)
}

// parsePath is the inverse of pathOf; it accepts nothing that pathOf does not write.
func parsePath(path string) (tlog.Tile, error) {
	rest := strings.TrimPrefix(path, "tile/")
	if strings.HasPrefix(rest, "entries/") {
		rest = "data/" + strings.TrimPrefix(rest, "entries/")
	}
	tile, err := tlog.ParseTilePath(fmt.Sprintf("tile/%d/%s", tileHeight, rest))
	if err != nil || pathOf(tile) != path {
		return tlog.Tile{}, fmt.Errorf("`%s` is no file of a log", path)
	}
	return tile, nil
}

// tile returns the bytes of a tile, or those of the full one that has replaced a partial one.
func (files logFiles) tile(tile tlog.Tile) ([]byte, error) {
	path := pathOf(tile)
	if data, ok := files[path]; ok {
		return data, nil
	}
	tile.W = tileWidth
	if data, ok := files[pathOf(tile)]; ok {
		return data, nil
	}
	return nil, fmt.Errorf("`%s` is missing", path)
}

// bundle returns the first `width` entries of a bundle.
func (files logFiles) bundle(number int64, width int) ([][]byte, error) {
	tile := tlog.Tile{H: tileHeight, L: entries, N: number, W: width}
	data, err := files.tile(tile)
	if err != nil {
		return nil, err
	}
	all, err := splitBundle(data)
	if err != nil || len(all) < width {
		return nil, fmt.Errorf("`%s` does not hold %d whole entries", pathOf(tile), width)
	}
	return all[:width], nil
}

// splitBundle reads entries that each stand behind their length, two bytes, big-endian.
func splitBundle(data []byte) ([][]byte, error) {
	var all [][]byte
	for len(data) > 0 {
		if len(data) < 2 || len(data)-2 < int(binary.BigEndian.Uint16(data)) {
			return nil, fmt.Errorf("breaks off in entry %d", len(all))
		}
		end := 2 + int(binary.BigEndian.Uint16(data))
		all = append(all, data[2:end])
		data = data[end:]
	}
	return all, nil
}

// logFiles is a tlog.TileReader: it is how a client of the checksum database reads a log.
func (files logFiles) Height() int { return tileHeight }

func (files logFiles) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		data, err := files.tile(tile)
		if err != nil {
			return nil, err
		}
		if len(data) < tile.W*tlog.HashSize {
			return nil, fmt.Errorf("`%s` is too short", pathOf(tile))
		}
		all = append(all, data[:tile.W*tlog.HashSize])
	}
	return all, nil
}

func (files logFiles) SaveTiles([]tlog.Tile, [][]byte) {}
