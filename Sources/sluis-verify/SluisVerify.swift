import ArgumentParser
import Glibc
import RemoteHub

/// The offline auditor: believes nothing but a verifier key.
@main
enum SluisVerify {
    static func main() async {
        do {
            var command = try VerifyCommand.parse()
            try await command.run()
        } catch {
            end(with: error)
        }
    }

    /// The exit status is 0 for verified (and for help), 1 for not verified, 2 for bad input, 3 for what
    /// cannot be reached. The library ends usage errors with 64.
    private static func end(with error: any Error) -> Never {
        if let error = error as? NotVerified {
            StandardError.write("\(error)\n")
            exit(1)
        }
        if let error = error as? HubUnreachable {
            StandardError.write("\(error)\n")
            exit(3)
        }
        let message = VerifyCommand.fullMessage(for: error)
        if VerifyCommand.exitCode(for: error).isSuccess {
            print(message)
            exit(0)
        }
        StandardError.write(message + "\n")
        exit(2)
    }
}
