/// Rows of one owner key that one stream delivered.
public struct Delivery: Hashable, Sendable {
    /// The value in the owner column. To be compared byte by byte: keys that Unicode holds equivalent are
    /// keys of different owners.
    public var ownerKey: String
    public var rows: Int
    /// The names of the fields that went.
    public var fields: [String]
    /// In which the key was the owner's, if it is divided by time.
    public var period: DataSpan?

    public init(ownerKey: String, rows: Int, fields: [String], period: DataSpan? = nil) {
        self.ownerKey = ownerKey
        self.rows = rows
        self.fields = fields
        self.period = period
    }
}

/// Why nobody can tell to whose rows a stream went.
public enum UnknownDelivery: String, CaseIterable, Sendable {
    /// The stream was permitted, and no entry tells its end: it runs, or the hub died in it.
    case unfinished
    /// The completion entry has no commitment: the side file could not be written.
    case notRecorded = "not_recorded"
    /// There is no side file.
    case missing
    /// The side file is not the one that the entry commits to.
    case wrong
    /// The side file cannot be read.
    case unreadable
    /// Entries are lost, of reads of whatever dataset there was.
    case lost
}

/// What is known of the rows of owners that an entry tells of.
public enum DeliveryAccount: Hashable, Sendable {
    /// It tells of none.
    case none
    /// A side file says whose they were; it has to be read.
    case sideFile(commitment: [UInt8])
    case known([Delivery])
    case unknown(UnknownDelivery)
}

/// An owner key of a dataset or, where rows of it are told apart by their time, one period of it.
public struct LinkedKey: Hashable, Sendable {
    public var dataset: Slug
    public var key: String
    public var period: DataSpan?

    public init(dataset: Slug, key: String, period: DataSpan? = nil) {
        self.dataset = dataset
        self.key = key
        self.period = period
    }
}

/// A time in which an owner key was somebody's: from `from` on, and before `to`. Nil is without an end.
public struct OwnerSpan: Hashable, Sendable {
    public var ownerKey: LinkedKey
    public var from: Instant?
    public var to: Instant?
    /// The dataset versions of which rows of the key were his, whenever they were read: a read may end after
    /// its key passed on. Nil if only the time tells.
    public var versions: Range<Int>?

    public init(
        _ ownerKey: LinkedKey, from: Instant? = nil, to: Instant? = nil, versions: Range<Int>? = nil
    ) {
        self.ownerKey = ownerKey
        self.from = from
        self.to = to
        self.versions = versions
    }

    /// Whether rows of the key were his in a read of this version that ended then.
    public func covers(version: Int?, at time: Instant) -> Bool {
        guard let versions, let version else { return contains(time) }
        return versions.contains(version)
    }

    func contains(_ time: Instant) -> Bool {
        (from ?? time) <= time && (to.map { time < $0 } ?? true)
    }
}

/// One access in an owner's reading history.
public struct AccessItem: Hashable, Sendable {
    public enum Rows: Hashable, Sendable {
        /// So many of his rows went, with these fields.
        case known(Int, fields: [String])
        /// Some of his rows may have gone.
        case unknown(UnknownDelivery)
    }

    /// The index of the entry.
    public var entry: UInt64
    public var dataset: Slug
    public var rows: Rows

    public init(entry: UInt64, dataset: Slug, rows: Rows) {
        self.entry = entry
        self.dataset = dataset
        self.rows = rows
    }
}

/// A part of a reading history.
public struct AccessPage: Hashable, Sendable {
    /// Newest first, one for each entry.
    public var items: [AccessItem]
    /// Where the next page begins; nil on the last one.
    public var next: String?
    /// The entries below this index are indexed; later ones are not in the list yet.
    public var indexedTo: UInt64

    public init(items: [AccessItem], next: String?, indexedTo: UInt64) {
        self.items = items
        self.next = next
        self.indexedTo = indexedTo
    }
}
