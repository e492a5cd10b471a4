import Gateway
import Model
import NIOSSL

extension Configuration {
    /// What reads connected datasets; nil if no upstream is allowed.
    ///
    /// - Throws: `ClientFault` that names the key of a file that cannot be used.
    func upstreamClient() throws -> UpstreamClient? {
        guard !upstreamOrigins.isEmpty else { return nil }
        guard (upstreamCertificate == nil) == (upstreamKey == nil) else {
            throw ClientFault(
                .badInput, "upstream_half", "a certificate needs its key, and a key its certificate",
                field: upstreamKey == nil ? "upstream.key" : "upstream.certificate",
                remedy: "set both, or none")
        }
        return UpstreamClient(
            UpstreamClient.Configuration(
                authorities: try Self.read("upstream.ca", upstreamAuthority) {
                    try NIOSSLCertificate.fromPEMFile($0)
                } ?? [],
                certificates: try Self.read("upstream.certificate", upstreamCertificate) {
                    try NIOSSLCertificate.fromPEMFile($0)
                } ?? [],
                key: try Self.read("upstream.key", upstreamKey) {
                    try NIOSSLPrivateKey(file: $0, format: .pem)
                },
                patienceSeconds: upstreamPatienceSeconds,
                maximumBytes: upstreamMaximumBytes))
    }

    private static func read<Value>(
        _ key: String, _ file: String?, _ body: (String) throws -> Value
    ) throws(ClientFault) -> Value? {
        guard let file else { return nil }
        do { return try body(file) } catch {
            throw ClientFault(
                .badInput, "bad_upstream_file", "the file cannot be used: \(error)", field: key, found: file,
                expected: "PEM")
        }
    }
}
