import Foundation
import Model
import Testing

@testable import Gateway
@testable import sluis

/// The authorisation matrix as the hub really answers it: every route, called by every kind of caller.
@Suite(.serialized)
struct RolesOnTheWireTests {
    /// The reviewed table: by route, then by kind of caller, `yes` or a status.
    private static func golden() throws -> [String: [String: String]] {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("GatewayTests/Golden/authorisation.txt")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map {
            $0.components(separatedBy: ", ")
        }
        let names = try #require(lines.first).dropFirst(2)
        var table: [String: [String: String]] = [:]
        for line in lines.dropFirst() {
            table[line[0]] = Dictionary(uniqueKeysWithValues: zip(names, line.dropFirst(2)))
        }
        return table
    }

    private static func callers(_ hub: TestHub) async throws -> [String: HubClient] {
        _ = try await hub.organisation("party", roles: ["provider", "consumer", "owner"])
        var callers: [String: HubClient] = [
            "nobody": try hub.client("nobody"), "operator": try hub.operatorClient,
            "person": try await hub.person("somebody").client,
        ]
        for role in ["provider", "consumer", "owner"] {
            callers[role] = try await hub.organisation("org-\(role)", roles: [role])
        }
        for role in ["publisher", "requester", "auditor", "supervisor"] {
            callers[role] = try await hub.person(role, organisation: "party", role: role).client
        }
        return callers
    }

    /// A path to something that is not there: whoever may call the route gets another answer than a role's.
    private static func path(_ endpoint: Endpoint) -> String {
        let id = "01890000-0000-7000-8000-000000000000"
        let plain = endpoint.path.replacing("{dataset}", with: "none").replacing("{index}", with: "0")
            .replacing("{level}", with: "0").replacing("**", with: "000")
            .replacing("{thumbprint}", with: "none")
        return plain.replacing("{id}", with: plain.contains("/datasets/") ? "none" : id)
    }

    @Test func `the hub answers every route and caller as the table says`() async throws {
        let hub = try TestHub()
        let golden = try Self.golden()
        let callers = try await Self.callers(hub)
        var answers = 0
        for endpoint in Endpoint.allCases {
            let route = "\(endpoint.method) \(endpoint.path)"
            let expected = try #require(golden[route], "\(route) is not in the table")
            #expect(expected.count == callers.count)
            let method = try #require(HubClient.Method(rawValue: "\(endpoint.method)"))
            for (name, client) in callers {
                let problem = await Self.problem(client, method, Self.path(endpoint))
                let outcome =
                    switch problem?.code {
                    case "certificate_unknown": "401"
                    case "role_missing" where problem?.field == nil: "403"
                    // A HEAD says no more.
                    case "http_401" where endpoint == .headUpload: "401"
                    case "http_403" where endpoint == .headUpload: "403"
                    default: "yes"
                    }
                let said = "\(route) as \(name): \(String(describing: problem))"
                #expect(outcome == expected[name], "\(said)")
                #expect((problem?.status ?? 200) < 500, "\(said)")
                answers += 1
            }
        }
        #expect(answers == Endpoint.allCases.count * callers.count)
        #expect(!hub.errors.contains("failed to answer"), "\(hub.errors)")
    }

    private static func problem(
        _ client: HubClient, _ method: HubClient.Method, _ path: String
    ) async -> HubProblem? {
        do {
            _ = try await client.call(method, path)
            return nil
        } catch {
            return error as? HubProblem
        }
    }
}
