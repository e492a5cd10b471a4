import Model

/// One file on its way to become a version of a dataset.
///
/// Feed it with `consume`, then call `finish`. Until `finish` returns nothing is published, and after any
/// error nothing is left of it on disk. Memory holds sixteen bytes a row and the owner keys. Not Sendable:
/// one task at a time.
public final class Ingest {
    private let shape: IngestShape
    private let folder: IngestFolder
    private let spool: Spool
    private var scanner = CSVScanner()
    private var encoder: RowEncoder?
    private var owners = OwnerDictionary()
    private var report = BadLineReport()
    private var quarantine: Quarantine?
    private var receivedBytes = 0
    private var hasEnded = false

    init(shape: IngestShape, folder: IngestFolder) throws {
        self.shape = shape
        self.folder = folder
        do {
            spool = try Spool(folder.path("spool"), disk: folder.disk)
            if shape.ownerRule == .single { _ = try owners.ordinal(of: [], 0..<0) }
        } catch {
            folder.discard()
            throw error
        }
    }

    deinit { abort() }

    /// Takes the next piece of the file, of any size.
    /// - Throws: `ClientFault` for a header that cannot be used (422) or a file that is too large (413);
    ///   `RetryableFault` for a full disk; `DataPlaneError`. The ingest has then ended.
    public func consume(_ bytes: [UInt8]) throws {
        try endingOnError {
            receivedBytes += bytes.count
            guard receivedBytes <= shape.maximumBytes else {
                throw ClientFault(
                    .tooLarge, "too_large", "the file is larger than \(shape.maximumBytes) bytes",
                    remedy: "split it")
            }
            var position = 0
            while scanner.next(bytes, &position) { try takeRow() }
        }
    }

    /// Publishes the version: its folder appears, whole and durable, as the last step.
    /// - Throws: `BadLinesFault` if the file was refused for its bad lines; `ClientFault` for an empty file;
    ///   and as `consume`.
    public func finish() throws -> IngestReport {
        try endingOnError {
            if scanner.finish() { try takeRow() }
            guard let encoder else {
                throw ClientFault(
                    .unprocessable, "empty_file", "the file is empty", remedy: "send at least a header")
            }
            guard !isRefused else { throw report.fault(policy: shape.badLines) }
            let manifest = try VersionWriter(directory: folder.temporaryPath, disk: folder.disk).write(
                .init(
                    dataset: folder.dataset, version: folder.version, shape: shape, fields: encoder.fields,
                    badLineCount: report.count),
                spool: spool, owners: owners, quarantine: quarantine)
            try folder.publish(without: spool.path)
            hasEnded = true
            return summary(manifest)
        }
    }

    /// Gives up; nothing is left on disk. Does nothing after the end.
    public func abort() {
        guard !hasEnded else { return }
        hasEnded = true
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

    /// The row that stands in the scanner; the first is the header.
    private func takeRow() throws {
        guard encoder != nil else {
            let columns = try Columns(header: scanner, shape: shape)
            encoder = RowEncoder(columns: columns, nullMarkers: NullMarkers(shape.nullValues))
            return
        }
        if let bad = encoder?.encode(scanner) {
            try takeBad(bad)
        } else if !isRefused, let encoder {
            try spool.append(encoder.record, owner: owner(encoder.ownerKey))
        }
    }

    private func takeBad(_ line: BadLine) throws {
        report.add(line)
        guard !isRefused else { return }
        if quarantine == nil {
            quarantine = try Quarantine(folder.path(Manifest.quarantineFile), disk: folder.disk)
        }
        try quarantine?.add(line, scanner)
    }

    private func owner(_ key: Range<Int>?) throws -> UInt32 {
        switch shape.ownerRule {
        case .single: 0
        case .open: OwnerDictionary.nobody
        case .column:
            try key.map { try owners.ordinal(of: scanner.bytes, $0) } ?? OwnerDictionary.nobody
        }
    }

    private func summary(_ manifest: Manifest) -> IngestReport {
        IngestReport(
            version: manifest.version, fields: manifest.fields, rows: manifest.rows, owners: manifest.owners,
            ownerlessRows: manifest.ownerlessRows, badLines: report.lines, badLineCount: report.count,
            sizeBytes: manifest.files.values.reduce(manifest.encoded.count) { $0 + $1.sizeBytes })
    }
}
