import DataPlane
import Model

/// The check of a file before it is sent: the same scan and the same rules as the hub's ingest.
enum FileCheck {
    /// - Returns: what the file would become.
    /// - Throws: `HubProblem` with the bad lines if the hub would refuse the file for them; `ClientFault`.
    static func run(_ path: String, shape: IngestShape) throws -> FileInspection.Finding {
        let total = try InputFile.sizeBytes(path, option: "--file")
        let progress = ProgressMeter("bytes of \(path) checked", total: UInt64(total))
        defer { progress.end() }
        var inspection = try FileInspection(shape: shape)
        try InputFile.read(path, option: "--file") { bytes in
            try inspection.consume(bytes)
            progress.advance(by: bytes.count)
        }
        let finding = try inspection.finish()
        if let fault = finding.fault { throw HubProblem(fault) }
        return finding
    }
}

extension HubProblem {
    /// What the hub would say of these bad lines.
    fileprivate init(_ fault: BadLinesFault) {
        let text: [String: String?] = [
            "code": fault.fault.code, "detail": fault.fault.message, "field": fault.fault.field,
            "found": fault.fault.found, "remedy": fault.fault.remedy,
        ]
        var members = text.compactMapValues { $0.map(JSON.string) }
        members["bad_lines"] = .array(fault.badLines.map(\.json))
        members["bad_line_count"] = .integer(Int64(fault.badLineCount))
        self.init(status: fault.fault.kind.rawValue, members: members)
    }
}
