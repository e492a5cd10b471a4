internal import Consent
internal import Cryptography
internal import HTTPTypes
internal import Hummingbird
internal import Model
internal import NIOCore

/// One request to one endpoint, with its caller.
struct Call: Sendable {
    /// Bodies that are not data: JSON and lists of links.
    static let maximumBodyBytes = 32 << 20

    let endpoint: Endpoint
    let listener: Endpoint.Listener
    let request: Request
    let context: GatewayContext
    /// Nil without a registered certificate.
    let caller: Caller?
    /// Nil without a certificate.
    let thumbprint: Thumbprint?
    /// The body, once somebody needed all of it before its reader did: it comes but once.
    private(set) var collected: [UInt8]?
    /// Is told of the body as it comes in, if somebody asks what it was.
    private(set) var digest: BodyDigest?

    init(
        _ endpoint: Endpoint, on listener: Endpoint.Listener, _ request: Request, _ context: GatewayContext,
        _ exchange: Exchange
    ) async throws {
        self.endpoint = endpoint
        self.listener = listener
        self.request = request
        self.context = context
        let certificate = try await Self.certificate(context.channel)
        // Asked at every request: a connection may outlive its certificate, and a resumed one is not verified
        // anew.
        if let certificate, !certificate.isValid(at: exchange.now) {
            throw ClientFault(
                .unauthenticated, "certificate_expired", "the client certificate is not valid now",
                found: "valid from \(certificate.notBefore) to \(certificate.notAfter)",
                remedy: "have a new certificate registered by the operator")
        }
        thumbprint = certificate?.thumbprint
        caller = try thumbprint.flatMap { try exchange.caller(with: $0) }
    }

    private static func certificate(_ channel: any Channel) async throws -> X509Certificate? {
        try await channel.eventLoop.submit {
            try channel.pipeline.syncOperations.handler(type: ConnectionHandler.self).certificate(channel)
        }.get()
    }

    /// The caller of an endpoint that `authorise()` admits only callers to.
    var requiredCaller: Caller {
        get throws {
            guard let caller else {
                throw ClientFault(
                    .unauthenticated, "certificate_unknown", "the client certificate is not registered")
            }
            return caller
        }
    }

    func parameter(_ name: String) throws(ClientFault) -> String {
        guard let text = context.parameters.get(name).flatMap({ PercentEncoding.decode($0) }) else {
            throw ClientFault(.badInput, "bad_path", "the path is not percent-encoded UTF-8", field: name)
        }
        return text
    }

    func slug(_ name: String) throws(ClientFault) -> Slug {
        let text = try parameter(name)
        guard let slug = Slug(text) else {
            throw ClientFault(
                .badInput, "wrong_value", "the path names no possible \(name)", field: name, found: text,
                expected: Slug.expectation)
        }
        return slug
    }

    func identifier<Subject>(_ name: String) throws(ClientFault) -> Identifier<Subject> {
        let text = try parameter(name)
        guard let id = Identifier<Subject>(text) else {
            throw ClientFault(
                .badInput, "wrong_value", "the path names no possible \(name)", field: name, found: text,
                expected: "a lower-case UUIDv7")
        }
        return id
    }

    /// The query, of which only these names may be there.
    func query(_ allowed: String...) throws(ClientFault) -> Query { try query(allowed) }

    func query(_ allowed: [String]) throws(ClientFault) -> Query {
        try Query(request.uri.query.map { Substring($0) }, allowed: allowed)
    }

    /// The same call with its body in hand.
    func withBody(_ body: [UInt8]) -> Call {
        var call = self
        call.collected = body
        return call
    }

    /// The same call, whose body is hashed as it comes in.
    func digesting(_ digest: BodyDigest) -> Call {
        var call = self
        call.digest = digest
        return call
    }

    /// The whole body.
    func body(upTo maximumBytes: Int = Self.maximumBodyBytes) async throws -> [UInt8] {
        if let collected { return collected }
        try await letBodyCome()
        do {
            let buffer = try await request.body.collect(upTo: maximumBytes)
            return Array(buffer.readableBytesView)
        } catch is NIOTooManyBytesError {
            throw ClientFault(
                .tooLarge, "body_too_large", "the body is too large",
                expected: "at most \(maximumBytes) bytes")
        }
    }

    /// To be called before the body is read: its sender may wait for a word.
    func letBodyCome() async throws {
        guard request.headers[.expect] != nil else { return }
        let channel = context.channel
        try await channel.eventLoop.submit {
            try channel.pipeline.syncOperations.handler(type: ConnectionHandler.self).letBodyCome()
        }.get()
    }

    /// The media type of the body without its parameters, lower case.
    var contentType: String? {
        request.headers[.contentType]?.split(separator: ";").first.map {
            $0.lowercased().filter { $0 != " " }
        }
    }

    func requireContentType(_ expected: String) throws(ClientFault) {
        guard let contentType else { return }
        guard contentType == expected else {
            throw ClientFault(
                .unsupportedMediaType, "wrong_content_type", "the body has another type",
                field: "content-type",
                found: contentType, expected: expected)
        }
    }

    /// The JSON body. An empty one is an empty object, so that routes whose members are all optional need
    /// none.
    func json(upTo maximumBytes: Int = Self.maximumBodyBytes) async throws -> JSON {
        try requireContentType("application/json")
        let bytes = try await body(upTo: maximumBytes)
        if bytes.isEmpty { return .object([:]) }
        let json: JSON
        do {
            json = try JSON.parse(bytes)
        } catch {
            throw ClientFault(.badInput, "bad_json", "the body is not JSON: \(error)")
        }
        // No text of the registry may hold one, and this way none is half way in when that is found.
        guard let place = json.placeOfNUL(at: "") else { return json }
        throw ClientFault(
            .badInput, "bad_text", "text must not contain a NUL character", field: place,
            expected: "text without NUL")
    }
}

extension JSON {
    /// Which member is, or is named by, a text with a NUL character; nil if none is.
    fileprivate func placeOfNUL(at path: String) -> String? {
        switch self {
        case .string(let text): return text.utf8.contains(0) ? path : nil
        case .array(let elements):
            return elements.indices.lazy.compactMap { elements[$0].placeOfNUL(at: "\(path)[\($0)]") }.first
        case .object(let members):
            for (name, value) in members.sorted(by: { $0.key < $1.key }) {
                if name.utf8.contains(0) { return path }
                let place = value.placeOfNUL(at: path.isEmpty ? name : "\(path).\(name)")
                if let place { return place }
            }
            return nil
        default: return nil
        }
    }
}
