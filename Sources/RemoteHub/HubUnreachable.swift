import AsyncHTTPClient
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// No answer came. Ends a program with status 3.
public struct HubUnreachable: Error, CustomStringConvertible {
    /// What was called.
    public let url: String
    /// In words, without the address.
    public let reason: String
    /// What the caller can do.
    public let remedy: String
    /// Whether the hub may have got the request and acted on it.
    public let mayHaveArrived: Bool
    /// Whether the same may go well a moment later; not if one end does not accept the other.
    public let mayPass: Bool

    /// No answer, for a reason that the caller knows.
    public init(
        url: String, reason: String, remedy: String, mayHaveArrived: Bool, mayPass: Bool = true
    ) {
        self.url = url
        self.reason = reason
        self.remedy = remedy
        self.mayHaveArrived = mayHaveArrived
        self.mayPass = mayPass
    }

    /// What the HTTP client threw, in words; nil for an error that does not mean the hub.
    ///
    /// - Parameter profile: the folder of the profile that was used; nil if none was.
    public init?(_ error: any Error, url: String, profile: String?) {
        switch error {
        case let error as NIOConnectionError:
            self.init(url: url, notConnected: Self.reason(error), profile)
        case let error as IOError where Self.connecting.contains(error.errnoCode):
            self.init(url: url, notConnected: Self.reason([error.errnoCode]), profile)
        case NIOSSLError.uncleanShutdown: self.init(broken: url)
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError:
            self.init(url: url, handshake: String(describing: error), profile)
        case let error as HTTPClientError: self.init(error, url: url)
        case is IOError, is ChannelError, is HTTPParserError: self.init(broken: url)
        default: return nil
        }
    }

    /// The system's errors that only come before a connection is there.
    private static let connecting = [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EADDRNOTAVAIL, ENETDOWN]

    private init(url: String, notConnected reason: String, _ profile: String?) {
        self.init(
            url: url, reason: reason,
            remedy: "start the hub, or correct the address"
                + (profile.map { " in \($0)/profile.json" } ?? ""),
            mayHaveArrived: false)
    }

    private init(url: String, handshake text: String, _ profile: String?) {
        self.init(
            url: url, reason: "the TLS handshake failed: \(Self.reason(ofTLS: text, profile))",
            remedy: profile.map { "check the ca, certificate and address of the profile \($0)" }
                ?? "check the address, the authorities (--ca), and whether a profile is needed",
            mayHaveArrived: false, mayPass: false)
    }

    private init(broken url: String) {
        self.init(
            url: url, reason: "the connection broke", remedy: "look at the hub's log, then try again",
            mayHaveArrived: true)
    }

    private init(_ error: HTTPClientError, url: String) {
        let isConnecting = [.connectTimeout, .tlsHandshakeTimeout, .getConnectionFromPoolTimeout].contains(
            error)
        let isLate = isConnecting || [.readTimeout, .writeTimeout, .deadlineExceeded].contains(error)
        self.init(
            url: url, reason: isLate ? "no answer in time" : "the connection ended before the answer did",
            remedy: isConnecting
                ? "check the address and the network" : "look at the hub's log, then try again",
            mayHaveArrived: !isConnecting)
    }

    /// One line.
    public var description: String { "cannot reach the hub at \(url): \(reason); \(remedy)" }

    private static func reason(_ error: NIOConnectionError) -> String {
        if error.dnsAError != nil || error.dnsAAAAError != nil, error.connectionErrors.isEmpty {
            return "the host `\(error.host)` is not known"
        }
        return reason(error.connectionErrors.compactMap { ($0.error as? IOError)?.errnoCode })
    }

    private static func reason(_ numbers: [CInt]) -> String {
        numbers.contains(ECONNREFUSED) ? "nothing listens there" : "the connection failed"
    }

    /// The library names its cases for programmers; these are the ones that a person can do something about.
    private static func reason(ofTLS text: String, _ profile: String?) -> String {
        let authority = profile == nil ? "an authority that is trusted here" : "the profile's authority"
        let refusal =
            profile == nil
            ? "the hub asks for a client certificate" : "the hub does not accept the profile's certificate"
        let known = [
            ("CERTIFICATE_VERIFY_FAILED", "the hub's certificate is not one of \(authority)"),
            ("Hostname", "the hub's certificate is for another name"),
            ("UNKNOWN_CA", "the hub does not know the profile's certificate"),
            ("BAD_CERTIFICATE", refusal), ("CERTIFICATE_UNKNOWN", refusal),
            ("CERTIFICATE_EXPIRED", "the profile's certificate has expired"),
            ("CERTIFICATE_REQUIRED", "the hub needs a client certificate"),
            ("ACCESS_DENIED", refusal), ("HANDSHAKE_FAILURE", refusal),
            ("WRONG_VERSION_NUMBER", "the other end does not speak TLS"),
        ]
        return known.first { text.contains($0.0) }?.1 ?? "the other end refused"
    }
}
