/// Writes entries of the log in a format for other programs, one by one: an export of any size needs the
/// memory of one entry.
public protocol EntryEncoder: Sendable {
    /// What comes before the first entry.
    var header: [UInt8] { get }

    /// One entry with what ends it.
    ///
    /// - Throws: what making a proof throws.
    func encode(_ index: UInt64, _ entry: [UInt8]) throws -> [UInt8]
}
