internal import Consent
internal import Cryptography
internal import HTTPTypes
internal import HummingbirdCore
internal import Model
internal import Registry
internal import Synchronization

extension Gateway {
    /// Runs `body`, or repeats the answer that the same call got before under the same `Idempotency-Key`.
    ///
    /// Keys are the caller's own. The same key with another request is a 409; only successes are remembered,
    /// so that a call that failed can be repeated under its key.
    func remembered(_ call: Call, _ body: () async throws -> Answer) async throws -> Answer {
        guard call.endpoint.takesIdempotencyKey, let key = call.request.headers[.idempotencyKey] else {
            return try await body()
        }
        guard (1...255).contains(key.utf8.count) else {
            throw ClientFault(
                .badInput, "bad_idempotency_key", "the key is empty or too long", field: "idempotency-key",
                expected: "1 to 255 bytes")
        }
        let principal = try call.requiredCaller.principal
        let registry = exchange.parts.registry
        let digest = SHA256.hash(
            Array("\(call.request.method) \(call.request.uri.string)\n".utf8) + (try await call.body()))
        let now = exchange.now
        if let known = try registry.read({ try $0.idempotentAnswer(to: principal, key: key, at: now) }) {
            guard known.requestDigest == digest else {
                throw ClientFault(
                    .conflict, "idempotency_key_reused", "the key was used for another request",
                    field: "idempotency-key", found: key, remedy: "use a new key for a new request")
            }
            return Answer(known)
        }
        let answer = try await body()
        try registry.write(at: now) {
            try $0.remember(IdempotentAnswer(answer, to: digest), to: principal, key: key)
        }
        return answer
    }
}

extension Answer {
    fileprivate init(_ known: IdempotentAnswer) {
        status = HTTPResponse.Status(code: known.status)
        body = Array(known.body.utf8)
        for (name, value) in known.headers {
            if let name = HTTPField.Name(name) { fields[name] = value }
        }
    }
}

extension IdempotentAnswer {
    fileprivate init(_ answer: Answer, to digest: [UInt8]) {
        let headers = answer.fields.map { ($0.name.canonicalName, $0.value) }
        self.init(
            requestDigest: digest, status: answer.status.code,
            headers: Dictionary(headers, uniquingKeysWith: { first, _ in first }),
            body: String(decoding: answer.body, as: UTF8.self))
    }
}
