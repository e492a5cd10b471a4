extension LogSource {
    /// More parts than these no path of a log has; what lies deeper is named by its folder.
    private static let maximumDepth = 10

    /// Fails with the first path that no log has. Holds the names of one folder on each level.
    func checkNames() throws(LogFailure) { try checkNames(in: "", depth: 1) }

    private func checkNames(in folder: String, depth: Int) throws(LogFailure) {
        for name in try names(in: folder) {
            let path = folder.isEmpty ? name.text : folder + "/" + name.text
            if name.isFolder, depth < Self.maximumDepth {
                try checkNames(in: path, depth: depth + 1)
            } else if TilePath(path) == nil, !path.hasSameBytes(as: LogVerifier.checkpointPath),
                !path.hasSameBytes(as: LogVerifier.witnessedPath)
            {
                throw LogFailure(.file(path), at: 0, "no file of a log has this name")
            }
        }
    }

    /// Those of `places` that have a folder of partial tiles, from one listing a thousand of them.
    func partialFolders(of kind: TilePath.Kind, in places: Range<UInt64>) throws(LogFailure) -> Set<UInt64> {
        var found: Set<UInt64> = []
        for thousand in places.lowerBound / 1000...max(places.lowerBound, places.upperBound - 1) / 1000 {
            guard let first = TilePath(kind, index: thousand * 1000) else { continue }
            let folder = first.path.split(separator: "/").dropLast().joined(separator: "/")
            for name in try unorderedNames(in: folder) where name.isFolder {
                guard let tile = TilePath("\(folder)/\(name.text)/1"), places.contains(tile.index) else {
                    continue
                }
                found.insert(tile.index)
            }
        }
        return found
    }

    /// Hands each place to `body` once at which one of `kinds` has a file, from place `first` on.
    ///
    /// - Parameter kinds: of one level, so that they number their places alike.
    func forEachPlace(
        of kinds: [TilePath.Kind], from first: UInt64, _ body: (UInt64) throws(LogFailure) -> Void
    ) throws(LogFailure) {
        try forEachPlace(of: kinds, below: "", depth: 3, from: first, body)
    }

    private func forEachPlace(
        of kinds: [TilePath.Kind], below groups: String, depth: Int, from first: UInt64,
        _ body: (UInt64) throws(LogFailure) -> Void
    ) throws(LogFailure) {
        var places: Set<UInt64> = []
        var folders: Set<String> = []
        for folder in kinds.map({ $0.folder + groups }) {
            for name in try unorderedNames(in: folder) {
                let path = folder + "/" + name.text
                // A folder of partial tiles is known by the path that its first one would have.
                if let tile = TilePath(name.isFolder ? path + "/1" : path) {
                    places.insert(tile.index)
                } else if name.isFolder {
                    folders.insert(name.text)
                }
            }
        }
        for index in places.sorted() where index >= first { try body(index) }
        guard depth < Self.maximumDepth else { return }
        for name in folders.sorted() {
            try forEachPlace(of: kinds, below: groups + "/" + name, depth: depth + 1, from: first, body)
        }
    }
}

extension TilePath.Kind {
    /// The folder of all its tiles.
    fileprivate var folder: String {
        if case .hashes(let level) = self { "tile/\(level)" } else { "tile/entries" }
    }
}
