internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
public import Logging
public import Model
public import PolicyEngine
internal import ServiceLifecycle
internal import Synchronization

/// A policy decision point by itself: AuthZEN 1.0 over one set of policies, plain HTTP on a loopback address.
///
/// The specification asks for HTTPS; whoever needs that puts it before, or asks a hub.
public struct AuthorizationServer: Sendable {
    private let service: AuthorizationService
    private let address: GatewayServer.Address
    private let now: @Sendable () -> Instant
    private let logger: Logger

    public init(
        _ service: AuthorizationService, on address: GatewayServer.Address,
        now: @escaping @Sendable () -> Instant, logger: Logger
    ) {
        self.service = service
        self.address = address
        self.now = now
        self.logger = logger
    }

    /// Serves until the surrounding service group shuts down gracefully.
    ///
    /// - Parameter onReady: called with the URL once it listens.
    public func run(onReady: @escaping @Sendable (String) throws -> Void) async throws {
        let (ports, announce) = AsyncStream.makeStream(of: Int.self)
        let origin = Origin()
        let application = Application(
            router: router(origin),
            server: .http1(
                configuration: .init(
                    additionalChannelHandlers: [ConnectionHandler(patienceSeconds: 60)])),
            configuration: .init(address: .hostname(address.host, port: address.port)),
            onServerRunning: { announce.yield($0.localAddress?.port ?? 0) }, logger: logger)
        let host = address.host.contains(":") ? "[\(address.host)]" : address.host
        let opening = Announcement(ports: ports) { port in
            let url = "http://\(host):\(port)"
            origin.set(url)
            try onReady(url)
        }
        try await ServiceGroup(
            configuration: .init(
                services: [application, opening], logger: logger)
        ).run()
    }

    private func router(_ origin: Origin) -> Router<GatewayContext> {
        let router = Router(context: GatewayContext.self)
        router.middlewares.add(Unrouted())
        for route in AuthorizationRoute.allCases {
            router.post(RouterPath(route.path)) { request, _ in
                await respond(request) {
                    try route.answer(await AuthorizationRoute.body(request), by: service, at: now())
                }
            }
        }
        router.get(RouterPath(AuthorizationRoute.configurationPath)) { request, _ in
            await respond(request) { AuthorizationRoute.configuration(of: origin.value) }
        }
        return router
    }

    private func respond(_ request: Request, _ answer: () async throws -> Answer) async -> Response {
        let result: Answer
        do {
            result = try await answer()
        } catch let fault as ClientFault {
            result = Problem(fault).answer
        } catch {
            logger.error("failed to answer", metadata: ["error": "\(error)"])
            result = Problem.internalFault.answer
        }
        return result.response.echoing(request)
    }
}

extension Response {
    /// With the request's own identifier, whatever the answer is.
    func echoing(_ request: Request) -> Response {
        var response = self
        response.headers[.requestID] = request.headers[.requestID]
        return response
    }
}

/// Answers what no route answers.
private struct Unrouted: RouterMiddleware {
    func handle(
        _ request: Request, context: GatewayContext, next: (Request, GatewayContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError where error.status == .notFound {
            let path = request.uri.path
            var problem = Problem(.notFound, "route_unknown", "there is no such route")
            problem.found = String(path.prefix(200))
            let isPost = AuthorizationRoute.allCases.contains { $0.path == path }
            if isPost || path == AuthorizationRoute.configurationPath {
                problem = Problem(.methodNotAllowed, "method_not_allowed", "this route has no such method")
                problem.found = request.method.rawValue
                problem.expected = isPost ? "POST" : "GET"
                problem.fields[.allow] = problem.expected
            }
            var response = problem.answer.response.echoing(request)
            if request.method == .head { response.body = ResponseBody() }
            return response
        }
    }
}

/// The URL under which the server answers, known once it listens.
private final class Origin: Sendable {
    private let text = Mutex("")

    func set(_ url: String) { text.withLock { $0 = url } }

    var value: String { text.withLock { $0 } }
}

private struct Announcement: Service {
    let ports: AsyncStream<Int>
    let announce: @Sendable (Int) throws -> Void

    func run() async throws {
        for await port in ports.cancelOnGracefulShutdown() {
            try announce(port)
            break
        }
        try await gracefulShutdown()
    }
}
