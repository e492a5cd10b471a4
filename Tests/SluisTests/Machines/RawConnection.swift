import Foundation
import Model
import RemoteHub
import Testing

@testable import sluis

/// Connections on which tests write whatever they like, by Python's own sockets.
enum RawConnection {
    struct Answers: CustomStringConvertible {
        /// All that came, byte by byte in ISO 8859-1.
        let text: String
        /// Whether the hub ended the connection.
        let isClosed: Bool

        /// Of each answer, in order.
        var statuses: [Int] {
            text.components(separatedBy: "HTTP/1.1 ").dropFirst().compactMap { Int($0.prefix(3)) }
        }

        var description: String { "\(isClosed ? "closed" : "open") after: \(text.prefix(2000))" }
    }

    private static let script = """
        import base64, json, socket, ssl, sys, time
        spec = json.load(open(sys.argv[1]))
        answers = []
        for text, cut in zip(spec["texts"], spec["cuts"]):
            context = ssl.create_default_context(cafile=spec["folder"] + "/ca.pem")
            context.check_hostname = False
            if spec["shows"]:
                context.load_cert_chain(spec["folder"] + "/certificate.pem", spec["folder"] + "/key.pem")
            data, closed = b"", True
            with socket.create_connection((spec["host"], spec["port"])) as raw:
                with context.wrap_socket(raw, suppress_ragged_eofs=True) as connection:
                    connection.settimeout(2)
                    try:
                        text = base64.b64decode(text)
                        if cut:
                            connection.sendall(text[:cut])
                            time.sleep(0.03)
                        connection.sendall(text[cut:])
                        while chunk := connection.recv(65536):
                            data += chunk
                    except TimeoutError:
                        closed = False
                    except OSError:
                        pass
            answers.append({"text": data.decode("latin-1"), "closed": closed})
        json.dump(answers, sys.stdout)
        """

    /// What comes of each text on a connection of its own to the machines listener, or with `toPeople` to the
    /// other one, where no certificate is shown.
    ///
    /// - Parameter cuts: after how many bytes of each it waits a little; none to send it in one go.
    static func send(
        _ texts: [String], by client: HubClient, of hub: TestHub, toPeople: Bool = false,
        cutAt cuts: [Int] = []
    ) throws -> [Answers] {
        let address = (toPeople ? hub.people : hub.machines).dropFirst(8).split(separator: ":")
        let spec: JSON = [
            "folder": .string(client.profile.folder), "host": .string(String(address[0])),
            "port": .integer(try #require(Int64(address[1]))), "shows": .bool(!toPeople),
            "cuts": JSON.array(texts.indices.map { .integer(cuts.isEmpty ? 0 : Int64(cuts[$0])) }),
            "texts": .array(texts.map { .string(Base64.encode(Array($0.utf8))) }),
        ]
        let program = try hub.scratch.file("raw-\(UUID()).py", script)
        let input = try hub.scratch.file("raw-\(UUID()).json", spec.canonicalText)
        let result = try Program.run(at: URL(filePath: "/usr/bin/python3"), [program, input])
        try #require(result.status == 0, "\(result.errors)")
        return try #require(try JSON.parse(result.output).array).map { answer in
            Answers(
                text: try #require(answer["text"]?.string), isClosed: answer["closed"] == true)
        }
    }
}
