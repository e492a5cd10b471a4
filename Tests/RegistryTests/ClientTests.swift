import Model
import Testing

@testable import Registry

@Suite("Clients, processors, and what was taken back") struct ClientTests {
    let story: Story
    init() throws { story = try Story() }

    private func thumbprint(_ byte: UInt8) throws -> Thumbprint {
        try #require(Thumbprint([UInt8](repeating: byte, count: 32)))
    }

    @Test("An organisation moves from state to state, and says why") func states() throws {
        try story.registry.write(at: noon) { try $0.set(.suspended, of: story.airport, reason: "a breach") }
        let airport = try story.registry.read { try $0.organisation(story.airport) }
        #expect(airport?.state == .suspended && airport?.stateReason == "a breach")
        let page = try story.registry.read { try $0.organisations(in: .suspended, limit: 10) }
        #expect(page.items.map(\.id) == [story.airport] && page.next == nil)
        #expect(throws: ClientFault(.notFound, "unknown_organisation", "", field: "organisation")) {
            try story.registry.write(at: noon) { try $0.set(.active, of: slug("nobody"), reason: nil) }
        }
    }

    @Test("A registration waits, and one that is given up leaves nothing") func registrations() throws {
        let keys: JSON = ["keys": [["kty": "EC"]]]
        let id = slug("newcomer")
        try story.registry.write(at: noon) { registry in
            try registry.insert(Organisation(id: id, name: "N", roles: [.consumer], state: .pending))
            try registry.insert(Registration(organisation: id, proof: .keys(keys), madeAt: noon))
        }
        let stored = try story.registry.read { try $0.registration(of: id) }
        #expect(stored == Registration(organisation: id, proof: .keys(keys), madeAt: noon))
        #expect(try story.registry.read { try $0.registrationCount() } == 1)
        try story.registry.write(at: noon) { registry in
            try registry.deleteRegistration(of: id)
            try registry.delete(id)
        }
        #expect(try story.registry.read { try $0.organisation(id) } == nil)
        try story.registry.write(at: noon) { registry in
            try registry.insert(Organisation(id: id, name: "N", roles: [.owner]))
        }
    }

    @Test("Whoever takes part cannot be deleted") func inUse() throws {
        #expect(throws: (any Error).self) {
            try story.registry.write(at: noon) { try $0.delete(story.airport) }
        }
        #expect(try story.registry.read { try $0.organisation(story.airport) } != nil)
    }

    @Test("Keys and certificates come and go by their thumbprints") func credentials() throws {
        let key = ClientKey(organisation: story.airport, thumbprint: try thumbprint(1), jwk: ["kty": "EC"])
        try story.registry.write(at: noon) { try $0.insert(key) }
        #expect(try story.registry.read { try $0.clientKeys(of: story.airport) } == [key])
        #expect(throws: ClientFault(.conflict, "credential_exists", "", field: "credential")) {
            try story.registry.write(at: noon) { try $0.insert(key) }
        }
        // Two organisations may have one key: it says nothing of who signs.
        let other = ClientKey(organisation: story.authority, thumbprint: key.thumbprint, jwk: key.jwk)
        try story.registry.write(at: noon) { try $0.insert(other) }
        let removed = try story.registry.write(at: noon) {
            try $0.deleteCredential(key.thumbprint, of: story.airport)
        }
        #expect(removed)
        var left: [ClientKey] = []
        try story.registry.read { reader throws in try reader.forEachClientKey { left.append($0) } }
        #expect(left == [other])
        let again = try story.registry.write(at: noon) {
            try $0.deleteCredential(key.thumbprint, of: story.airport)
        }
        #expect(!again)
    }

    @Test("Revoked tokens are remembered until they would have run out") func revoked() throws {
        let end = noon.adding(seconds: 60)
        try story.registry.write(at: noon) { registry in
            try registry.revokeToken("a", expiresAt: end)
            try registry.revokeToken("a", expiresAt: end)
        }
        #expect(try story.registry.read { try $0.revokedTokens(at: noon).map(\.id) } == ["a"])
        #expect(try story.registry.read { try $0.revokedTokens(at: end).isEmpty })
        try story.registry.write(at: end) {
            try $0.revokeToken("b", expiresAt: end.adding(seconds: 1))
        }
        #expect(try story.registry.read { try $0.revokedTokens(at: noon).map(\.id) } == ["b"])
    }

    @Test("Former keys come back, the latest first") func formerKeys() throws {
        let first = FormerKey(id: "1", jwk: ["kty": "EC"], retiredAt: noon, successor: "2", isRevoked: false)
        let second = FormerKey(
            id: "2", jwk: ["kty": "EC"], retiredAt: noon.adding(seconds: 1), successor: "3",
            isRevoked: true)
        try story.registry.write(at: noon) { registry in
            try registry.insert(first)
            try registry.insert(second)
        }
        #expect(try story.registry.read { try $0.formerKeys() } == [second, first])
    }
}
