import AsyncHTTPClient
public import MerkleLog
import Model
import NIOCore
import NIOSSL
import Synchronization

/// The files of a log that is read over HTTPS (C2SP tlog-tiles).
///
/// A read blocks its thread for as long as it takes; what it waits for happens on threads of its own, so that
/// any number of readers may wait at once. The tiles that a verifier expects to read are fetched ahead.
///
/// Memory: beside what readers were given, at most 64 MiB of files lie ready (and no more than 32 of each run
/// of tiles that a worker reads), and one file of at most 16.8 MB is on its way to each reader that waits. A
/// body that is longer than its file can be is refused while it arrives.
///
/// Trust: none in the server. It can refuse, be slow, or lie; what it sends proves itself or is named. Its
/// certificate only hides from others what is read.
///
/// For example:
///
///     let log = try RemoteLog(url: "https://hub.example:8443/log")
///     var verifier = LogVerifier(files: log, log: try NoteVerifier(vkey: text))
///     verifier.readsEntries = log.mayReadEntries
///     let outcome = await verifier.verify(workers: 2)
///     if let trouble = log.trouble { throw trouble }
public final class RemoteLog: LogFiles {
    private struct State {
        /// The log's prefix, once a checkpoint was found under it.
        var prefix: String?
        var trouble: (any Error)?
        var ahead: ReadAhead
        /// What fetches come to, by their numbers; nil for a file that did not come.
        var arrivals: [Int: EventLoopFuture<[UInt8]?>] = [:]
    }

    /// What is fetched ahead, and how it is to end.
    private struct Start {
        let number: Int
        let tile: TilePath
        let url: String
        let arrival: EventLoopPromise<[UInt8]?>
    }

    /// Whether a profile was given, without which entries are not served.
    public let mayReadEntries: Bool
    /// The origin that is read if it is none that the address names: the profile is of another hub, or names
    /// it otherwise.
    public let otherOrigin: String?
    private let prefixes: [String]
    private let fetcher: FileFetcher
    private let state: Mutex<State>

    /// The code of the `ClientFault` for who may not read the log, or its entries.
    public static let refusal = "log_refused"

    private static let checkpoint = "checkpoint"

    /// - Parameters:
    ///   - url: the log's prefix, or the origin of a hub, whose log is under `/log`.
    ///   - authorityFile: PEM: the authorities of which one must vouch for the server; nil for those of the
    ///     profile, or of the system if there is none.
    ///   - profile: whose certificate to show. Everything is then read from its `machines` listener, the only
    ///     one that serves entries.
    /// - Throws: `ClientFault` that names `--url` or `--ca`.
    public convenience init(url: String, authorityFile: String? = nil, profile: Profile? = nil) throws {
        try self.init(
            url: url, authorityFile: authorityFile, profile: profile, http: .logs, patience: .init(),
            limits: .init())
    }

    init(
        url: String, authorityFile: String?, profile: Profile?, http: HTTPClient,
        patience: FileFetcher.Patience, limits: ReadAhead.Limits
    ) throws {
        let address = try LogAddress(url)
        var tls = profile?.tls ?? Self.tls
        if let authorityFile { tls.trustRoots = .certificates(try Self.authorities(authorityFile)) }
        mayReadEntries = profile != nil
        otherOrigin = profile.flatMap { profile in
            let known = [profile.people, profile.machines].map { $0.lowercased() }
            return known.contains(address.origin.lowercased()) ? nil : profile.machines
        }
        prefixes = address.prefixes(at: profile?.machines)
        fetcher = FileFetcher(http: http, tls: tls, profile: profile?.folder, patience: patience)
        state = Mutex(State(ahead: ReadAhead(limits)))
        guard (try? HTTPClient.Request(url: prefixes[0])) != nil else {
            throw ClientFault(
                .badInput, "bad_url", "`--url` is not the address of a log", field: "--url", found: url)
        }
    }

    /// Why the log could not be read to its end, if the reason is not the log: `HubUnreachable`, or a
    /// `ClientFault` with the code `refusal` if this caller may not read it. From then on every read
    /// fails with it.
    public var trouble: (any Error)? { state.withLock { $0.trouble } }

    /// Nothing can be listed over HTTP.
    public var canList: Bool { false }

    /// Never called.
    public func names(in folder: String) -> [LogFileName] { [] }

    /// The bytes of a file; nil if the server says 404.
    ///
    /// - Throws: `trouble`; `ProofError` for what is no file of a log, which the verifier names.
    public func read(_ path: String) throws -> [UInt8]? {
        if let trouble { throw trouble }
        do {
            if path == Self.checkpoint { return try readCheckpoint() }
            if let tile = TilePath(path), let bytes = take(tile) { return bytes }
            return try fetch(path, under: prefix())
        } catch {
            if error is HubUnreachable || error is ClientFault { state.withLock { $0.trouble = error } }
            throw error
        }
    }

    /// Fetches the next of these tiles while `body` works on those before.
    public func expecting<Value>(_ tiles: TileRange, _ body: () -> Value) -> Value {
        let run = state.withLock { $0.ahead.begin(tiles) }
        fetchAhead()
        defer {
            state.withLock { state in
                for number in state.ahead.end(run: run) { state.arrivals[number] = nil }
            }
        }
        return body()
    }
}

extension RemoteLog {
    private static var tls: TLSConfiguration {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        tls.certificateVerification = .fullVerification
        return tls
    }

    private static func authorities(_ file: String) throws -> [NIOSSLCertificate] {
        let bytes: [UInt8]?
        do { bytes = try LogDirectory.contents(ofFile: file, maximumSizeBytes: 4 << 20) } catch {
            throw ClientFault(.badInput, "unreadable_file", "cannot read `\(file)`: \(error)", field: "--ca")
        }
        guard let bytes else {
            throw ClientFault(.badInput, "missing_file", "there is no file `\(file)`", field: "--ca")
        }
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(bytes), !certificates.isEmpty else {
            throw ClientFault(
                .badInput, "bad_ca", "`\(file)` holds no certificates", field: "--ca", expected: "PEM")
        }
        return certificates
    }

    // MARK: Files that are asked for

    private func readCheckpoint() throws -> [UInt8]? {
        let candidates = state.withLock { $0.prefix }.map { [$0] } ?? prefixes
        for prefix in candidates {
            do {
                guard let bytes = try fetch(Self.checkpoint, under: prefix) else { continue }
                state.withLock { $0.prefix = prefix }
                return bytes
            } catch let fault as ClientFault where fault.code == Self.refusal && prefix != candidates.last {
                continue
            }
        }
        let places = candidates.map { "\($0)/\(Self.checkpoint)" }.joined(separator: " or ")
        throw ProofError(.unreadableFile, "there is none at \(places)")
    }

    /// What is wrong with a checkpoint shows when it is read itself.
    private func prefix() throws -> String {
        if let prefix = state.withLock({ $0.prefix }) { return prefix }
        do { _ = try readCheckpoint() } catch is ProofError {}
        return state.withLock { $0.prefix } ?? prefixes[0]
    }

    private func fetch(_ path: String, under prefix: String) throws -> [UInt8]? {
        let url = "\(prefix)/\(path)"
        let tile = TilePath(path)
        let limit = tile?.maximumSizeBytes ?? Note.maximumSizeBytes
        switch try fetcher.fetch(url, maximumSizeBytes: limit, isFixed: tile != nil) {
        case .file(let bytes): return bytes
        case .status(let refusal): return try nothing(refusal, url)
        }
    }

    private func nothing(_ refusal: FileAnswer.Refusal, _ url: String) throws -> [UInt8]? {
        switch refusal.status {
        case 404: return nil
        // Some hosts say so of files that are not there, and most logs have no such file.
        case 401 where url.hasSuffix("/witnessed"), 403 where url.hasSuffix("/witnessed"): return nil
        case 401, 403:
            throw ClientFault(
                .badInput, Self.refusal,
                "\(url) is refused (status \(refusal.status)): \(refusal.detail ?? "no reason is given")",
                field: mayReadEntries ? "--profile" : "--url",
                remedy: "give the profile of a supervisor"
                    + (mayReadEntries ? ", or none to verify without entries" : ""))
        default:
            throw ProofError(
                .unreadableFile,
                "it was answered with status \(refusal.status)"
                    + ((300...399).contains(refusal.status) ? "; redirects are not followed" : ""))
        }
    }

    // MARK: Files that are expected

    /// The file, if it was fetched ahead. One that did not come that way is to be asked for again, with more
    /// patience.
    private func take(_ tile: TilePath) -> [UInt8]? {
        let arrival = state.withLock { state in
            state.ahead.take(tile).flatMap { state.arrivals.removeValue(forKey: $0) }
        }
        fetchAhead()
        return (try? arrival?.wait()) ?? nil
    }

    /// Begins as many fetches as may run now. It waits for nothing.
    private func fetchAhead() {
        while let start = state.withLock({ nextStart(&$0) }) {
            fetcher.begin(
                start.url, maximumSizeBytes: start.tile.maximumSizeBytes, isFixed: true
            ) { [weak self] count in
                self?.state.withLock { $0.ahead.receive(count, of: start.number) } ?? false
            }.whenComplete { [weak self] result in
                let bytes: [UInt8]? = if case .success(.file(let bytes)) = result { bytes } else { nil }
                self?.finish(start.number, bytes)
                start.arrival.succeed(bytes)
                self?.fetchAhead()
            }
        }
    }

    private func nextStart(_ state: inout State) -> Start? {
        guard state.trouble == nil, let prefix = state.prefix, let fetch = state.ahead.next() else {
            return nil
        }
        let arrival = fetcher.http.eventLoopGroup.any().makePromise(of: [UInt8]?.self)
        state.arrivals[fetch.number] = arrival.futureResult
        return Start(
            number: fetch.number, tile: fetch.tile, url: "\(prefix)/\(fetch.tile)", arrival: arrival)
    }

    private func finish(_ number: Int, _ bytes: [UInt8]?) {
        state.withLock { state in
            state.ahead.finish(number, sizeBytes: bytes?.count)
            if bytes == nil { state.arrivals[number] = nil }
        }
    }
}
