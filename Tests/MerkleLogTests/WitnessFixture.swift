import Cryptography
@testable import MerkleLog
import Model
import Testing
import TestSupport

/// A log in memory and a witness that watches it.
struct WitnessFixture {
    static let origin = "hub.example/log"
    static let tree = ReferenceTree(entries: (0..<40).map { [UInt8($0), 7] })
    /// Another history: it agrees with `tree` in its first ten entries.
    static let fork = ReferenceTree(entries: (0..<40).map { [UInt8($0), $0 < 10 ? 7 : 8] })

    let log: NoteSigner
    let client: WitnessClient
    var witness: Witness
    /// What was stored last, as a file would hold it.
    var stored: [UInt8] = []
    var storeCount = 0

    init() throws {
        log = try NoteSigner(name: Self.origin, key: .generate(.ed25519))
        let signer = try CosignatureTests.witness()
        client = WitnessClient(key: try CosignatureVerifier(vkey: signer.vkey))
        let logs = [try WitnessedLog(vkey: log.vkey)]
        witness = Witness(signer: signer, logs: logs, state: WitnessState())
    }

    /// A checkpoint signed by the log.
    func note(
        _ size: Int, of tree: ReferenceTree = Self.tree, extensions: [String] = [],
        by signers: [NoteSigner]? = nil
    ) throws -> Note {
        let checkpoint = Checkpoint(
            origin: Self.origin, size: UInt64(size), root: tree.root(0..<size), extensions: extensions)
        return try Note(Array(checkpoint.signed(by: signers ?? [log]).utf8))
    }

    func request(_ oldSize: Int, _ size: Int, of tree: ReferenceTree = Self.tree) throws -> WitnessRequest {
        let proof =
            oldSize == 0 || oldSize > size
            ? [] : try ConsistencyProof.make(oldSize: UInt64(oldSize), size: UInt64(size), nodes: tree)
        return try WitnessRequest(oldSize: UInt64(oldSize), proof: proof, note: note(size, of: tree))
    }

    mutating func answer(_ body: [UInt8], at posixSeconds: UInt64 = 1_800_000_000) -> WitnessAnswer {
        var (file, count) = (stored, storeCount)
        let answer = witness.answer(body, at: posixSeconds) { state in
            file = state.serialised
            count += 1
        }
        (stored, storeCount) = (file, count)
        return answer
    }

    mutating func answer(_ request: WitnessRequest) -> WitnessAnswer { answer(request.body) }

    /// A witness that starts again from what was stored.
    mutating func restart() throws {
        let logs = [try WitnessedLog(vkey: log.vkey)]
        let state = try stored.isEmpty ? WitnessState() : WitnessState(serialised: stored)
        witness = Witness(signer: witness.signer, logs: logs, state: state)
    }

    var head: LogHead { witness.state.head(of: Self.origin) }

    /// Changes, removes, repeats or inserts some bytes.
    static func damage(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        guard !bytes.isEmpty else { return }
        let place = Int.random(in: 0..<bytes.count, using: &random)
        let end = min(bytes.count, place + Int.random(in: 1...50, using: &random))
        switch Int.random(in: 0..<6, using: &random) {
        case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: bytes[place] = random.pick(Array("\n \t+09Az=\u{2014}".utf8))
        case 2: bytes.removeSubrange(place..<end)
        case 3: bytes.insert(contentsOf: bytes[place..<end], at: place)
        case 4: bytes.insert(random.pick(Array("\n 019=".utf8)), at: place)
        default:
            var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
            lines.swapAt(
                Int.random(in: 0..<lines.count, using: &random),
                Int.random(in: 0..<lines.count, using: &random))
            bytes = Array(lines.joined(separator: [0x0A]))
        }
    }
}

extension WitnessAnswer {
    var text: String { String(decoding: body, as: UTF8.self) }
}
