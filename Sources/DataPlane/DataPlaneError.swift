/// What went wrong in the data plane that no caller can mend: for the operator's log, never sent.
///
/// A disk that is full is not here: it is a `RetryableFault`.
public enum DataPlaneError: Error, Hashable, Sendable {
    /// A stored file is not what was written: nothing of the block (or of the version, if `block` is nil) is
    /// released.
    case corrupt(file: String, block: Int?)
    /// A system call failed with this `errno`.
    case system(call: String, path: String, errno: Int32)
    /// An owner filter was asked to tell more than 65,535 granted field sets apart.
    case tooManyFieldSets
    /// A filter of one version was used on another, where its ordinals mean other owners.
    case foreignFilter
    /// A version with owners was to be read as if it were open.
    case notOpen
    /// `consume` or `finish` after the ingest failed, ended or was aborted.
    case ingestEnded
}

extension DataPlaneError: CustomStringConvertible {
    /// Stable, lower case with underscores.
    public var code: String {
        switch self {
        case .corrupt: "corrupt"
        case .system: "system"
        case .tooManyFieldSets: "too_many_field_sets"
        case .foreignFilter: "foreign_filter"
        case .notOpen: "not_open"
        case .ingestEnded: "ingest_ended"
        }
    }

    public var description: String {
        switch self {
        case .corrupt(let file, let block?): "block \(block) of \(file) does not match its checksum"
        case .corrupt(let file, nil): "\(file) is damaged or was not written by this program"
        case .system(let call, let path, let errno): "\(call) on \(path) failed with errno \(errno)"
        case .tooManyFieldSets: "more than 65,535 different field sets are granted under one agreement"
        case .foreignFilter: "the owner filter belongs to another version of the dataset"
        case .notOpen: "a dataset with owners cannot be read without a filter"
        case .ingestEnded: "the ingest has ended"
        }
    }
}
