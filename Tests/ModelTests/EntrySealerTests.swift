import Synchronization
import Testing

@testable import Model
import TestSupport

@Suite("A sealed entry tells what happened, and names people only to those who hold the salt")
struct EntrySealerTests {
    /// Gives bytes that all differ and counts them, so that a test sees what was asked for.
    final class Chance: Sendable {
        private let asked = Mutex<[Int]>([])
        private let generator = Mutex(SeededGenerator())

        var requests: [Int] { asked.withLock { $0 } }

        func bytes(_ count: Int) -> [UInt8] {
            asked.withLock { $0.append(count) }
            return generator.withLock { $0.bytes(count) }
        }
    }

    let chance = Chance()
    let time = Instant(milliseconds: 1_795_330_103_123)
    let anna = PersonID(at: Instant(milliseconds: 1), random: (1, 1))
    let bert = PersonID(at: Instant(milliseconds: 1), random: (2, 2))
    var sealer: EntrySealer { EntrySealer(random: chance.bytes, sha256: ReferenceSHA256.digest) }

    private func members(_ entry: SealedEntry) throws -> [String: JSON] {
        try #require(try JSON.parse(entry.bytes).object)
    }

    @Test("The reference digest is SHA-256 (FIPS 180-4, examples of one and two blocks)")
    func reference() {
        #expect(
            Hex.encode(ReferenceSHA256.digest(Array("abc".utf8)))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            Hex.encode(
                ReferenceSHA256.digest(Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8))
            )
                == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
        #expect(
            Hex.encode(ReferenceSHA256.digest([]))
                == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    @Test("A commitment opens with its salt, the entry's nonce and the person's identifier")
    func opens() throws {
        let event = AuditEvent(
            .grantGiven, by: .person(anna), ["agreement": "x"], persons: ["owner": anna, "by": bert])
        let entry = sealer.seal(event, at: time, number: 7)
        let written = try members(entry)
        for (person, commitment) in [
            (anna, written["owner"]), (bert, written["by"]), (anna, written["actor"]?["person"]),
        ] {
            let salt = try #require(entry.salts[person])
            let opened = ReferenceSHA256.digest(salt + entry.nonce + Array(person.description.utf8))
            #expect(commitment == .string(Base64.encodeURL(opened)))
        }
        #expect(entry.salts.count == 2 && entry.salts[anna] != entry.salts[bert])
        #expect(chance.requests.sorted() == [16, 32, 32])
    }

    @Test("The same person looks different in every entry")
    func unlinkable() throws {
        let event = AuditEvent(.grantWithdrawn, by: .person(anna), persons: ["owner": anna])
        let entries = (0..<50).map { sealer.seal(event, at: time, number: $0) }
        #expect(Set(try entries.map { try members($0)["owner"] }).count == 50)
        #expect(Set(entries.map(\.nonce)).count == 50)
        #expect(Set(entries.map { $0.salts[anna] }).count == 50)
    }

    @Test("Neither an identifier nor a salt stands in the bytes, in any spelling")
    func nothingPersonal() throws {
        let event = AuditEvent(
            .grantGiven, by: .person(anna), ["dataset": "flights"], persons: ["owner": bert])
        let entry = sealer.seal(event, at: time, number: nil)
        let text = String(decoding: entry.bytes, as: UTF8.self)
        for person in [anna, bert] {
            let salt = try #require(entry.salts[person])
            for secret in [
                person.description, Hex.encode(person.bytes), Base64.encodeURL(person.bytes),
                Base64.encode(person.bytes),
                Base64.encodeURL(salt), Base64.encode(salt), Hex.encode(salt),
            ] {
                #expect(!text.contains(secret))
            }
        }
    }

    @Test("The fixed members are those of the wire format, in canonical form")
    func fixedMembers() throws {
        let entry = sealer.seal(AuditEvent(.logOpened, by: .hub), at: time, number: nil)
        #expect(
            String(decoding: entry.bytes, as: UTF8.self)
                == #"{"actor":{"org":null},"at":"2026-11-22T06:48:23.123Z","nonce":""#
                + Base64.encodeURL(entry.nonce)
                + #"","seq":null,"type":"log.opened","v":1}"#)
        #expect(entry.salts.isEmpty && entry.nonce.count == 16)
        #expect(try members(sealer.seal(AuditEvent(.access, by: .anyone), at: time, number: 41))["seq"] == 41)
    }

    @Test("An event cannot pass for another by carrying members of the frame")
    func frameWins() throws {
        let forged: [String: JSON] = [
            "v": 9, "type": "org.added", "at": "never", "nonce": "", "seq": -1, "actor": "hub",
        ]
        let honest = try members(sealer.seal(AuditEvent(.tokenDenied, by: .anyone), at: time, number: 3))
        let written = try members(
            sealer.seal(AuditEvent(.tokenDenied, by: .anyone, forged), at: time, number: 3))
        #expect(written.filter { $0.key != "nonce" } == honest.filter { $0.key != "nonce" })
        #expect(written["nonce"] != "")
    }

    @Test("An organisation is named with its credential; a person never with his")
    func actors() throws {
        let slug = try #require(Slug("authority"))
        let thumbprint = try #require(Thumbprint([UInt8](repeating: 7, count: 32)))
        let actor = Actor.organisation(slug, thumbprint: thumbprint, tokenID: "t1", keyID: nil)
        let written = try members(sealer.seal(AuditEvent(.accessDecided, by: actor), at: time, number: 1))
        #expect(
            written["actor"]
                == [
                    "client": "authority", "jti": "t1", "kid": nil, "org": "authority",
                    "x5t": .string(thumbprint.description),
                ])
        let person = try members(sealer.seal(AuditEvent(.grantGiven, by: .person(anna)), at: time, number: 1))
        #expect(person["actor"]?.object?.keys.sorted() == ["person"])
        #expect(
            try members(sealer.seal(AuditEvent(.access, by: .anyone), at: time, number: 1))["actor"] == .null)
    }

    @Test("Every type of entry is one of the wire format's words")
    func types() {
        #expect(Set(EntryType.allCases.map(\.rawValue)).count == EntryType.allCases.count)
        for type in EntryType.allCases {
            #expect(type.rawValue.utf8.allSatisfy { (97...122).contains($0) || $0 == UInt8(ascii: ".") })
        }
    }

    @Test("A thumbprint has 32 bytes and one text")
    func thumbprints() throws {
        let bytes = chance.bytes(32)
        let thumbprint = try #require(Thumbprint(bytes))
        #expect(Thumbprint(text: thumbprint.description) == thumbprint)
        #expect(thumbprint.description.utf8.count == 43)
        #expect(Thumbprint(Array(bytes.dropLast())) == nil)
        #expect(Thumbprint(bytes + [0]) == nil)
        #expect(Thumbprint(text: thumbprint.description + "=") == nil)
        #expect(Thumbprint(text: Hex.encode(bytes)) == nil)
    }
}
