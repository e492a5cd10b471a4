import ArgumentParser
import Model

/// Which agreements may lose fields.
struct BreakingOptions: ParsableArguments {
    @Option(
        name: .customLong("break"), parsing: .singleValue,
        help: ArgumentHelp(
            "An agreement that may lose fields which the schema lacks; once for each.", valueName: "agreement"
        ),
        transform: ArgumentReader.agreement)
    var agreements: [AgreementID] = []
}
