import Cryptography
@testable import MerkleLog
import Model
import Testing
import TestSupport

@Suite struct WitnessFuzzTests {
    /// Whatever is done to a request: the answer is one that the specification has, and a cosignature is only
    /// ever of a checkpoint that the log signed and that follows the one before.
    @Test func damagedRequestsNeverGetMoreThanGoodOnes() throws {
        var random = SeededGenerator.announced("damaged witness requests")
        var fixture = try WitnessFixture()
        let genuine = Set(try (0...40).map { try fixture.note($0).text })
        var statuses: [Int: Int] = [:]
        for _ in 0..<6000 {
            let known = Int(fixture.head.size)
            let old = random.chance(80) ? known : Int.random(in: 0...40, using: &random)
            let size = min(40, old + Int.random(in: 0...3, using: &random))
            var body = try fixture.request(old, size).body
            if random.chance(90) {
                for _ in 0..<Int.random(in: 1...3, using: &random) { WitnessFixture.damage(&body, &random) }
            }
            let answer = fixture.answer(body)
            statuses[answer.status, default: 0] += 1
            try check(answer, body, fixture, known: known, genuine: genuine)
            // Begin again before the log is at its end.
            if fixture.head.size > 36 {
                fixture.witness = Witness(
                    signer: fixture.witness.signer, logs: [try WitnessedLog(vkey: fixture.log.vkey)],
                    state: WitnessState())
                fixture.stored = []
            }
        }
        print("answers to damaged requests: \(statuses.sorted { $0.key < $1.key })")
        #expect(Set(statuses.keys).isSuperset(of: [200, 400, 403, 409, 422]), "\(replay)")
    }

    private func check(
        _ answer: WitnessAnswer, _ body: [UInt8], _ fixture: WitnessFixture, known: Int, genuine: Set<String>
    ) throws {
        let head = fixture.head
        #expect([200, 400, 403, 409, 422].contains(answer.status), "\(replay)")
        guard answer.status == 200 else {
            #expect(head.size == known, "\(replay)")
            return
        }
        let request = try WitnessRequest(body)
        #expect(genuine.contains(request.note.text), "\(replay)")
        #expect(request.oldSize == known && head.size >= known, "\(replay)")
        #expect(head.size == request.checkpoint.size && head.root == request.checkpoint.root, "\(replay)")
        #expect(head.root == WitnessFixture.tree.root(0..<Int(head.size)), "\(replay)")
        let stored = try fixture.stored.isEmpty ? WitnessState() : WitnessState(serialised: fixture.stored)
        #expect(stored == fixture.witness.state, "\(replay)")
    }

    /// Two logs with one key tell different histories: whatever order they come in, only one is cosigned.
    @Test func aForkIsNeverCosigned() throws {
        var random = SeededGenerator.announced("forked logs before a witness")
        for _ in 0..<60 {
            var fixture = try WitnessFixture()
            var cosigned: [(size: Int, isFork: Bool)] = []
            for _ in 0..<40 {
                let isFork = random.chance(50)
                let tree = isFork ? WitnessFixture.fork : WitnessFixture.tree
                let old = random.chance(70) ? Int(fixture.head.size) : Int.random(in: 0...40, using: &random)
                let size = min(40, old + Int.random(in: 0...4, using: &random))
                if fixture.answer(try fixture.request(old, size, of: tree)).status == 200 {
                    cosigned.append((size, isFork))
                }
                if random.chance(20) { try fixture.restart() }
            }
            let beyond = cosigned.filter { $0.size > 10 }
            #expect(Set(beyond.map(\.isFork)).count <= 1, "\(replay)")
            #expect(zip(cosigned, cosigned.dropFirst()).allSatisfy { $0.size <= $1.size }, "\(replay)")
        }
    }

    /// The log itself signs anything: sizes, roots and proofs that do not belong together.
    ///
    /// A root does not hold its size, so such a log can get a size cosigned that its root does not have; it
    /// can never serve the entries for it. But the witness never leaves the history that it began with, nor
    /// does that lose an entry.
    @Test func aLogThatSignsAnythingNeverLeavesItsHistory() throws {
        var random = SeededGenerator.announced("lying logs before a witness")
        let trees = [WitnessFixture.tree, WitnessFixture.fork]
        let sizes = Dictionary(uniqueKeysWithValues: (1...40).map { (WitnessFixture.tree.root(0..<$0), $0) })
        var cosignedCount = 0
        for _ in 0..<40 {
            var fixture = try WitnessFixture()
            _ = fixture.answer(try fixture.request(0, 12))
            for _ in 0..<60 {
                let before = fixture.head
                let old = random.chance(80) ? Int(before.size) : Int.random(in: 1...40, using: &random)
                let size = random.chance(60) ? min(40, old + 3) : Int.random(in: old...40, using: &random)
                let request = try lie(old, size, random.pick(trees), fixture, &random)
                guard fixture.answer(request).status == 200 else {
                    #expect(fixture.head == before, "\(replay)")
                    continue
                }
                cosignedCount += 1
                let trueSize = try #require(sizes[fixture.head.root], "a fork was cosigned; \(replay)")
                #expect(try trueSize >= #require(sizes[before.root]), "\(replay)")
                #expect(fixture.head.size >= before.size, "\(replay)")
            }
        }
        print("requests of lying logs that continued their history: \(cosignedCount)")
        #expect(cosignedCount > 40, "\(replay)")
    }

    /// A signed request of which one part, or none, is not of the tree and the sizes that the rest is of.
    private func lie(
        _ old: Int, _ size: Int, _ tree: ReferenceTree, _ fixture: WitnessFixture,
        _ random: inout SeededGenerator
    ) throws -> WitnessRequest {
        var proof = try ConsistencyProof.make(oldSize: UInt64(old), size: UInt64(size), nodes: tree)
        var (claimed, rooted) = (size, size)
        switch Int.random(in: 0..<6, using: &random) {
        case 0: claimed = min(40, size + 1)
        case 1: rooted = max(1, size - 1)
        case 2: proof.shuffle(using: &random)
        case 3: proof.append(tree.root(0..<old))
        case 4: proof = Array(proof.dropLast())
        default: break
        }
        let checkpoint = Checkpoint(
            origin: WitnessFixture.origin, size: UInt64(claimed), root: tree.root(0..<rooted))
        let note = try Note(Array(checkpoint.signed(by: [fixture.log]).utf8))
        return try WitnessRequest(oldSize: UInt64(old), proof: proof, note: note)
    }

    @Test func damagedAnswersNeverCount() throws {
        var random = SeededGenerator.announced("damaged witness answers")
        var fixture = try WitnessFixture()
        let request = try fixture.request(0, 30)
        let good = fixture.answer(request)
        var cosignedCount = 0
        for _ in 0..<4000 {
            var body = good.body
            for _ in 0..<Int.random(in: 1...3, using: &random) { WitnessFixture.damage(&body, &random) }
            let answer = WitnessAnswer(status: 200, contentType: good.contentType, body: body)
            guard case .cosigned(let cosignature) = fixture.client.outcome(of: answer, to: request) else {
                continue
            }
            // Lines that were only repeated or put back are still good.
            cosignedCount += 1
            #expect(Array(cosignature.line.utf8) == good.body, "\(replay)")
        }
        print("damaged answers that still held the whole line: \(cosignedCount)")
    }

    @Test func damagedStateIsRefusedOrTheSame() throws {
        var random = SeededGenerator.announced("damaged witness state")
        var fixture = try WitnessFixture()
        _ = fixture.answer(try fixture.request(0, 30))
        for _ in 0..<4000 {
            var file = fixture.stored
            for _ in 0..<Int.random(in: 1...3, using: &random) { WitnessFixture.damage(&file, &random) }
            guard let state = try? WitnessState(serialised: file) else { continue }
            #expect(state.serialised == file, "\(replay)")
        }
    }
}
