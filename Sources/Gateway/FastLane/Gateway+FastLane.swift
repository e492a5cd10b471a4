internal import Consent
internal import Cryptography
internal import HTTPTypes
internal import HummingbirdCore
internal import Logging
internal import Model
internal import Synchronization
internal import Tokens

/// What is asked of every read on the fast lane: the same as of every other (`readData`), with what is in
/// memory, and without a word about why not. Whoever is not let in here is told by the other way.
extension Gateway {
    /// Lets a request in, as far as that can be said before it is logged.
    ///
    /// - Parameters:
    ///   - bytes: that the request was found in.
    ///   - certificate: of the connection.
    func fastRead(
        _ request: PlainRequest, in bytes: Span<UInt8>, from certificate: X509Certificate, at now: Instant
    ) -> (token: KnownToken, answer: PreparedAnswer, admission: UsageBook.Admission)? {
        guard let token = parts.tokens.known(bytes.extracting(request.token), at: now),
            isGood(token, from: certificate, at: now),
            let answer = stock.answer(to: request, in: bytes, for: token.rights)
        else { return nil }
        guard answer.isOpen(at: now) else {
            stock.remove(answer)
            return nil
        }
        // Whoever is limited is told so by the other way, which asks again.
        let key = UsageKey(client: .organisation(token.token.client), dataset: answer.dataset)
        guard let admission = try? usage.admit(key) else { return nil }
        return (token, answer, admission)
    }

    /// Whether the token is good now on a connection with this certificate.
    func isGood(_ token: KnownToken, from certificate: X509Certificate, at now: Instant) -> Bool {
        certificate.isValid(at: now) && token.isGood(at: now, boundTo: .certificate(certificate.thumbprint))
            && stands(token, certificate.thumbprint)
    }

    /// Whether nothing has ended that the token depends on, its client's certificate included.
    private func stands(_ token: KnownToken, _ thumbprint: Thumbprint) -> Bool {
        let standing = exchange.standing
        if token.standing.load(ordering: .relaxed) == standing { return true }
        let reader = Reader(token.token, nonce: nil)
        guard exchange.participants.organisation(with: thumbprint)?.id == token.token.client,
            (try? exchange.requireStanding(reader.pass, reader.claim)) != nil
        else { return false }
        token.standing.store(standing, ordering: .relaxed)
        return true
    }

    /// Keeps an answer that was sent for the next reader who may have the same.
    func prepare(
        _ whole: WholeAnswer, _ logged: WholeAnswer.Logged, under head: HTTPResponse, for call: Call
    ) {
        guard call.listener == .machines, call.request.method == .get, let reader = whole.read.reader,
            case .certificate = reader.token.binding, reader.nonce == nil
        else { return }
        let request = call.request.head
        let question = PreparedAnswer.Question(
            rights: reader.token.rights, target: Array((request.path ?? "").utf8),
            accept: request.headerFields[.accept].map { Array($0.utf8) },
            acceptEncoding: request.headerFields[.acceptEncoding].map { Array($0.utf8) })
        let trailers = whole.read.trailers(
            whole.account, decision: logged.index, completion: logged.index, cursor: logged.cursor)
        let answer = PreparedAnswer(
            whole, logged, head: head, trailers: trailers, to: question, at: exchange.now)
        if let answer { stock.put(answer) }
    }

    /// Says that nothing was sent of the answer that stands in the log. Its side file stays: it is that of
    /// another read, which was sent.
    func takeBack(_ entries: AccessEntries, _ entry: UInt64, _ withheld: Withheld?) async {
        do {
            _ = try await exchange.appendOutcome(entries.unsent(entry, withheld: withheld))
        } catch {
            parts.logger.error(
                "an unsent answer could not be taken back", metadata: ["error": "\(error)"])
        }
    }
}
