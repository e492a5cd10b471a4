import Model
import Testing

@testable import Registry

@Suite("Organisations, persons, credentials") struct PartyTests {
    let story: Story
    init() throws { story = try Story() }

    private func thumbprint(_ byte: UInt8) throws -> Thumbprint {
        try #require(Thumbprint([UInt8](repeating: byte, count: 32)))
    }

    @Test("An organisation comes back as it was stored", arguments: Organisation.State.allCases)
    func organisation(state: Organisation.State) throws {
        let stored = Organisation(
            id: slug("acme-1"), name: "Acme \"é\" \u{1F6E9}", roles: [.provider, .owner], state: state)
        try story.registry.write(at: noon) { try $0.insert(stored) }
        #expect(try story.registry.read { try $0.organisation(stored.id) } == stored)
        #expect(try story.registry.read { try $0.organisation(slug("acme")) } == nil)
    }

    @Test("A slug is taken once") func organisationTwice() throws {
        let again = Organisation(id: story.airport, name: "Other", roles: [])
        let fault = #expect(throws: ClientFault.self) {
            try story.registry.write(at: noon) { try $0.insert(again) }
        }
        #expect(fault?.kind == .conflict)
        #expect(fault?.code == "organisation_exists")
        #expect(fault?.found == "airport")
        #expect(try story.registry.read { try $0.organisation(story.airport) }?.name == "Airport")
    }

    @Test(
        "Every role of a person, and none, comes back",
        arguments: Person.Role.allCases + [nil] as [Person.Role?])
    func person(role: Person.Role?) throws {
        let staff = Person(id: identifier(70), name: "Ada", organisation: story.airport, role: role)
        let owner = Person(id: identifier(71), name: "", role: role)
        try story.registry.write(at: noon) { registry in
            try registry.insert(staff)
            try registry.insert(owner)
        }
        #expect(try story.registry.read { try $0.person(staff.id) } == staff)
        #expect(try story.registry.read { try $0.person(owner.id) } == owner)
        #expect(try story.registry.read { try $0.person(identifier(72)) } == nil)
    }

    @Test("A person needs an identifier of his own and an organisation that exists") func badPersons() throws
    {
        #expect(throws: ClientFault(.conflict, "person_exists", "", field: "person")) {
            try story.registry.write(at: noon) { try $0.insert(Person(id: identifier(1), name: "Again")) }
        }
        #expect(throws: ClientFault(.notFound, "unknown_organisation", "", field: "organisation")) {
            try story.registry.write(at: noon) { registry in
                try registry.insert(Person(id: identifier(70), name: "Ada", organisation: slug("nobody")))
            }
        }
        #expect(try story.registry.read { try $0.person(identifier(70)) } == nil)
        #expect(try story.registry.read { try $0.exists(.person(identifier(70))) } == false)
    }

    @Test("Organisations and persons exist as owners") func owners() throws {
        try story.registry.read { reader throws in
            #expect(try reader.exists(.organisation(story.airport)))
            #expect(try reader.exists(.person(identifier(1))))
            #expect(try !reader.exists(.organisation(slug("nobody"))))
        }
    }

    @Test("A thumbprint finds its principal") func credentials() throws {
        let first = Credential(
            thumbprint: try thumbprint(1), principal: .organisation(story.airport), certificate: "PEM 1",
            notAfter: noon)
        let second = Credential(
            thumbprint: try thumbprint(2), principal: .organisation(story.airport), certificate: "PEM 2",
            notAfter: noon.adding(seconds: 1))
        let owner = Credential(
            thumbprint: try thumbprint(3), principal: .person(identifier(1)), certificate: "PEM 3",
            notAfter: noon)
        try story.registry.write(at: noon) { registry in
            for credential in [first, second, owner] { try registry.insert(credential) }
        }
        try story.registry.read { reader throws in
            #expect(try reader.principal(for: first.thumbprint) == .organisation(story.airport))
            #expect(try reader.principal(for: owner.thumbprint) == .person(identifier(1)))
            #expect(try reader.principal(for: thumbprint(4)) == nil)
            #expect(try reader.credential(for: owner.thumbprint) == owner)
            #expect(try reader.credential(for: thumbprint(4)) == nil)
            #expect(try reader.credentials(of: .organisation(story.airport)) == [second, first])
            #expect(try reader.credentials(of: .organisation(story.authority)).isEmpty)
        }
    }

    @Test("One certificate never stands for two, and the fault does not tell whose it is")
    func credentialTwice() throws {
        let credential = Credential(
            thumbprint: try thumbprint(1), principal: .organisation(story.airport), certificate: "PEM",
            notAfter: noon)
        var stolen = credential
        stolen.principal = .person(identifier(1))
        try story.registry.write(at: noon) { try $0.insert(credential) }
        let fault = #expect(throws: ClientFault.self) {
            try story.registry.write(at: noon) { try $0.insert(stolen) }
        }
        #expect(fault?.code == "credential_exists")
        #expect(fault?.description.contains("airport") == false)
        #expect(
            try story.registry.read { try $0.principal(for: credential.thumbprint) } == credential.principal)
    }

    @Test("A credential needs somebody to stand for") func credentialOfNobody() throws {
        let credential = Credential(
            thumbprint: try thumbprint(1), principal: .person(identifier(70)), certificate: "PEM",
            notAfter: noon)
        #expect(throws: ClientFault(.notFound, "unknown_principal", "", field: "principal")) {
            try story.registry.write(at: noon) { try $0.insert(credential) }
        }
    }
}
