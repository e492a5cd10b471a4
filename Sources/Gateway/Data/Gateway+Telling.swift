internal import Consent
internal import HTTPTypes
internal import Hummingbird
internal import Model

/// Answers to permitted reads with which no data go. They tell of the data all the same, so each is a
/// decision and has its entry.
extension Gateway {
    func tell(_ verdict: AnswerTerms.Verdict, of read: DataRead) async throws -> Response {
        let entry = try await logNothingSent(read)
        var head = head(of: read, nil, entry)
        switch verdict {
        case .headOnly: break
        case .notModified:
            head.status = .notModified
            // RFC 9110 section 15.4.5: what describes the body the client has already.
            for name in [.contentType, .contentEncoding, .acceptRanges, .trailer] as [HTTPField.Name] {
                head.headerFields[name] = nil
            }
        case .preconditionFailed:
            var problem = Problem(
                .preconditionFailed, "precondition_failed", "the data are not those of the entity tag")
            problem.field = "if-match"
            problem.remedy = "read them anew without If-Match"
            problem.fields[.sluisEntry] = String(entry)
            return problem.answer.response
        }
        // It has no length: before the rows are assembled nobody knows it.
        return Response(
            status: head.status, headers: head.headerFields, body: ResponseBody { try await $0.finish(nil) })
    }

    func refuse(_ range: UnsatisfiableRange, of read: DataRead) async throws -> Response {
        var problem = Problem(
            .rangeNotSatisfiable, "range_not_satisfiable", "the answer has no byte of the range")
        problem.field = "range"
        problem.expected = "a part of \(range.totalBytes) bytes"
        problem.fields[.contentRange] = range.contentRange
        problem.fields[.sluisEntry] = String(try await logNothingSent(read))
        return problem.answer.response
    }

    /// - Returns: the index of the entry, which is decision and completion.
    private func logNothingSent(_ read: DataRead) async throws -> UInt64 {
        read.end()
        return try await exchange.append(
            read.entries.whole(.nothing(.unsent), withheld: read.plan.withheld))
    }
}
