internal import AuditLog
internal import Consent
internal import HTTPTypes
internal import Model
internal import Tokens

extension Gateway {
    /// `/metrics`: how the hub is, for Prometheus. Sums over all organisations and datasets.
    func metricsText() -> Answer {
        var text = PrometheusText()
        let outcomes = metrics.outcomes.sorted {
            ($0.key.endpoint.rawValue, $0.key.status) < ($1.key.endpoint.rawValue, $1.key.status)
        }
        text.add(
            "sluis_requests_total", .counter, "Requests by route, method and status.",
            outcomes.map { outcome, count in
                let endpoint = outcome.endpoint
                return (
                    [
                        ("route", endpoint.path), ("method", "\(endpoint.method)"),
                        ("code", String(outcome.status)),
                    ], count
                )
            })
        text.add(
            "sluis_data_seconds",
            "From the head of a request for data to the head of its answer, its log entry included.",
            metrics.dataTimes)
        text.add(
            "sluis_prepared_answers_total", .counter, "Answers that were at hand when they were asked for.",
            Double(metrics.fastAnswers))
        text.add("sluis_streams", .gauge, "Answers that are being streamed.", Double(metrics.streams))
        text.add("sluis_rows_sent_total", .counter, "Rows that left.", Double(metrics.rows))
        text.add(
            "sluis_bytes_sent_total", .counter, "Bytes of rows that left, before content coding.",
            Double(metrics.bytes))
        text.add(
            "sluis_rows_withheld_total", .counter,
            "Rows that readers did not get, of the whole dataset at each read, as they were told.",
            Double(metrics.withheldRows))
        addLog(to: &text)
        addTokens(to: &text)
        return .text(Array(text.text.utf8), type: "text/plain; version=0.0.4; charset=utf-8")
    }

    private func addLog(to text: inout PrometheusText) {
        let log = exchange.parts.log
        text.add("sluis_log_entries", .gauge, "Entries of the audit log.", Double(log.size))
        text.add(
            "sluis_log_waiting_bytes", .gauge, "Bytes of entries that wait for the disk.",
            Double(log.waitingBytes))
        text.add(
            "sluis_log_commit_seconds", "How long it took to make a group of entries durable.",
            log.commitTimes)
        let isReady = (try? exchange.requireReady()) != nil
        text.add("sluis_ready", .gauge, "Whether anything new is decided.", isReady ? 1 : 0)
    }

    private func addTokens(to text: inout PrometheusText) {
        let lookups = parts.tokens.lookups
        text.add(
            "sluis_token_lookups_total", .counter, "Tokens that were shown, by whether they were known.",
            [([("known", "yes")], lookups.hits), ([("known", "no")], lookups.misses)])
    }
}
