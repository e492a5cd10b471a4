internal import Cryptography
internal import Model
internal import Synchronization
internal import Tokens

/// The answers that were prepared, by what is asked.
///
/// Those that are no longer open are found so when they are asked for; when too much is kept, a part of all
/// goes at once.
final class AnswerStock: Sendable {
    private struct Shelf {
        var answers: [UInt64: PreparedAnswer] = [:]
        var bytes = 0
    }

    private static let shelfCount = 16

    private let maximumBytes: Int
    private let hash = KeyedHash(key: SecureRandom.bytes(16))
    private let shelves: [Mutex<Shelf>.Box]

    init(maximumBytes: Int = 64 << 20) {
        self.maximumBytes = maximumBytes / Self.shelfCount
        shelves = (0..<Self.shelfCount).map { _ in Mutex<Shelf>.Box(Shelf()) }
    }

    /// The answer to a request with these rights; nil if there is none.
    func answer(to request: PlainRequest, in bytes: Span<UInt8>, for rights: [UInt8]) -> PreparedAnswer? {
        let code = code(rights, bytes, request.target, request.accept, request.acceptEncoding)
        let found = shelf(code).mutex.withLock { $0.answers[code] }
        guard let found, found.question.isAsked(by: request, in: bytes, for: rights) else { return nil }
        return found
    }

    func put(_ answer: PreparedAnswer) {
        let code = code(of: answer.question)
        shelf(code).mutex.withLock { shelf in
            if shelf.bytes + answer.byteCount > maximumBytes { shelf = Shelf() }
            shelf.bytes += answer.byteCount - (shelf.answers[code]?.byteCount ?? 0)
            shelf.answers[code] = answer
        }
    }

    /// Forgets those that nobody may get any more: their rows may be of owners who have withdrawn.
    func sweep(at now: Instant) {
        for shelf in shelves {
            // Gates are asked without holding up whoever looks for an answer.
            let over = shelf.mutex.withLock { Array($0.answers.values) }.filter { !$0.isOpen(at: now) }
            for answer in over { remove(answer) }
        }
    }

    /// Nobody gets it any more.
    func remove(_ answer: PreparedAnswer) {
        let code = code(of: answer.question)
        shelf(code).mutex.withLock { shelf in
            guard shelf.answers[code] === answer else { return }
            shelf.answers[code] = nil
            shelf.bytes -= answer.byteCount
        }
    }

    private func code(of question: PreparedAnswer.Question) -> UInt64 {
        var bytes = question.target
        func place(_ text: [UInt8]?) -> Range<Int>? {
            guard let text else { return nil }
            defer { bytes += text }
            return bytes.count..<bytes.count + text.count
        }
        let (accept, acceptEncoding) = (place(question.accept), place(question.acceptEncoding))
        return code(question.rights, bytes.span, question.target.indices, accept, acceptEncoding)
    }

    /// Two questions may have one code: what is found is compared.
    private func code(
        _ rights: [UInt8], _ bytes: Span<UInt8>, _ target: Range<Int>, _ accept: Range<Int>?,
        _ acceptEncoding: Range<Int>?
    ) -> UInt64 {
        var code = mixed(hash.hash(rights.span), bytes, target)
        code = mixed(code, bytes, accept)
        return mixed(code, bytes, acceptEncoding)
    }

    private func mixed(_ code: UInt64, _ bytes: Span<UInt8>, _ range: Range<Int>?) -> UInt64 {
        var next: UInt64 = 0
        if let range { next = hash.hash(bytes.extracting(range)) }
        return code &* 0x9E37_79B9_7F4A_7C15 ^ next
    }

    private func shelf(_ code: UInt64) -> Mutex<Shelf>.Box { shelves[Int(code >> 60)] }
}

extension PreparedAnswer.Question {
    fileprivate func isAsked(by request: PlainRequest, in bytes: Span<UInt8>, for rights: [UInt8]) -> Bool {
        guard self.rights == rights, Self.areEqual(target, bytes.extracting(request.target)),
            Self.areEqual(accept, request.accept, in: bytes),
            Self.areEqual(acceptEncoding, request.acceptEncoding, in: bytes)
        else { return false }
        return true
    }

    private static func areEqual(_ text: [UInt8]?, _ range: Range<Int>?, in bytes: Span<UInt8>) -> Bool {
        guard let text, let range else { return text == nil && range == nil }
        return areEqual(text, bytes.extracting(range))
    }

    private static func areEqual(_ text: [UInt8], _ bytes: Span<UInt8>) -> Bool {
        guard text.count == bytes.count else { return false }
        for index in text.indices where text[index] != bytes[index] { return false }
        return true
    }
}
