import Consent
import Foundation
import Model
import Testing

@testable import Gateway

/// Who may call what, as a table that is reviewed as a diff. `SLUIS_UPDATE_GOLDEN=1` writes it anew.
struct AuthorisationMatrixTests {
    private static let golden = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Golden/authorisation.txt")

    /// One caller of each kind there is.
    private static func callers() throws -> [(name: String, caller: Caller?)] {
        let thumbprint = try #require(Thumbprint([UInt8](repeating: 7, count: 32)))
        let id = PersonID(at: Instant(milliseconds: 0), random: (1, 2))
        func organisation(_ roles: Set<Organisation.Role>) throws -> Organisation {
            Organisation(id: try #require(Slug("party")), name: "Party", roles: roles)
        }
        var callers: [(String, Caller?)] = [("nobody", nil)]
        for role in Organisation.Role.allCases {
            callers.append(
                (role.rawValue, Caller(organisation: try organisation([role]), thumbprint: thumbprint)))
        }
        callers.append(("person", Caller(person: Person(id: id, name: "P"), of: nil, thumbprint: thumbprint)))
        for role in Person.Role.allCases {
            let person = Person(id: id, name: "P", organisation: Slug("party"), role: role)
            let employer = try organisation(Set(Organisation.Role.allCases))
            callers.append((role.rawValue, Caller(person: person, of: employer, thumbprint: thumbprint)))
        }
        return callers
    }

    private static func outcome(_ endpoint: Endpoint, _ caller: Caller?) -> String {
        do {
            try Authorisation.authorise(endpoint, caller)
            return "yes"
        } catch {
            return String(error.kind.rawValue)
        }
    }

    private static func matrix() throws -> String {
        let callers = try callers()
        var lines = ["route, listeners, " + callers.map(\.name).joined(separator: ", ")]
        for endpoint in Endpoint.allCases {
            let listeners = endpoint.listeners.map(\.rawValue).sorted().joined(separator: "+")
            let outcomes = callers.map { outcome(endpoint, $0.caller) }.joined(separator: ", ")
            lines.append("\(endpoint.method) \(endpoint.path), \(listeners), \(outcomes)")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    @Test func `every route and every kind of caller is in the reviewed table`() throws {
        let matrix = try Self.matrix()
        if ProcessInfo.processInfo.environment["SLUIS_UPDATE_GOLDEN"] == "1" {
            try FileManager.default.createDirectory(
                at: Self.golden.deletingLastPathComponent(), withIntermediateDirectories: true)
            try matrix.write(to: Self.golden, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: Self.golden, encoding: .utf8) == matrix)
    }

    @Test func `staff get no more than their organisation has`() throws {
        let thumbprint = try #require(Thumbprint([UInt8](repeating: 7, count: 32)))
        let owner = Organisation(id: try #require(Slug("party")), name: "Party", roles: [.owner])
        let id = PersonID(at: Instant(milliseconds: 0), random: (1, 2))
        for role in [Person.Role.publisher, .requester] {
            let person = Person(id: id, name: "P", organisation: owner.id, role: role)
            let caller = Caller(person: person, of: owner, thumbprint: thumbprint)
            #expect(caller.capacities == [.owner])
        }
    }

    @Test func `whoever is suspended may do nothing that adds`() throws {
        let thumbprint = try #require(Thumbprint([UInt8](repeating: 7, count: 32)))
        let party = Organisation(
            id: try #require(Slug("party")), name: "Party", roles: Set(Organisation.Role.allCases),
            state: .suspended)
        let caller = Caller(organisation: party, thumbprint: thumbprint)
        let allowed = Endpoint.allCases.filter { endpoint in
            guard case .capacities(let needed) = endpoint.access else { return false }
            return Self.outcome(endpoint, caller) == "yes" && !caller.capacities.isDisjoint(with: needed)
        }
        #expect(
            allowed == [
                .showOrganisation, .removeCredential, .deleteOwnerRows, .listRequests, .refuseRequest,
                .showAgreement, .endAgreement, .withdrawGrant, .refuseGrant, .revokeGrant, .listAccesses,
                .removeEvidence,
            ])
    }

    @Test func `the machines listener needs a certificate for all but the token endpoints`() throws {
        for endpoint in Endpoint.allCases where endpoint.listeners.contains(.machines) {
            if [.token, .introspectToken, .revokeToken, .registerOrganisation].contains(endpoint) {
                try Authorisation.requireCertificate(.machines, endpoint, nil)
            } else {
                #expect(throws: ClientFault.self) {
                    try Authorisation.requireCertificate(.machines, endpoint, nil)
                }
            }
        }
    }
}
