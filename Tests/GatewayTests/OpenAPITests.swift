import Foundation
import Model
import OpenAPI
import Testing

@testable import Gateway

/// The description of the routes against the table of endpoints.
struct OpenAPITests {
    private static func document() throws -> JSON { try JSON.parse(OpenAPIDocument.json) }

    /// As `METHOD path listeners`, by the name of the endpoint.
    private static func operations() throws -> [String: String] {
        var found: [String: String] = [:]
        for (path, item) in try #require(document()["paths"]?.object) {
            let servers = try #require(item["servers"]?.array)
            let listeners = servers.compactMap { $0["description"]?.string?.prefix { $0 != ":" } }
            for method in ["get", "put", "post", "delete", "head", "patch"] {
                guard let operation = item[method] else { continue }
                let name = try #require(operation["operationId"]?.string)
                let all = "\(method.uppercased()) \(path) \(listeners.sorted().joined(separator: " "))"
                #expect(found.updateValue(all, forKey: name) == nil, "\(name) is there twice")
            }
        }
        return found
    }

    @Test("It has every endpoint, where and how it is served, and nothing else") func endpoints() throws {
        var operations = try Self.operations()
        for endpoint in Endpoint.allCases {
            let path = endpoint.path.replacing("/**", with: "/{path}")
            let listeners = endpoint.listeners.map(\.rawValue).sorted().joined(separator: " ")
            #expect(
                operations.removeValue(forKey: endpoint.rawValue)
                    == "\(endpoint.method) \(path) \(listeners)",
                "\(endpoint)")
        }
        #expect(operations == [:])
    }

    @Test("It is of this version, and promises no fault of the hub") func contents() throws {
        let document = try Self.document()
        #expect(document["openapi"] == "3.1.0" && document["info"]?["version"]?.string == Release.version)
        for (path, item) in try #require(document["paths"]?.object) {
            for (method, operation) in try #require(item.object) {
                guard let answers = operation["responses"]?.object else { continue }
                #expect(answers["500"] == nil && answers["default"] == nil, "\(method) \(path)")
                #expect(answers.keys.contains { $0.hasPrefix("2") }, "\(method) \(path)")
            }
        }
    }

    @Test("What it refers to is there") func references() throws {
        let document = try Self.document()
        func visit(_ json: JSON) {
            if let reference = json["$ref"]?.string {
                let words = reference.split(separator: "/").dropFirst().map(String.init)
                let found = words.reduce(Optional(document)) { $0?[$1] }
                #expect(reference.hasPrefix("#/") && found != nil, "\(reference)")
            }
            for value in json.object?.values.map(\.self) ?? [] { visit(value) }
            for value in json.array ?? [] { visit(value) }
        }
        visit(document)
    }

    @Test("A hub puts its own addresses in") func addresses() {
        let text = String(
            decoding: Gateway.description(people: "https://a:1", machines: "https://b:2"), as: UTF8.self)
        #expect(text.contains("\"https://a:1\"") && text.contains("\"https://b:2/oauth/token\""))
        #expect(!text.contains("https://127.0.0.1:844"))
    }
}
