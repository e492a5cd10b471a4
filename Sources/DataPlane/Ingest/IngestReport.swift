public import Model

/// What an ingest published.
public struct IngestReport: Hashable, Sendable {
    public var version: Int
    /// As given, or as inferred from the whole file.
    public var fields: [Field]
    /// All stored rows, those without an owner included.
    public var rows: Int
    /// Owners with at least one row; 1 for a single owner, 0 for an open dataset.
    public var owners: Int
    /// Rows that belong to nobody and are never released; 0 for an open dataset.
    public var ownerlessRows: Int
    /// The first 100.
    public var badLines: [BadLine]
    public var badLineCount: Int
    /// Of the version's files.
    public var sizeBytes: Int
}

extension IngestReport {
    init(_ manifest: Manifest, _ report: BadLineReport) {
        self.init(
            version: manifest.version, fields: manifest.fields, rows: manifest.rows, owners: manifest.owners,
            ownerlessRows: manifest.ownerlessRows, badLines: report.lines, badLineCount: report.count,
            sizeBytes: manifest.sizeBytes)
    }
}

/// The whole file was refused for its bad lines. Nothing changed.
public struct BadLinesFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// Code `bad_lines`: what the caller gets, beside the lines.
    public var fault: ClientFault
    /// The first 100.
    public var badLines: [BadLine]
    public var badLineCount: Int

    public var description: String { fault.description }
}
