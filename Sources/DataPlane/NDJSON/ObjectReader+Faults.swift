extension ObjectReader {
    /// What stands at `position` is not what may stand there.
    func unexpected(
        _ reason: BadLine.Reason, _ detail: String? = nil, member: Int? = nil
    ) -> NDJSONFault {
        guard position < lineEnd else {
            return NDJSONFault(
                reason: .incompleteObject, offset: lineEnd, value: 0..<lineEnd, member: member)
        }
        // A file in UTF-16, most of the time.
        let isNUL = text[position] == 0
        return NDJSONFault(
            reason: isNUL ? .nulByte : reason, offset: position, value: position..<lineEnd, member: member,
            detail: isNUL ? nil : detail)
    }

    func checkUTF8() throws(NDJSONFault) {
        var seen: UInt8 = 0
        for byte in text { seen |= byte }
        guard seen >= 0x80 else { return }
        do {
            _ = try UTF8Span(validating: text.span)
        } catch {
            let offset = error.byteOffsets.lowerBound
            throw NDJSONFault(reason: .invalidUTF8, offset: offset, value: offset..<lineEnd)
        }
    }

    /// A line that ends inside a string outweighs what was found: the line end may be one of the text, and
    /// then the next line is its rest, so the whole file is refused for it.
    func weighed(_ fault: NDJSONFault) -> NDJSONFault {
        var quotes = QuoteTracker()
        quotes.take(text, 0..<lineEnd)
        return quotes.isInside ? open(quotes.start) : fault
    }

    func tooLong(_ quotes: QuoteTracker) -> NDJSONFault {
        if quotes.isInside { return open(min(quotes.start, lineEnd)) }
        // Never part of a string in JSON: these are the line ends of the file.
        if let index = text.firstIndex(of: UInt8(ascii: "\r")) {
            return NDJSONFault(reason: .carriageReturn, offset: index, value: 0..<lineEnd)
        }
        return NDJSONFault(reason: .rowTooLong, offset: 0, value: 0..<lineEnd)
    }

    private func open(_ offset: Int) -> NDJSONFault {
        NDJSONFault(reason: .openString, offset: offset, value: offset..<lineEnd)
    }
}
