import AsyncHTTPClient
import Glibc
import Model
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// No answer came. Ends the program with status 3.
struct HubUnreachable: Error, CustomStringConvertible {
    let url: String
    let reason: String
    let remedy: String
    /// Whether the hub may have got the request and acted on it.
    let mayHaveArrived: Bool

    init(url: String, reason: String, remedy: String, mayHaveArrived: Bool) {
        self.url = url
        self.reason = reason
        self.remedy = remedy
        self.mayHaveArrived = mayHaveArrived
    }

    /// What the HTTP client threw, in words; nil for an error that does not mean the hub.
    init?(_ error: any Error, url: String, profile: String) {
        switch error {
        case let error as NIOConnectionError:
            self.init(url: url, notConnected: Self.reason(error), profile)
        case let error as IOError where Self.connecting.contains(error.errnoCode):
            self.init(url: url, notConnected: Self.reason([error.errnoCode]), profile)
        case NIOSSLError.uncleanShutdown: self.init(broken: url)
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError:
            self.init(
                url: url,
                reason: "the TLS handshake failed: \(Self.reason(ofTLS: String(describing: error)))",
                remedy: "check the ca, certificate and address of the profile \(profile)",
                mayHaveArrived: false)
        case let error as HTTPClientError: self.init(error, url: url)
        case is IOError, is ChannelError, is HTTPParserError: self.init(broken: url)
        default: return nil
        }
    }

    /// The system's errors that only come before a connection is there.
    private static let connecting = [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EADDRNOTAVAIL, ENETDOWN]

    private init(url: String, notConnected reason: String, _ profile: String) {
        self.init(
            url: url, reason: reason,
            remedy: "start the hub, or correct the address in \(profile)/profile.json",
            mayHaveArrived: false)
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

    var description: String { "cannot reach the hub at \(url): \(reason); \(remedy)" }

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
    static func reason(ofTLS text: String) -> String {
        let known = [
            ("CERTIFICATE_VERIFY_FAILED", "the hub's certificate is not one of the profile's authority"),
            ("Hostname", "the hub's certificate is for another name"),
            ("UNKNOWN_CA", "the hub does not know the profile's certificate"),
            ("BAD_CERTIFICATE", "the hub does not accept the profile's certificate"),
            ("CERTIFICATE_UNKNOWN", "the hub does not accept the profile's certificate"),
            ("CERTIFICATE_EXPIRED", "the profile's certificate has expired"),
            ("CERTIFICATE_REQUIRED", "the hub needs a client certificate"),
            ("ACCESS_DENIED", "the hub does not accept the profile's certificate"),
            ("HANDSHAKE_FAILURE", "the hub does not accept the profile's certificate"),
            ("WRONG_VERSION_NUMBER", "the other end does not speak TLS"),
        ]
        return known.first { text.contains($0.0) }?.1 ?? "the other end refused"
    }
}
