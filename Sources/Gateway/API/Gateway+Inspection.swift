internal import Consent
internal import DataPlane
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import Model
internal import NIOCore
internal import Registry

extension Gateway {
    func inspectDataset(_ call: Call) async throws -> Answer {
        .json(try await exchange.inspect(try call.slug("id"), by: try call.requiredCaller).json)
    }

    /// Reads all files of a dataset against their checksums, as a stream of lines: how far it is, and at last
    /// what it came to. Whoever hangs up ends it.
    func verifyDataset(_ call: Call) throws -> Response {
        let verification = try exchange.verification(
            of: try call.slug("id"), by: try call.requiredCaller)
        let logger = parts.logger
        var fields: HTTPFields = [:]
        fields[.contentType] = "application/x-ndjson"
        fields[.cacheControl] = "no-store"
        return Response(
            status: .ok, headers: fields,
            body: ResponseBody { writer in
                do {
                    var isAtEnd = false
                    while !isAtEnd {
                        let progress = try await verification.next()
                        try await writer.write(Self.line(progress.json))
                        isAtEnd = progress.isAtEnd
                    }
                } catch let error as DataPlaneError {
                    logger.error("stored data are damaged", metadata: ["cause": "\(error)"])
                    try await writer.write(Self.line(error.json))
                }
                try await writer.finish(nil)
            })
    }

    private static func line(_ json: JSON) -> ByteBuffer { ByteBuffer(bytes: json.canonical + [0x0A]) }
}

extension DatasetVerification.Progress {
    /// `verified` is null until all was read.
    fileprivate var json: JSON {
        [
            "version": .integer(Int64(version)), "verified": isAtEnd ? true : .null,
            "blocks": .integer(Int64(done.blocks)), "rows": .integer(Int64(done.rows)),
            "bytes": .integer(Int64(done.bytes)), "total_bytes": .integer(Int64(total.bytes)),
        ]
    }
}

extension DataPlaneError {
    /// What a verification came to. The file is told from the folder `data/` on.
    fileprivate var json: JSON {
        let (file, block): (String, Int?) =
            switch self {
            case .corrupt(let file, let block): (file, block)
            case .system(_, let file, _): (file, nil)
            default: ("", nil)
            }
        let cause = if case .system(let call, _, let errno) = self { "\(call): errno \(errno)" } else { code }
        return [
            "verified": false, "file": .string(file.split(separator: "/").suffix(3).joined(separator: "/")),
            "block": block.map { .integer(Int64($0)) } ?? .null, "cause": .string(cause),
            "remedy": """
            nothing of it is sent; look after the disk, then publish the dataset anew, or stop the hub \
            and put the file back from a copy
            """,
        ]
    }
}

extension Exchange.DatasetInspection {
    fileprivate var json: JSON {
        [
            "dataset": .string(dataset.id.text), "provider": .string(dataset.provider.text),
            "title": .string(dataset.title), "owner_rule": .string(dataset.ownerRule.kind),
            "versions": .array(versions.map(\.json)), "stored": stored?.json ?? .null,
            "projections": .array(projections.map { $0.json(naming: stored?.fields ?? []) }),
            "upstream": dataset.upstream?.json ?? .null,
        ]
    }
}

extension ProjectionCache.Item {
    fileprivate func json(naming all: [Field]) -> JSON {
        ["fields": JSON(fields.map { all[$0].name }), "bytes": .integer(Int64(sizeBytes))]
    }
}

extension DatasetVersion {
    fileprivate var json: JSON {
        [
            "version": .integer(Int64(version)), "rows": .integer(Int64(rows)),
            "owners": .integer(Int64(owners)), "ownerless_rows": .integer(Int64(ownerlessRows)),
            "bytes": .integer(Int64(sizeBytes)), "published_at": JSON(publishedAt),
        ]
    }
}

extension VersionInspection {
    fileprivate var json: JSON {
        [
            "version": .integer(Int64(version)), "base": .integer(Int64(base)),
            "fields": .array(fields.map(\.json)), "rows": .integer(Int64(rows)),
            "owners": .integer(Int64(owners)), "ownerless_rows": .integer(Int64(ownerlessRows)),
            "bad_lines": .integer(Int64(badLines)),
            "blocks": .integer(Int64(segments.reduce(0) { $0 + $1.blocks })),
            "segments": .array(segments.map(\.json)), "files": .array(files.map(\.json)),
            "sizes": sizes.json, "merge": merge?.json ?? .null,
        ]
    }
}

extension VersionInspection.Segment {
    fileprivate var json: JSON {
        [
            "version": .integer(Int64(version)), "rows": .integer(Int64(rows)),
            "blocks": .integer(Int64(blocks)), "sizes": sizes.json, "files": .array(files.map(\.json)),
        ]
    }
}

extension VersionInspection.Sizes {
    fileprivate var json: JSON {
        [
            "text_bytes": .integer(Int64(text)), "structure_bytes": .integer(Int64(structure)),
            "owner_bytes": .integer(Int64(owners)), "other_bytes": .integer(Int64(other)),
            "bytes": .integer(Int64(total)),
        ]
    }
}

extension VersionInspection.File {
    fileprivate var json: JSON {
        ["file": .string(name), "bytes": .integer(Int64(sizeBytes)), "crc32c": JSON(checksum)]
    }
}

extension VersionInspection.Merge {
    fileprivate var json: JSON {
        [
            "first_segment": .integer(Int64(segments.lowerBound)),
            "segments": .integer(Int64(segments.count)), "rows": .integer(Int64(rows)),
            "bytes": .integer(Int64(sizeBytes)),
        ]
    }
}
