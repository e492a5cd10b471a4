import Model
import Policies
import PolicyEngine

/// Policies, requests and states that the user names on the command line.
enum PolicyInput {
    /// The largest policy that is read, in bytes.
    static let maximumBytes = 8 << 20

    static func purposes() throws -> PurposeTree { try PurposeTree(JSON.parse(ShippedPolicies.purposes)) }

    /// The one file of a command that takes one: of two nobody would know which of them is meant.
    static func policies(_ paths: [String]) throws -> PolicySet {
        guard paths.count == 1 else {
            throw ClientFault(
                .badInput, "wrong_option", "--policy must be given once", field: "--policy",
                found: paths.isEmpty ? "nothing" : paths.joined(separator: ", "),
                expected: "a file; it may hold a @graph of several policies")
        }
        return try policies(paths[0])
    }

    static func policies(_ path: String, option: String = "--policy") throws -> PolicySet {
        let json = try json(path, option: option)
        do {
            return try PolicySet(json, purposes: purposes())
        } catch let fault as ClientFault {
            throw named(fault, path)
        }
    }

    static func json(_ path: String, option: String) throws -> JSON {
        try InputFile.json(path, option: option, maximumBytes: maximumBytes)
    }

    /// A fault inside of a file, with the file's name.
    private static func named(_ fault: ClientFault, _ path: String) -> ClientFault {
        var fault = fault
        fault.message = "`\(path)`: \(fault.message)"
        return fault
    }
}
