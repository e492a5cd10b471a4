import MerkleLog
import Testing
import TestSupport

@Suite struct ProofTests {
    static let reference = ReferenceTree(entries: (0..<70).map { [UInt8($0), 1] })

    static func isIncluded(
        _ proof: [TreeHash], _ leaf: TreeHash, _ index: UInt64, _ size: UInt64, _ root: TreeHash
    ) -> Bool {
        (try? InclusionProof.verify(proof, leaf: leaf, index: index, size: size, root: root)) != nil
    }

    static func isConsistent(
        _ proof: [TreeHash], _ oldSize: UInt64, _ oldRoot: TreeHash, _ size: UInt64, _ root: TreeHash
    ) -> Bool {
        (try? ConsistencyProof.verify(proof, oldSize: oldSize, oldRoot: oldRoot, size: size, root: root))
            != nil
    }

    @Test(arguments: 1...70)
    func everyEntryOfEverySmallTreeIsProvedAsTheReferenceDoes(size: Int) throws {
        let root = Self.reference.root(0..<size)
        for index in 0..<size {
            let expected = Self.reference.inclusion(index, 0..<size)
            let made = try InclusionProof.make(
                index: UInt64(index), size: UInt64(size), nodes: Self.reference)
            #expect(made == expected)
            #expect(Self.isIncluded(made, Self.reference.leaves[index], UInt64(index), UInt64(size), root))
            for other in [index - 1, index + 1, size - 1 - index]
            where (0..<size).contains(other) && other != index {
                #expect(
                    !Self.isIncluded(made, Self.reference.leaves[index], UInt64(other), UInt64(size), root))
            }
        }
    }

    @Test(arguments: 1...70)
    func everyTwoSmallTreesAreProvedConsistentAsTheReferenceDoes(size: Int) throws {
        let root = Self.reference.root(0..<size)
        for old in 1...size {
            let oldRoot = Self.reference.root(0..<old)
            let made = try ConsistencyProof.make(
                oldSize: UInt64(old), size: UInt64(size), nodes: Self.reference)
            #expect(made == Self.reference.consistency(old, 0..<size))
            #expect(Self.isConsistent(made, UInt64(old), oldRoot, UInt64(size), root))
            for other in [old - 1, old + 1, size] where (1...size).contains(other) && other != old {
                #expect(!Self.isConsistent(made, UInt64(other), oldRoot, UInt64(size), root))
            }
        }
    }

    @Test func largeTreesAreProvedAsTheReferenceDoes() throws {
        var random = SeededGenerator()
        for _ in 0..<2 {
            let size = Int.random(in: 71...5000, using: &random)
            let tree = ReferenceTree(entries: (0..<size).map { _ in random.bytes(3) })
            let root = tree.root(0..<size)
            for _ in 0..<4 {
                let index = Int.random(in: 0..<size, using: &random)
                let proof = try InclusionProof.make(index: UInt64(index), size: UInt64(size), nodes: tree)
                #expect(proof == tree.inclusion(index, 0..<size), "\(replay)")
                #expect(Self.isIncluded(proof, tree.leaves[index], UInt64(index), UInt64(size), root))
                let old = Int.random(in: 1...size, using: &random)
                let link = try ConsistencyProof.make(oldSize: UInt64(old), size: UInt64(size), nodes: tree)
                #expect(link == tree.consistency(old, 0..<size), "\(replay)")
                #expect(Self.isConsistent(link, UInt64(old), tree.root(0..<old), UInt64(size), root))
            }
        }
    }

    @Test func aProofWithAnyHashChangedLostAddedOrSwappedFails() throws {
        let (size, index, old) = (37, 20, 13)
        let root = Self.reference.root(0..<size)
        let inclusion = Self.reference.inclusion(index, 0..<size)
        let consistency = Self.reference.consistency(old, 0..<size)
        for (proof, holds) in [
            (inclusion, { Self.isIncluded($0, Self.reference.leaves[index], 20, 37, root) }),
            (consistency, { Self.isConsistent($0, 13, Self.reference.root(0..<old), 37, root) }),
        ] as [([TreeHash], ([TreeHash]) -> Bool)] {
            #expect(holds(proof))
            for position in proof.indices {
                var changed = proof
                changed[position] = MerkleTree.emptyRoot
                #expect(!holds(changed))
                changed.remove(at: position)
                #expect(!holds(changed))
                changed = proof
                changed.insert(root, at: position)
                #expect(!holds(changed))
                changed = proof
                changed.swapAt(position, (position + 1) % proof.count)
                #expect(!holds(changed))
            }
            #expect(!holds(proof + [root]) && !holds([]))
        }
    }

    @Test func errorsTellWhatIsWrong() {
        let hash = MerkleTree.emptyRoot
        func inclusion(_ proof: [TreeHash], _ index: UInt64, _ size: UInt64) -> ProofError.Code? {
            do throws(ProofError) {
                try InclusionProof.verify(proof, leaf: hash, index: index, size: size, root: hash)
                return nil
            } catch { return error.code }
        }
        #expect(inclusion([], 0, 1) == nil)
        #expect(inclusion([], 0, 0) == .outOfRange)
        #expect(inclusion([], 5, 5) == .outOfRange)
        #expect(inclusion([hash], 0, 1) == .wrongLength)
        #expect(inclusion([], 0, 2) == .wrongLength)
        #expect(inclusion([hash], 0, 2) == .wrongRoot)
        #expect(inclusion(Array(repeating: hash, count: 64), 0, .max) == .wrongRoot)
        #expect(inclusion(Array(repeating: hash, count: 200), 0, .max) == .wrongLength)
        #expect("\(ProofError(.wrongRoot, "another root"))" == "another root")
    }

    @Test func fromNothingNothingIsConsistent() {
        let (empty, root) = (MerkleTree.emptyRoot, Self.reference.root(0..<4))
        #expect(!Self.isConsistent([], 0, empty, 0, empty))
        #expect(!Self.isConsistent([], 0, empty, 4, root))
        #expect(!Self.isConsistent([root], 0, empty, 4, root))
        #expect(!Self.isConsistent([], 4, root, 0, empty))
        #expect(Self.isConsistent([], 4, root, 4, root))
        #expect(!Self.isConsistent([], 4, root, 4, empty))
        #expect(!Self.isConsistent([root], 4, root, 4, root))
        #expect(throws: ProofError(.outOfRange, "")) {
            try ConsistencyProof.make(oldSize: 0, size: 4, nodes: Self.reference)
        }
        #expect(throws: ProofError(.outOfRange, "")) {
            try ConsistencyProof.make(oldSize: 5, size: 4, nodes: Self.reference)
        }
        #expect(throws: ProofError(.outOfRange, "")) {
            try InclusionProof.make(index: 4, size: 4, nodes: Self.reference)
        }
    }
}
