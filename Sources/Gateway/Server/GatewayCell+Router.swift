internal import HTTPTypes
internal import Hummingbird
internal import Model

extension GatewayCell {
    /// The router of one listener, built from the table of endpoints.
    func router(_ listener: Endpoint.Listener) -> Router<GatewayContext> {
        let router = Router(context: GatewayContext.self)
        router.middlewares.add(Fallback(listener: listener))
        for endpoint in Endpoint.allCases where endpoint.listeners.contains(listener) {
            router.on(RouterPath(endpoint.path), method: endpoint.method) { request, context in
                guard let gateway = self.value else {
                    return Problem(RetryableFault("starting", "the hub is starting")).answer.response
                }
                return await gateway.respond(endpoint, on: listener, request, context)
            }
        }
        return router
    }
}

/// Answers what no route answers. Routes themselves never throw.
private struct Fallback: RouterMiddleware {
    let listener: Endpoint.Listener

    func handle(
        _ request: Request, context: GatewayContext, next: (Request, GatewayContext) async throws -> Response
    ) async throws -> Response {
        // The router passes over what is empty between slashes; whoever stands before the hub may not.
        let path = request.uri.path
        guard !path.contains("//"), path == "/" || !path.hasSuffix("/") else {
            return Self.unknownRoute(path).answer.response
        }
        do {
            return try await next(request, context)
        } catch let error as HTTPError where error.status == .notFound {
            return noRoute(request).answer.response
        }
    }

    private func noRoute(_ request: Request) -> Problem {
        let known = Endpoint.allCases.filter {
            $0.listeners.contains(listener) && Self.matches($0.path, request.uri.path)
        }
        guard known.isEmpty else {
            let methods = Set(known.map(\.method.rawValue)).sorted().joined(separator: ", ")
            var problem = Problem(.methodNotAllowed, "method_not_allowed", "this route has no such method")
            problem.found = request.method.rawValue
            problem.expected = methods
            problem.fields[.allow] = methods
            return problem
        }
        return Self.unknownRoute(request.uri.path)
    }

    private static func unknownRoute(_ path: String) -> Problem {
        var problem = Problem(.notFound, "route_unknown", "there is no such route on this listener")
        problem.found = String(path.prefix(200))
        return problem
    }

    private static func matches(_ template: String, _ path: String) -> Bool {
        let wanted = template.split(separator: "/")
        let found = path.split(separator: "/", omittingEmptySubsequences: true)
        guard wanted.count == found.count || wanted.last == "**" && found.count >= wanted.count else {
            return false
        }
        return zip(wanted, found).allSatisfy { $0.hasPrefix("{") || $0 == "**" || $0 == $1 }
    }
}
