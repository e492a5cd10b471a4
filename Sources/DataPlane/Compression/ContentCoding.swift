/// How the bytes of a file are packed for the way (RFC 9110 section 8.4.1, RFC 8878).
public enum ContentCoding: String, CaseIterable, Sendable {
    case identity
    case gzip
    case zstd
}
