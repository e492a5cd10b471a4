internal import Consent
internal import Cryptography
internal import HTTPTypes
internal import HummingbirdCore
internal import Logging
internal import Model
internal import Registry
internal import NIOCore
internal import Synchronization

/// A key is its caller's own.
struct IdempotencyKey: Hashable, Sendable {
    let principal: Principal
    let text: String
}

extension Gateway {
    /// Runs `body`, or repeats the answer that the same call got before under the same `Idempotency-Key`.
    ///
    /// The same key with another request is a 409. A call that comes while the same is under way waits for
    /// it. Only successes are remembered, so that a call that failed can be made again under its key.
    func remembered(_ call: Call, _ body: (Call) async throws -> Answer) async throws -> Answer {
        guard call.endpoint.takesIdempotencyKey, let text = call.request.headers[.idempotencyKey] else {
            return try await body(call)
        }
        guard (1...255).contains(text.utf8.count) else {
            throw ClientFault(
                .badInput, "bad_idempotency_key", "the key is empty or too long", field: "idempotency-key",
                expected: "1 to 255 bytes")
        }
        let key = IdempotencyKey(principal: try call.requiredCaller.principal, text: text)
        // A file may be of any length: it is hashed as it comes in.
        let isFile = call.endpoint == .addData
        let call = isFile ? call.digesting(BodyDigest(of: call)) : call.withBody(try await call.body())
        return try await idempotencyKeys.holding(key) { try await once(key, call, body) }
    }

    private func once(
        _ key: IdempotencyKey, _ call: Call, _ body: (Call) async throws -> Answer
    ) async throws -> Answer {
        let registry = exchange.parts.registry
        let now = exchange.now
        let known = try registry.read {
            try $0.idempotentAnswer(to: key.principal, key: key.text, at: now)
        }
        if let known {
            guard known.requestDigest == (try await digest(of: call)) else {
                throw ClientFault(
                    .conflict, "idempotency_key_reused", "the key was used for another request",
                    field: "idempotency-key", found: key.text, remedy: "use a new key for a new request")
            }
            return Answer(known)
        }
        let answer = try await body(call)
        // Whoever took a file took it to its end.
        let digest = if let digest = call.digest { digest.finalize() } else { try await digest(of: call) }
        do {
            try registry.write(at: now) {
                try $0.remember(IdempotentAnswer(answer, to: digest), to: key.principal, key: key.text)
            }
        } catch {
            // What was done is done and must be told; only a repetition will not be known as one.
            parts.logger.warning("an answer could not be remembered", metadata: ["error": "\(error)"])
        }
        return answer
    }

    /// SHA-256 of method, address and body, of which nothing was read yet or all is in hand.
    private func digest(of call: Call) async throws -> [UInt8] {
        let digest = call.digest ?? BodyDigest(of: call)
        if let whole = call.collected {
            digest.update(whole)
        } else {
            try await call.letBodyCome()
            for try await buffer in call.request.body { digest.update(Array(buffer.readableBytesView)) }
        }
        return digest.finalize()
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
