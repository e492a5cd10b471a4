import Cryptography
import Model
import Testing

@Suite struct SHA256Tests {
    /// Samples of FIPS 180-4 (csrc.nist.gov, "Examples with intermediate values"), and the empty message.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            String(repeating: "a", count: 1_000_000),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        ),
    ])
    func publishedSamples(message: String, digest: String) {
        #expect(Hex.encode(SHA256.hash(Array(message.utf8))) == digest)
    }

    @Test func everyWayToGiveTheBytesIsTheSame() {
        let bytes = (0..<300).map { UInt8(truncatingIfNeeded: $0 * 7) }
        for count in [0, 1, 55, 56, 63, 64, 65, 119, 128, 300] {
            let message = Array(bytes[..<count])
            let digest = SHA256.hash(message)
            #expect(digest.count == SHA256.byteCount)
            #expect(SHA256.hash(bytes[..<count]) == digest)
            #expect(message.withUnsafeBytes { SHA256.hash($0) } == digest)
            #expect(SHA256.hash(UnsafeRawBufferPointer(start: nil, count: 0)) == SHA256.hash([UInt8]()))
        }
    }

    @Test func aMerkleNodeIsTheDigestOfItsJoinedParts() {
        let left = SHA256.hash([1]), right = SHA256.hash([2])
        #expect(SHA256.hash(prefix: 1, left, right) == SHA256.hash([1] + left + right))
        #expect(SHA256.hash(prefix: 0, [9, 8]) == SHA256.hash([0, 9, 8]))
        #expect(SHA256.hash(prefix: 0, []) == SHA256.hash([0]))
        #expect(SHA256.hash(prefix: 1, left, right) != SHA256.hash(prefix: 1, right, left))
    }

    @Test func aDigestInWordsIsTheSameDigest() {
        func bytes(_ digest: SHA256.Digest) -> [UInt8] {
            [digest.first, digest.second, digest.third, digest.fourth].flatMap { word in
                (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) }
            }
        }
        let message = (0..<300).map { UInt8(truncatingIfNeeded: $0 * 7) }
        for count in message.indices {
            let part = Array(message[..<count])
            #expect(bytes(SHA256.digest(prefix: 0, part.span)) == SHA256.hash([0] + part), "\(count) bytes")
        }
        let nothing: [UInt8] = []
        for prefix in [0, 1, 128, 255] as [UInt8] {
            let left = SHA256.digest(prefix: prefix, message.span),
                right = SHA256.digest(prefix: 9, nothing.span)
            #expect(
                bytes(SHA256.digest(prefix: prefix, left, right))
                    == SHA256.hash([prefix] + bytes(left) + bytes(right)))
        }
    }

    @Test func aStreamCutAnywhereGivesTheSameDigest() {
        let message = (0..<200).map { UInt8($0) }
        let whole = SHA256.hash(message)
        for cut in 0...message.count {
            var stream = SHA256Stream()
            stream.update(Array(message[..<cut]))
            message[cut...].withUnsafeBytes { stream.update($0) }
            #expect(stream.finalize() == whole)
        }
    }

    @Test func aCopyOfAStreamGoesItsOwnWay() {
        var stream = SHA256Stream()
        stream.update(Array("ab".utf8))
        var copy = stream
        stream.update(Array("c".utf8))
        copy.update(Array("d".utf8))
        #expect(stream.finalize() == SHA256.hash(Array("abc".utf8)))
        #expect(copy.finalize() == SHA256.hash(Array("abd".utf8)))
        #expect(stream.finalize() == SHA256.hash([UInt8]()), "a finalized stream begins anew")
    }

    @Test func manyTasksHashAtOnce() async {
        let digests = await withTaskGroup(of: [UInt8].self) { group in
            for _ in 0..<8 {
                group.addTask {
                    (0..<2000).reduce([0]) { digest, number in
                        SHA256.hash(prefix: UInt8(truncatingIfNeeded: number), digest, digest)
                    }
                }
            }
            return await group.reduce(into: Set<[UInt8]>()) { $0.insert($1) }
        }
        #expect(digests.count == 1)
    }
}
