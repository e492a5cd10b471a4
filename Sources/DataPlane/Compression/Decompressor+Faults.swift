import Model

extension Decompressor {
    /// - Parameter offset: of the file as received: up to here everything could be unpacked.
    static func fault(_ fault: DecodingFault, _ coding: ContentCoding, at offset: Int) -> any Error {
        if case .outOfMemory = fault { return RetryableFault.outOfMemory }
        let name = coding.rawValue
        let (what, remedy) = explanation(fault, name)
        let place = offset > 0 ? ", at byte \(offset) of the file or behind it" : ", at the start of the file"
        return ClientFault(.unprocessable, "bad_\(name)", what + place, expected: "\(name)", remedy: remedy)
    }

    private static func explanation(
        _ fault: DecodingFault, _ name: String
    ) -> (what: String, remedy: String) {
        switch fault {
        case .damaged: ("the \(name) data is damaged", "pack the file anew, and send it again")
        case .foreign:
            ("this is no \(name) data", "name the coding that the file has, or send it unpacked")
        case .trailing:
            (
                "something follows the \(name) data that is none itself",
                "remove what stands behind the packed data"
            )
        case .windowTooLarge:
            (
                "the zstd data needs a window of more than 8 MiB",
                "pack the file without `--long` and at a level up to 19"
            )
        case .dictionary:
            ("the zstd data needs a dictionary", "pack the file without a dictionary")
        case .outOfMemory: ("there is no memory to unpack it", "send it again later")
        }
    }
}

extension RetryableFault {
    /// Of the libraries that pack and unpack.
    static var outOfMemory: RetryableFault {
        RetryableFault(
            "out_of_memory", "there is no memory left to pack or unpack data", cause: "zlib or zstd")
    }
}
