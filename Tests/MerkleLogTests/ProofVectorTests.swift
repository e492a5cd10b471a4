import Foundation
import MerkleLog
import Testing
import TestSupport

/// The proof vectors of github.com/transparency-dev/merkle, folder testdata (Apache-2.0).
@Suite struct ProofVectorTests {
    static let folder = "tlog/transparency-dev-merkle/testdata"

    struct Inclusion: Decodable {
        let leafIdx: UInt64, treeSize: UInt64, root: String, leafHash: String, proof: [String]?, wantErr: Bool
    }

    struct Consistency: Decodable {
        let size1: UInt64, size2: UInt64, root1: String, root2: String, proof: [String]?, wantErr: Bool
    }

    struct SubtreeInclusion: Decodable {
        let leafIdx: UInt64, start: UInt64, end: UInt64
        let root: String, leafHash: String, proof: [String]?, wantErr: Bool
    }

    struct SubtreeConsistency: Decodable {
        let start: UInt64, end: UInt64, size: UInt64
        let root1: String, root2: String, proof: [String]?, wantErr: Bool
    }

    /// Some vectors have roots of another length, where only their equality matters.
    private func root(_ text: String) -> String {
        TreeHash(base64: text) == nil ? MerkleTree.leafHash(Array(text.utf8)).base64 : text
    }

    /// Nil for what is not 32 bytes: such a hash never reaches a verifier here.
    private func hashes(_ texts: [String]) -> [TreeHash]? {
        let hashes = texts.compactMap { TreeHash(base64: $0) }
        return hashes.count == texts.count ? hashes : nil
    }

    @Test(.enabled(if: Vectors.areWanted(folder)))
    func inclusionProofsAreAcceptedOrRefusedAsPublished() throws {
        let cases = try Vectors.cases(Self.folder + "/inclusion", as: Inclusion.self)
        for (name, item) in cases {
            let holds = hashes([item.root, item.leafHash] + (item.proof ?? [])).map {
                ProofTests.isIncluded(Array($0.dropFirst(2)), $0[1], item.leafIdx, item.treeSize, $0[0])
            }
            #expect(holds ?? false == !item.wantErr, "\(name)")
        }
        print("inclusion vectors run: \(cases.count)")
        #expect(cases.count == 98)
    }

    @Test(.enabled(if: Vectors.areWanted(folder)))
    func consistencyProofsAreAcceptedOrRefusedAsPublished() throws {
        let cases = try Vectors.cases(Self.folder + "/consistency", as: Consistency.self)
        for (name, item) in cases {
            let holds = hashes([root(item.root1), root(item.root2)] + (item.proof ?? [])).map {
                ProofTests.isConsistent(Array($0.dropFirst(2)), item.size1, $0[0], item.size2, $0[1])
            }
            #expect(holds ?? false == !item.wantErr, "\(name)")
        }
        print("consistency vectors run: \(cases.count)")
        #expect(cases.count == 98)
        #expect(cases.contains { $0.1.size1 == 0 } && cases.allSatisfy { $0.1.size1 > 0 || $0.1.wantErr })
    }

    @Test(.enabled(if: Vectors.areWanted(folder)))
    func subtreeInclusionProofsAreAcceptedOrRefusedAsPublished() throws {
        let cases = try Vectors.cases(Self.folder + "/subtreeinclusion", as: SubtreeInclusion.self)
        for (name, item) in cases {
            let holds = hashes([item.root, item.leafHash] + (item.proof ?? [])).map {
                SubtreeTests.isIncluded(
                    Array($0.dropFirst(2)), $0[1], item.leafIdx, item.start, item.end, $0[0])
            }
            #expect(holds ?? false == !item.wantErr, "\(name)")
        }
        print("subtree inclusion vectors run: \(cases.count)")
        #expect(cases.count == 204 && cases.contains { !$0.1.wantErr })
    }

    @Test(.enabled(if: Vectors.areWanted(folder)))
    func subtreeConsistencyProofsAreAcceptedOrRefusedAsPublished() throws {
        let cases = try Vectors.cases(Self.folder + "/subtreeconsistency", as: SubtreeConsistency.self)
        for (name, item) in cases {
            let holds = hashes([root(item.root1), root(item.root2)] + (item.proof ?? [])).map {
                SubtreeTests.isConsistent(
                    Array($0.dropFirst(2)), item.start, item.end, $0[0], item.size, $0[1])
            }
            #expect(holds ?? false == !item.wantErr, "\(name)")
        }
        print("subtree consistency vectors run: \(cases.count)")
        #expect(cases.count == 118 && cases.contains { !$0.1.wantErr })
    }
}
