/// What one call of a decoder did.
struct DecodingStep {
    /// Bytes taken from the input.
    var taken: Int
    var output: [UInt8]
}

/// Packed bytes cannot be unpacked.
struct DecodingFailure: Error {
    var fault: DecodingFault
    /// Bytes of the input up to the fault, as far as the library says; 0 where it does not.
    var taken = 0
}

enum DecodingFault {
    case damaged
    /// The format is another one, at the start of the file.
    case foreign
    /// Something follows the last member or frame.
    case trailing
    /// A zstd frame asks for a larger window than is allowed.
    case windowTooLarge
    /// A zstd frame needs a dictionary.
    case dictionary
    case outOfMemory
}

/// A decoder of one format, fed with pieces of any size. Members or frames may follow each other.
protocol StreamDecoder: AnyObject {
    /// Whether the input may end here: between two members or frames, after at least one.
    var mayEnd: Bool { get }

    /// Unpacks bytes of `input` from `start` on, into at most `capacity` bytes. If it neither takes nor
    /// gives any it needs more input.
    func decode(_ input: [UInt8], from start: Int, capacity: Int) throws(DecodingFailure) -> DecodingStep
}
