import Model
import NIOHTTP1

/// A yes of the hub.
struct HubAnswer: Sendable {
    let status: Int
    let headers: HTTPHeaders
    let bytes: [UInt8]
    /// What comes after a body; empty unless there were any.
    let trailers: HTTPHeaders

    /// The body as JSON.
    /// - Throws: `Refusal` if it is none.
    var json: JSON {
        get throws {
            do {
                return try JSON.parse(bytes)
            } catch {
                throw Refusal("the hub's answer is not JSON: \(error)")
            }
        }
    }

    /// These members of the answer, which must all be there.
    ///
    /// - Throws: `Refusal`: what does not answer as a hub is not taken for one.
    func members(_ names: String...) throws -> JSON {
        let json = try json
        var members: [String: JSON] = [:]
        for name in names {
            guard let value = json[name] else { throw Refusal("the hub's answer has no `\(name)`") }
            members[name] = value
        }
        return .object(members)
    }

    /// A member of the answer that is a text.
    func text(_ name: String) throws -> String {
        guard let text = try members(name)[name]?.string else {
            throw Refusal("`\(name)` of the hub's answer is no text")
        }
        return text
    }

    /// The index of the entry of a state change or of a decision.
    var entry: UInt64? { headers.first(name: "Sluis-Entry").flatMap { UInt64($0) } }
}
