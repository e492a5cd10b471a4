/// What is wrong with the database itself, for the operator. Equal by code.
public struct RegistryError: Error, Sendable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// The file or its folder is missing, read-only, full or refused.
        case cannotOpen
        /// The file is not an SQLite database.
        case notADatabase
        /// An SQLite database, but of another program.
        case notOurs
        /// Written by a later version of Sluis.
        case newerSchema
        /// Damaged, or changed by another hand.
        case corrupt
        /// SQLite refused a statement: a fault in this program.
        case failed
    }

    public let code: Code
    /// Lower case; may name the file.
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}

extension RegistryError: Hashable {
    public static func == (a: RegistryError, b: RegistryError) -> Bool { a.code == b.code }
    public func hash(into hasher: inout Hasher) { hasher.combine(code) }
}
