internal import Model

/// The rows of an owner key or, of one that is divided by time, those of one of its periods.
///
/// Keys are bytes: two that Unicode holds equivalent are two keys, though Swift takes them for equal.
struct Holding: Sendable {
    var key: String
    var period: DataSpan?

    init(_ key: String, _ period: DataSpan? = nil) {
        self.key = key
        self.period = period
    }

    init(_ link: OwnerLink) { self.init(link.ownerKey, link.period) }

    /// What stands in a line of a side file.
    ///
    /// - Parameter member: in which the key stands.
    /// - Returns: nil if the line names no key, or a period that is none.
    init?(line: [String: JSON], key member: String) {
        guard let key = line[member]?.string else { return nil }
        do { self.init(key, try DataSpan.of(line: line)) } catch { return nil }
    }
}

extension Holding: Hashable {
    static func == (a: Holding, b: Holding) -> Bool {
        a.key.utf8.elementsEqual(b.key.utf8) && a.period == b.period
    }

    func hash(into hasher: inout Hasher) {
        for byte in key.utf8 { hasher.combine(byte) }
        hasher.combine(period)
    }
}
