public import Model

/// All that a witness must never forget: of each log the latest checkpoint that it cosigned.
///
/// Whoever can put an older state in its place can make the witness cosign two histories of one log. It is
/// small, so it is stored whole, and replaced atomically and durably.
public struct WitnessState: Hashable, Sendable {
    /// By the bytes of the origin: two origins that only look alike are two logs. None is of size 0.
    private var heads: [[UInt8]: LogHead] = [:]

    /// Of a witness that has cosigned nothing.
    public init() {}

    /// The latest cosigned checkpoint of a log; of size 0 if there is none.
    public func head(of origin: String) -> LogHead { heads[Array(origin.utf8)] ?? .empty }

    /// The logs with a cosigned checkpoint, sorted by the bytes of their origins.
    public var origins: [String] {
        heads.keys.sorted { $0.lexicographicallyPrecedes($1) }.map { String(decoding: $0, as: UTF8.self) }
    }

    /// This state, and `head` as the latest of a log. A log never shrinks.
    func advanced(_ origin: String, to head: LogHead) -> WitnessState {
        precondition(head.size >= self.head(of: origin).size, "a witness never goes back")
        var state = self
        if head.size > 0 { state.heads[Array(origin.utf8)] = head }
        return state
    }
}

extension WitnessState {
    /// `{"logs":[{"origin":TEXT,"root":BASE64,"size":DECIMAL},...],"v":1}`, logs sorted by the bytes of their
    /// origins. Sizes are texts, because a log may claim more than the 2^53 that numbers in JSON are exact to
    /// (RFC 8785).
    public var json: JSON {
        let logs = origins.map { origin in
            let head = head(of: origin)
            return JSON.object([
                "origin": .string(origin), "size": .string(String(head.size)),
                "root": .string(head.root.base64),
            ])
        }
        return .object(["v": 1, "logs": .array(logs)])
    }

    /// `json` in canonical form: the contents of the file.
    public var serialised: [UInt8] { json.canonical }

    /// Reads what `serialised` wrote, and nothing else: a file that was changed by hand may have lost what
    /// the witness must not forget.
    ///
    /// - Throws: `malformedState`.
    public init(serialised: [UInt8]) throws(ProofError) {
        let json: JSON
        do { json = try JSON.parse(serialised) } catch {
            throw ProofError(.malformedState, "the witness's state is not JSON: \(error)")
        }
        guard json["v"] == 1, let logs = json["logs"]?.array else {
            throw ProofError(.malformedState, "the witness's state is not of version 1")
        }
        for log in logs {
            guard let (origin, head) = Self.head(log) else {
                throw ProofError(.malformedState, "the witness's state has a log without a valid head")
            }
            heads[Array(origin.utf8)] = head
        }
        // Catches all else: unknown members, a log twice, another order.
        guard self.serialised == serialised else {
            throw ProofError(.malformedState, "the witness's state is not as a witness writes it")
        }
    }

    private static func head(_ json: JSON) -> (origin: String, LogHead)? {
        guard let origin = json["origin"]?.string, WitnessedLog.isOrigin(origin),
            let size = json["size"]?.string.flatMap({ UInt64(canonical: Array($0.utf8)) }),
            (1...Checkpoint.maximumSize).contains(size),
            let root = json["root"]?.string.flatMap({ TreeHash(base64: $0) })
        else { return nil }
        return (origin, LogHead(size: size, root: root))
    }
}
