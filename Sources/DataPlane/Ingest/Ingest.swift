import Model

/// One file on its way to become a version of a dataset: its only rows, or rows behind those of a version.
///
/// Feed it with `consume`, then call `finish`. Until `finish` returns nothing is published, and after any
/// error nothing is left of it on disk. Memory holds two segments of rows (`SegmentBuffer.maximumBytes` each,
/// and 24 bytes a row) and the owner keys, however large the file is. Not Sendable: one task at a time.
public final class Ingest {
    private let shape: IngestShape
    private let folder: IngestFolder
    private var unpacker: FileUnpacker
    // Of the two only that of the file's format is fed.
    private var csv = CSVScanner()
    private var ndjson: NDJSONScanner
    private var plain = PlainRows()
    /// Of its rows.
    private var ordinals: [UInt32] = []
    private var encoder: RowEncoder?
    private var owners: OwnerDictionary
    private var buffer = SegmentBuffer()
    private var pipeline: SegmentPipeline?
    private var progress: Progress
    private var report = BadLineReport()
    private var quarantine: Quarantine?
    private var hasEnded = false
    private let base: StoredVersion?
    private let segmentBytes: Int

    /// How far the version has come, in what it was built on and what was added.
    private struct Progress {
        var nextSegment = 0
        var nextSequence = 0
        var rows = 0
        var ownerlessRows = 0
    }

    /// - Parameters:
    ///   - base: the version to whose rows those of the file are added; nil to put them in its place.
    ///   - renewed: keys that passed to other owners since: what is added is not under their ordinals.
    ///   - segmentBytes: so many bytes of encoded rows become a segment.
    init(
        shape: IngestShape, folder: IngestFolder, onto base: StoredVersion?, renewed: [String],
        segmentBytes: Int
    ) throws {
        self.shape = shape
        self.folder = folder
        self.base = base
        self.segmentBytes = segmentBytes
        progress = Progress()
        ndjson = NDJSONScanner(names: shape.fields?.map(\.name))
        do {
            unpacker = try FileUnpacker(shape)
            owners = try base?.owners.dictionary() ?? OwnerDictionary()
            for key in renewed { try owners.renew(Array(key.utf8), version: folder.version) }
            if let base {
                progress = Progress(
                    nextSequence: base.manifest.nextSequence, rows: base.rowCount,
                    ownerlessRows: base.ownerlessRows)
            } else if shape.ownerRule == .single {
                try owners.adopt([UInt8]().span, since: folder.version, rows: 0)
            }
        } catch {
            folder.discard()
            throw error
        }
    }

    deinit { abort() }

    /// Takes the next piece of the file, of any size.
    /// - Throws: `ClientFault` for a header that cannot be used or damaged packing (422), or a file that is
    ///   too large, packed or unpacked (413); `RetryableFault` for a full disk; `DataPlaneError`. The ingest
    ///   has then ended.
    public func consume(_ bytes: [UInt8]) throws {
        try endingOnError {
            try unpacker.push(bytes)
            while let piece = try unpacker.next() { try scan(piece) }
        }
    }

    /// Publishes the version: its folder appears, whole and durable, as the last step.
    /// - Parameter merged: the version to which rows are added, if its segments were put together since.
    /// - Throws: `BadLinesFault` if the file was refused for its bad lines; `ClientFault` for an empty file;
    ///   and as `consume`.
    public func finish(onto merged: StoredVersion? = nil) throws -> IngestReport {
        try endingOnError {
            let base = merged ?? base
            guard base?.identity == self.base?.identity else {
                throw ClientFault(
                    .conflict, "version_exists", "the dataset was published meanwhile",
                    remedy: "send the rows again")
            }
            try unpacker.finish()
            try scanEnd()
            guard let encoder else { throw ClientFault.emptyFile(shape.format) }
            guard !isRefused else { throw report.fault(policy: shape.badLines) }
            try submit()
            let added = try pipeline?.wait() ?? []
            owners.addRows(pipeline?.rows ?? [])
            let manifest = try VersionFiles(folder).write(
                manifest(fields: encoder.fields, added, onto: base), owners: owners, quarantine: quarantine,
                linking: base)
            try folder.publish()
            hasEnded = true
            return IngestReport(manifest, report)
        }
    }

    /// Gives up; nothing is left on disk. Does nothing after the end.
    public func abort() {
        guard !hasEnded else { return }
        hasEnded = true
        pipeline?.drain()
        folder.discard()
    }

    private func endingOnError<Result>(_ body: () throws -> Result) throws -> Result {
        guard !hasEnded else { throw DataPlaneError.ingestEnded }
        do {
            return try body()
        } catch {
            abort()
            throw error
        }
    }

    // MARK: Rows

    private var isRefused: Bool {
        report.hasLostStructure || shape.badLines == .refuse && report.count > 0
    }

    private func scan(_ piece: [UInt8]) throws {
        var position = 0
        switch shape.format {
        case .csv:
            repeat {
                while encoder?.encodePlain(piece, &position, &csv, into: &plain, &buffer) == true {
                    try takePlain(piece)
                }
            } while try takeRow(piece, &position)
        case .ndjson: while ndjson.next(piece, &position) { try take(ndjson) }
        }
    }

    private func takeRow(_ piece: [UInt8], _ position: inout Int) throws -> Bool {
        guard csv.next(piece, &position) else { return false }
        try take(csv)
        return true
    }

    private func takePlain(_ piece: [UInt8]) throws {
        // What stands behind the buffer's rows is then written over.
        guard !isRefused, let end = plain.ends.last else { return }
        try checkCount(adding: plain.ends.count)
        try unpacker.store(end - buffer.usedBytes)
        if case .column = shape.ownerRule {
            try owners.ordinals(
                of: plain.ownerKeys, in: piece.span, version: folder.version, into: &ordinals)
        } else {
            ordinals = [UInt32](repeating: try owner(piece, nil), count: plain.ends.count)
        }
        buffer.add(ends: plain.ends, owners: ordinals)
        try rowsWereAdded(plain.ends.count, ownerless: ordinals.count { $0 == OwnerDictionary.nobody })
    }

    private func scanEnd() throws {
        switch shape.format {
        case .csv: if csv.finish() { try take(csv) }
        case .ndjson: if ndjson.finish() { try take(ndjson) }
        }
    }

    /// The row that stands in the scanner; the first may be the header.
    private func take<Row: ScannedRow>(_ row: Row) throws {
        if encoder == nil {
            begin(try row.columns(shape))
            if Row.isHeaded { return }
        }
        if let bad = encoder?.encode(row) {
            try takeBad(bad, row)
        } else if !isRefused, let encoder {
            try take(encoder.record.span, owner: owner(row.bytes, encoder.ownerKey))
        }
    }

    private func begin(_ columns: Columns) {
        encoder = RowEncoder(columns: columns, nullMarkers: NullMarkers(shape.nullValues))
        pipeline = SegmentPipeline(
            version: folder.version, fieldCount: columns.fields.count, hasOwners: shape.ownerRule != .open,
            in: folder.temporaryPath, disk: folder.disk)
    }

    private func take(_ record: Span<UInt8>, owner: UInt32) throws {
        try checkCount(adding: 1)
        try unpacker.store(record.count)
        buffer.append(record, owner: owner)
        try rowsWereAdded(1, ownerless: owner == OwnerDictionary.nobody ? 1 : 0)
    }

    private func checkCount(adding count: Int) throws(ClientFault) {
        guard progress.rows + count < Int(UInt32.max) else {
            throw ClientFault(
                .tooLarge, "too_many_rows", "the dataset would have more than 4,294,967,294 rows",
                remedy: "split the dataset")
        }
    }

    private func rowsWereAdded(_ count: Int, ownerless: Int) throws {
        progress.rows += count
        if shape.ownerRule != .open { progress.ownerlessRows += ownerless }
        if buffer.usedBytes >= segmentBytes || buffer.count >= SegmentBuffer.maximumRows { try submit() }
    }

    private func submit() throws {
        let count = buffer.count
        guard count > 0 else { return }
        try pipeline?.submit(
            &buffer, number: progress.nextSegment, firstSequence: progress.nextSequence,
            ordinals: owners.count)
        progress.nextSegment += 1
        progress.nextSequence += count
    }

    private func takeBad<Row: ScannedRow>(_ line: BadLine, _ row: Row) throws {
        report.add(line)
        guard !isRefused else { return }
        if quarantine == nil {
            quarantine = try Quarantine(folder.path(Manifest.quarantineFile), disk: folder.disk)
        }
        try quarantine?.add(line, row)
    }

    private func owner(_ bytes: [UInt8], _ key: Range<Int>?) throws -> UInt32 {
        switch shape.ownerRule {
        case .single: 0
        case .open: OwnerDictionary.nobody
        case .column:
            if let key {
                try owners.ordinal(of: bytes, key, version: folder.version)
            } else {
                OwnerDictionary.nobody
            }
        }
    }

    private func manifest(
        fields: [Field], _ segments: [Manifest.Segment], onto base: StoredVersion?
    ) -> Manifest {
        Manifest(
            dataset: folder.dataset, version: folder.version, base: base?.manifest.base ?? folder.version,
            ownerRule: shape.ownerRule, nullValues: shape.nullValues, fields: fields, rows: progress.rows,
            owners: shape.ownerRule == .single ? 1 : owners.owners, ordinals: owners.count,
            ownerlessRows: progress.ownerlessRows,
            badLineCount: report.count, nextSequence: progress.nextSequence,
            segments: (base?.manifest.segments ?? []) + segments,
            ownerTable: Manifest.File(sizeBytes: 0, checksum: 0), quarantine: nil)
    }
}

extension ClientFault {
    static func emptyFile(_ format: FileFormat) -> ClientFault {
        ClientFault(
            .unprocessable, "empty_file", "the file is empty",
            remedy: format == .csv
                ? "send at least a header" : "send at least one object, or CSV with only a header")
    }
}
