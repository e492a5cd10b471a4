import Model
import Policies
import PolicyEngine

/// Policies, requests and states that the user names on the command line.
enum PolicyInput {
    /// The largest policy that is read, in bytes.
    static let maximumBytes = 8 << 20

    static func purposes() throws -> PurposeTree { try PurposeTree(JSON.parse(ShippedPolicies.purposes)) }

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
