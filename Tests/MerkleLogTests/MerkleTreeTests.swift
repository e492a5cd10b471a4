import MerkleLog
import Model
import Testing
import TestSupport

@Suite struct MerkleTreeTests {
    /// The inputs and roots that the Certificate Transparency implementations share (RFC 6962 test data).
    static let inputs = [
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    ]
    static let roots = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]

    @Test func theRootsOfTheCertificateTransparencyInputsAreThePublishedOnes() throws {
        var frontier = Frontier()
        #expect(Hex.encode(MerkleTree.emptyRoot.bytes) == Self.roots[0])
        #expect(Hex.encode(frontier.root.bytes) == Self.roots[0])
        for (input, root) in zip(Self.inputs, Self.roots.dropFirst()) {
            frontier.append(MerkleTree.leafHash(try #require(Hex.decode(input))))
            #expect(Hex.encode(frontier.root.bytes) == root)
        }
    }

    @Test func aLeafIsNeverTakenForANode() {
        let (left, right) = (MerkleTree.leafHash([1]), MerkleTree.leafHash([2]))
        #expect(MerkleTree.leafHash(left.bytes + right.bytes) != MerkleTree.nodeHash(left, right))
        #expect(MerkleTree.nodeHash(left, right) != MerkleTree.nodeHash(right, left))
    }

    @Test func aFrontierHasTheReferenceRootAtEverySize() throws {
        let entries = (0..<70).map { [UInt8($0)] }
        let reference = ReferenceTree(entries: entries)
        var frontier = Frontier()
        for size in 0...70 {
            #expect(frontier.size == UInt64(size) && frontier.root == reference.root(0..<size))
            #expect(frontier.hashes.count == size.nonzeroBitCount)
            let restored = try #require(Frontier(size: frontier.size, hashes: frontier.hashes))
            #expect(restored == frontier && restored.root == frontier.root)
            if size < 70 { frontier.append(reference.leaves[size]) }
        }
    }

    @Test func aFrontierOfRandomSizeHasTheReferenceRoot() throws {
        var random = SeededGenerator()
        for _ in 0..<4 {
            let size = Int.random(in: 71...5000, using: &random)
            let reference = ReferenceTree(entries: (0..<size).map { _ in random.bytes(5) })
            var frontier = Frontier()
            for leaf in reference.leaves { frontier.append(leaf) }
            #expect(frontier.root == reference.root(0..<size), "size \(size); \(replay)")
        }
    }

    @Test func aFrontierNeedsOneHashForEachBitOfItsSize() {
        let hash = MerkleTree.emptyRoot
        #expect(Frontier(size: 0, hashes: [hash]) == nil)
        #expect(Frontier(size: 3, hashes: [hash]) == nil)
        #expect(Frontier(size: 3, hashes: [hash, hash, hash]) == nil)
        #expect(Frontier(size: .max, hashes: Array(repeating: hash, count: 64)) != nil)
    }
}

@Suite struct TreeHashTests {
    @Test func bytesAndBase64GoInAndComeOutTheSame() throws {
        var random = SeededGenerator()
        for _ in 0..<100 {
            let bytes = random.bytes(32)
            let hash = try #require(TreeHash(bytes))
            #expect(hash.bytes == bytes, "\(replay)")
            #expect(TreeHash(base64: hash.base64) == hash && hash.base64.utf8.count == 44)
            #expect("\(hash)" == hash.base64)
        }
    }

    @Test(arguments: [0, 1, 31, 33, 64])
    func nothingButThirtyTwoBytesIsAHash(count: Int) {
        #expect(TreeHash([UInt8](repeating: 7, count: count)) == nil)
        #expect(TreeHash(base64: Base64.encode([UInt8](repeating: 7, count: count))) == nil)
    }

    @Test func everyByteCounts() throws {
        let zero = [UInt8](repeating: 0, count: 32)
        var hashes: Set<TreeHash> = [try #require(TreeHash(zero))]
        for position in 0..<32 {
            var bytes = zero
            bytes[position] = 1
            hashes.insert(try #require(TreeHash(bytes)))
        }
        #expect(hashes.count == 33)
    }
}
