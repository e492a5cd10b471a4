public import Model

extension RegistryReader {
    /// The number of the newest entry ever recorded; 0 before the first.
    public func newestNumber() throws -> Int64 {
        try first("SELECT newest FROM outbox_counter") { try $0.integer(0) } ?? 0
    }

    /// The 32-byte salts of the persons whom the entry with this 16-byte nonce names; without those that
    /// were erased.
    public func salts(ofEntry nonce: [UInt8]) throws -> [PersonID: [UInt8]] {
        let pairs = try all("SELECT person, salt FROM salts WHERE nonce = ?", [.blob(nonce)]) {
            (try $0.decoded(0, PersonID($0.text(0))), try $0.bytes(1))
        }
        return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
    }
}
