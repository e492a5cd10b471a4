import Glibc
import Model

@testable import DataPlane

/// Files of a version with any bytes in them, opened, read, put together and built upon: what the fuzzer
/// calls, and the tests with the fuzzer's corpus.
///
/// The first byte of an input says which files it brings, by a bit each, in the order of `names`; each has a
/// length of two bytes, least significant first, and then its content. The other files are those of a version
/// that was really written, with owners or, if the highest bit is set, open. Then sizes and checksums are
/// made right, so that what they protect is reached, unless the bit below says that they stay.
struct SegmentTorture {
    private static let names = [
        Manifest.fileName, Manifest.ownersFile, "blocks-1-0", "rows-1-0", "blocks-2-0", "rows-2-0",
    ]
    private static let keepsChecksums: UInt8 = 0x40
    private static let isOpen: UInt8 = 0x80

    private static let fields = [
        Field(name: "o", type: .string), Field(name: "n", type: .decimal),
        Field(name: "at", type: .datetime),
    ]

    private static let texts = [
        "o,n,at\nb,1,\na,-2.5,2024-02-29T00:00:00Z\n\"x, \"\"y\"\"\",,\n,3,\n",
        "o,n,at\na,4e1,2024-02-29T00:00:00.5+01:00\nc,5,\nb,,\n",
    ]

    let store: DatasetStore
    let dataset: Slug
    private let path: String
    /// Of the version with owners, and of the open one, in the order of `names`.
    private var originals: [[[UInt8]]] = []

    /// - Parameter folder: empty; it is the torture's own.
    init(folder: String) throws {
        guard let dataset = Slug("fuzzed") else { fatalError("a slug is one") }
        self.dataset = dataset
        store = DatasetStore(directory: folder)
        path = "\(folder)/\(dataset)"
        for rule in [OwnerRuleShape.column("o"), .open] { originals.append(try written(rule)) }
    }

    /// The files of a version in two segments.
    private func written(_ rule: OwnerRuleShape) throws -> [[UInt8]] {
        clear()
        let shape = IngestShape(ownerRule: rule, fields: Self.fields)
        for (version, text) in zip(1..., Self.texts) {
            let base = version > 1 ? try store.open(dataset: dataset, version: version - 1) : nil
            let ingest = try store.beginIngest(dataset: dataset, version: version, shape: shape, onto: base)
            try ingest.consume(Array(text.utf8))
            _ = try ingest.finish()
        }
        return try Self.names.map {
            try OpenFile("\(path)/2/\($0)", O_RDONLY, disk: Disk()).readAll(limitBytes: 1 << 16)
        }
    }

    /// - Returns: how many rows were read; nil if something of the version was refused.
    @discardableResult
    func run(_ input: [UInt8]) -> Int? {
        guard let mode = input.first else { return nil }
        var files = originals[mode & Self.isOpen == 0 ? 0 : 1]
        let isDamaged = bring(input, mode, into: &files) && mode & Self.keepsChecksums != 0
        if mode & Self.keepsChecksums == 0 { ChecksumMending(hasManifest: mode & 1 == 1).mend(&files) }
        clear()
        do {
            try write(files)
            let rows = try use()
            precondition(!isDamaged, "damage was not seen")
            return rows
        } catch {
            precondition(Self.isRefusal(error), "\(error)")
            return nil
        }
    }

    /// - Returns: whether any file is another one now.
    private func bring(_ input: [UInt8], _ mode: UInt8, into files: inout [[UInt8]]) -> Bool {
        let before = files
        var rest = input.dropFirst()
        for index in files.indices where mode >> UInt8(index) & 1 == 1 {
            let length = rest.prefix(2).reversed().reduce(0) { $0 << 8 | Int($1) }
            files[index] = Array(rest.dropFirst(2).prefix(length))
            rest = rest.dropFirst(2 + length)
        }
        return files != before
    }

    private func write(_ files: [[UInt8]]) throws {
        try Disk().makeDirectory("\(path)/2")
        for (name, content) in zip(Self.names, files) {
            _ = try FileWriter.write(content, to: "\(path)/2/\(name)", disk: Disk())
        }
    }

    private func clear() {
        for name in (try? Disk().list(path)) ?? [] { Disk().removeTree("\(path)/\(name)") }
    }

    /// A manifest that names other files than there are is believed until one is missed.
    private static func isRefusal(_ error: any Error) -> Bool {
        switch error as? DataPlaneError {
        case .corrupt, .system("open", _, ENOENT): true
        default: false
        }
    }
}

extension SegmentTorture {
    /// The input that brings these files of a version.
    /// - Parameter change: what becomes of a file; nil to leave it out.
    func input(isOpen: Bool, _ change: (_ name: String, _ content: [UInt8]) -> [UInt8]?) -> [UInt8] {
        var input = [isOpen ? Self.isOpen : 0]
        for (index, name) in Self.names.enumerated() {
            guard let content = change(name, originals[isOpen ? 1 : 0][index]) else { continue }
            input[0] |= 1 << UInt8(index)
            input.append16(content.count)
            input += content
        }
        return input
    }
}
