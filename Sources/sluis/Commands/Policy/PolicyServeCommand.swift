import ArgumentParser
import Gateway
import Logging
import Model
import PolicyEngine
import ServiceLifecycle
import UnixSignals

struct PolicyServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Answer AuthZEN 1.0 requests out of one set of policies.",
        discussion: """
            Plain HTTP, on loopback addresses only. It prints {"ready":true,"url":URL} once it listens and \
            ends on SIGTERM. In policies a subject or resource is `urn:authzen:TYPE:ID`, all of a type are \
            `urn:authzen:TYPE`, an action is `urn:authzen:action:NAME`; properties are left operands such as \
            `https://w3id.org/sluis/subject#role`.
            """)

    @Option(help: ArgumentHelp("JSON-LD with one policy, or several in a @graph.", valueName: "file"))
    var policy: [String] = []

    @Option(help: ArgumentHelp("Known subjects and resources: [{type, id, properties}].", valueName: "file"))
    var entities: String?

    @Option(help: ArgumentHelp("Where to listen; port 0 picks one.", valueName: "host:port"))
    var listen = "127.0.0.1:0"

    func run() async throws {
        let address = try Configuration.address(listen, field: "--listen")
        guard ["127.0.0.1", "localhost", "::1"].contains(address.host) else {
            throw ClientFault(
                .badInput, "not_loopback", "this server has no encryption and no authentication",
                field: "--listen", found: address.host, expected: "127.0.0.1, ::1 or localhost")
        }
        let directory =
            try entities.map { try EntityDirectory(PolicyInput.json($0, option: "--entities")) }
            ?? EntityDirectory()
        let service = AuthorizationService(policies: try PolicyInput.policies(policy), entities: directory)
        for problem in try PolicyInput.policies(policy).problems {
            StandardError.write("not understood: \(problem.message)\n")
        }
        var logger = Logger(label: "sluis")
        logger.logLevel = .error
        let server = AuthorizationServer(service, on: address, now: { .system }, logger: logger)
        let configuration = ServiceGroupConfiguration(
            services: [.init(service: Serving(server: server))],
            gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        try await ServiceGroup(configuration: configuration).run()
    }

    private struct Serving: Service {
        let server: AuthorizationServer

        func run() async throws {
            try await server.run { url in
                let line: JSON = ["ready": true, "url": .string(url)]
                try StandardOutput.write(line.canonicalText + "\n")
            }
        }
    }
}
