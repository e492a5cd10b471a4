import Foundation
import Model
import PolicyEngine
import Testing
import TestSupport

/// The AuthZEN cases of openid/authzen on GitHub: certification scenario, Todo and search interoperability.
@Suite("Published AuthZEN cases", .enabled(if: Vectors.areWanted("authzen")))
struct AuthorizationVectorTests {
    private func vectors(_ name: String) throws -> JSON {
        try JSON.parse(Array(Data(contentsOf: Vectors.folder.appending(path: "authzen/\(name).json"))))
    }

    static func service(_ name: String) throws -> AuthorizationService {
        func read(_ file: String) throws -> JSON {
            try JSON.parse(
                Array(Data(contentsOf: PolicyWorld.root.appending(path: "Policies/authzen/\(file)"))))
        }
        return AuthorizationService(
            policies: try PolicySet(read("\(name).jsonld"), purposes: PolicyWorld.library().purposes),
            entities: try EntityDirectory(read("\(name).entities.json")))
    }

    @Test("Todo: single decisions and batches") func todo() throws {
        let service = try Self.service("todo")
        let cases = try vectors("todo")
        let single = try #require(cases["evaluation"]?.array)
        for (index, item) in single.enumerated() {
            let answer = try service.evaluation(#require(item["request"]), at: PolicyWorld.noon)
            #expect(answer["decision"] == item["expected"], "evaluation \(index)")
        }
        let batches = try #require(cases["evaluations"]?.array)
        for (index, item) in batches.enumerated() {
            let answer = try service.evaluations(#require(item["request"]), at: PolicyWorld.noon)
            #expect(answer["evaluations"] == item["expected"], "evaluations \(index)")
        }
        print("authzen/todo: \(single.count) decisions, \(batches.count) batches")
        #expect(single.count == 40 && batches.count == 3)
    }

    @Test("Search: which actions a user may take on a record") func actions() throws {
        let service = try Self.service("search")
        let cases = try #require(try vectors("search-action")["evaluation"]?.array)
        for (index, item) in cases.enumerated() {
            let answer = try JSON.parse(
                service.search(.action, #require(item["request"]), at: PolicyWorld.noon))
            #expect(answer == item["expected"], "action search \(index)")
        }
        print("authzen/search-action: \(cases.count) cases")
        #expect(cases.count == 120)
    }

    /// What a block says in JSON is tried here; what it says of HTTP, over the wire.
    @Test("Certification: every request of every block") func certification() throws {
        let service = try Self.service("certification")
        var tried = (bodies: 0, accepted: 0, refused: 0)
        for block in try #require(try vectors("certification").array) {
            let name = block["id"]?.string ?? ""
            let bodies = block["json"]?.array ?? []
            let isRefused = name.hasPrefix("c-2-4") || name.hasPrefix("c-4-7")
            if isRefused {
                for body in bodies {
                    #expect(throws: ClientFault.self, "\(name)") { try respond(service, to: body, name) }
                    tried.refused += 1
                }
            } else if var request = bodies.first {
                if name == "c-4-5-2" { request = try withToken(request, service) }
                let answer = try respond(service, to: request, name)
                if bodies.count == 2 { #expect(answer == bodies[1], "\(name)") }
                tried.bodies += bodies.count == 2 ? 1 : 0
                tried.accepted += 1
            }
        }
        print("authzen/certification: \(tried)")
        #expect(tried.bodies == 21 && tried.accepted == 34 && tried.refused == 16)
    }

    /// The request for the second page: its token is the one that the first page gave.
    private func withToken(_ request: JSON, _ service: AuthorizationService) throws -> JSON {
        var members = try #require(request.object)
        members["page"] = ["limit": 1]
        let first = try respond(service, to: .object(members), "c-4-5-1")
        members["page"] = ["token": try #require(first["page"]?["next_token"])]
        return .object(members)
    }

    private func respond(_ service: AuthorizationService, to request: JSON, _ name: String) throws -> JSON {
        let chapters: [(String, AuthorizationSearch)] = [
            ("c-4-2", .subject), ("c-4-3", .resource), ("c-4-4", .action), ("c-4-5", .subject),
            ("c-4-6-1", .action), ("c-4-6-2", .subject),
        ]
        let chapter = chapters.first { name.hasPrefix($0.0) }?.1
        if name.hasPrefix("c-4") {
            let search = chapter ?? (request["action"] == nil ? .action : .subject)
            let text = try service.search(search, request, at: PolicyWorld.noon)
            return try JSON.parse(text)
        }
        return name.hasPrefix("c-3")
            ? try service.evaluations(request, at: PolicyWorld.noon)
            : try service.evaluation(request, at: PolicyWorld.noon)
    }
}
