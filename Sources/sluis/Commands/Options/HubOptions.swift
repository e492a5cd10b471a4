import ArgumentParser
import Foundation
import RemoteHub

/// What every command has that talks to a hub.
struct HubOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("The profile to call the hub with (default: $SLUIS_PROFILE).", valueName: "folder")
    )
    var profile: String?

    @OptionGroup var printing: PrintOptions

    var output: Output { printing.output }

    /// - Throws: `ClientFault` if there is no profile, or not a safe one.
    func client() throws -> HubClient {
        HubClient(try Profile.choose(profile, environment: ProcessInfo.processInfo.environment))
    }
}

/// How the answer is printed.
struct PrintOptions: ParsableArguments {
    @Flag(help: "Print one line of JSON instead of text.") var json = false

    var output: Output { Output(isJSON: json) }
}
