import MerkleLog
import Testing
import TestSupport

@Suite struct SubtreeTests {
    static let reference = ReferenceTree(entries: (0..<70).map { [UInt8($0), 3] })

    static func isIncluded(
        _ proof: [TreeHash], _ leaf: TreeHash, _ index: UInt64, _ start: UInt64, _ end: UInt64,
        _ hash: TreeHash
    ) -> Bool {
        do {
            let subtree = try Subtree(start: start, end: end)
            try SubtreeInclusionProof.verify(proof, leaf: leaf, index: index, subtree: subtree, hash: hash)
            return true
        } catch { return false }
    }

    static func isConsistent(
        _ proof: [TreeHash], _ start: UInt64, _ end: UInt64, _ hash: TreeHash, _ size: UInt64,
        _ root: TreeHash
    ) -> Bool {
        do {
            let subtree = try Subtree(start: start, end: end)
            try SubtreeConsistencyProof.verify(proof, subtree: subtree, hash: hash, size: size, root: root)
            return true
        } catch { return false }
    }

    /// Written down as the draft defines it.
    static func isSubtree(_ start: Int, _ end: Int) -> Bool {
        var power = 1
        while power < end - start { power *= 2 }
        return start <= end && start % power == 0
    }

    static func subtrees(of size: Int) -> [Range<Int>] {
        (0...size).flatMap { start in
            (start...size).filter { isSubtree(start, $0) }.map { start..<$0 }
        }
    }

    @Test func whatTheDraftCallsASubtreeIsOneAndNothingElse() {
        for start in 0...70 {
            for end in 0...70 {
                let made = try? Subtree(start: UInt64(start), end: UInt64(end))
                #expect((made != nil) == Self.isSubtree(start, end), "\(start) to \(end)")
            }
        }
        let top: UInt64 = 1 << 63
        #expect(throws: Never.self) { try Subtree(start: 0, end: top + 1) }
        #expect(throws: Never.self) { try Subtree(start: 0, end: .max) }
        #expect(throws: Never.self) { try Subtree(start: .max, end: .max) }
        #expect(throws: Never.self) { try Subtree(start: top, end: .max) }
        #expect(throws: ProofError(.outOfRange, "")) { try Subtree(start: 1, end: .max) }
        #expect(throws: ProofError(.outOfRange, "")) { try Subtree(start: top - 1, end: .max) }
    }

    @Test(arguments: 0...34)
    func everySubtreeOfEverySmallTreeIsProvedAsTheDraftDefines(size: Int) throws {
        let root = Self.reference.root(0..<size)
        for range in Self.subtrees(of: size) {
            let (start, end) = (UInt64(range.lowerBound), UInt64(range.upperBound))
            let subtree = try Subtree(start: start, end: end)
            let hash = Self.reference.root(range)
            let proof = try SubtreeConsistencyProof.make(
                subtree: subtree, size: UInt64(size), nodes: Self.reference)
            #expect(
                proof == Self.reference.subtree(range.lowerBound, range.upperBound, 0..<size),
                "\(range) of \(size)")
            #expect(Self.isConsistent(proof, start, end, hash, UInt64(size), root), "\(range) of \(size)")
            guard !range.isEmpty else { continue }
            let other = MerkleTree.leafHash([9, 9])
            #expect(!Self.isConsistent(proof, start, end, other, UInt64(size), root))
            #expect(!Self.isConsistent(proof, start, end, hash, UInt64(size), other))
            #expect(!Self.isConsistent(proof + [other], start, end, hash, UInt64(size), root))
            #expect(!Self.isConsistent([other] + proof, start, end, hash, UInt64(size), root))
            for position in proof.indices {
                var changed = proof
                changed[position] = other
                #expect(!Self.isConsistent(changed, start, end, hash, UInt64(size), root))
                changed.remove(at: position)
                #expect(!Self.isConsistent(changed, start, end, hash, UInt64(size), root))
            }
        }
    }

    @Test(arguments: [1, 2, 3, 5, 8, 13, 33])
    func everyEntryIsProvedInEverySubtreeThatHasIt(size: Int) throws {
        for range in Self.subtrees(of: size) {
            let subtree = try Subtree(start: UInt64(range.lowerBound), end: UInt64(range.upperBound))
            let hash = Self.reference.root(range)
            for index in range {
                let proof = try SubtreeInclusionProof.make(
                    index: UInt64(index), subtree: subtree, nodes: Self.reference)
                #expect(proof == Self.reference.inclusion(index, range))
                let leaf = Self.reference.leaves[index]
                let holds = { (index: UInt64) in
                    Self.isIncluded(proof, leaf, index, subtree.start, subtree.end, hash)
                }
                #expect(holds(UInt64(index)))
                #expect(!holds(UInt64(index) + 1) && !holds(subtree.end) && !holds(.max))
                #expect(index == 0 || !holds(UInt64(index) - 1))
            }
        }
    }

    @Test func fromTheBeginningItIsAConsistencyProofAndOfOneLeafAnInclusionProof() throws {
        for size in 1...40 as ClosedRange<UInt64> {
            for place in 0..<size {
                let leaf = try Subtree(start: place, end: place + 1)
                #expect(
                    try SubtreeConsistencyProof.make(subtree: leaf, size: size, nodes: Self.reference)
                        == InclusionProof.make(index: place, size: size, nodes: Self.reference))
                let prefix = try Subtree(start: 0, end: place + 1)
                #expect(
                    try SubtreeConsistencyProof.make(subtree: prefix, size: size, nodes: Self.reference)
                        == ConsistencyProof.make(oldSize: place + 1, size: size, nodes: Self.reference))
            }
        }
    }

    @Test func whatLiesOutsideIsRefused() throws {
        let subtree = try Subtree(start: 8, end: 13)
        #expect(throws: ProofError(.outOfRange, "")) {
            try SubtreeConsistencyProof.make(subtree: subtree, size: 12, nodes: Self.reference)
        }
        for index in [7, 13] as [UInt64] {
            #expect(throws: ProofError(.outOfRange, "")) {
                try SubtreeInclusionProof.make(index: index, subtree: subtree, nodes: Self.reference)
            }
        }
        let none = try Subtree(start: 8, end: 8)
        #expect(throws: ProofError(.outOfRange, "")) {
            try SubtreeInclusionProof.make(index: 8, subtree: none, nodes: Self.reference)
        }
    }

    @Test func proofsOfAnyLengthForTheLargestTreesEnd() throws {
        let hash = MerkleTree.emptyRoot
        for subtree in [
            try Subtree(start: 0, end: .max), try Subtree(start: 1 << 63, end: .max),
            try Subtree(start: .max - 1, end: .max), try Subtree(start: 1 << 62, end: 1 << 63),
        ] {
            for count in 0...130 {
                #expect(throws: ProofError.self) {
                    try SubtreeConsistencyProof.verify(
                        Array(repeating: hash, count: count), subtree: subtree, hash: hash, size: .max,
                        root: MerkleTree.leafHash([]))
                }
            }
        }
    }
}
