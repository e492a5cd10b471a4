/// How much one organisation may take of one dataset. All in memory, and gone with the process.
public struct UsageLimits: Hashable, Sendable {
    /// Requests for data a minute; 0 for as many as come.
    public var requestsPerMinute = 0
    /// Bytes of answers a minute, before content coding; 0 for as many as are read.
    public var bytesPerMinute = 0
    /// Reads at once; 0 for as many as come.
    public var streams = 256
    /// Requests of one client to the token endpoints a minute; 0 for as many as come.
    public var tokensPerMinute = 60_000

    public init() {}
}
