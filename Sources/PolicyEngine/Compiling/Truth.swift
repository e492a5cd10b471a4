/// Kleene's three values: what a part of a rule says of a request.
enum Truth: Hashable, Sendable {
    case no
    /// The part is not understood, or what it asks about is not known: a permission does not hold, a
    /// prohibition does.
    case unknown
    case yes

    init(_ holds: Bool) { self = holds ? .yes : .no }

    /// Both. False outweighs unknown: a rule with a part that is false says nothing of the request.
    static func && (a: Truth, b: @autoclosure () -> Truth) -> Truth {
        switch a {
        case .no: .no
        case .yes: b()
        case .unknown: b() == .no ? .no : .unknown
        }
    }

    static func || (a: Truth, b: @autoclosure () -> Truth) -> Truth {
        switch a {
        case .yes: .yes
        case .no: b()
        case .unknown: b() == .yes ? .yes : .unknown
        }
    }

    static prefix func ! (a: Truth) -> Truth {
        switch a {
        case .yes: .no
        case .no: .yes
        case .unknown: .unknown
        }
    }
}

extension Truth {
    /// What all of them say; unknown where they differ.
    static func agreed(_ truths: some Collection<Truth>) -> Truth {
        guard let first = truths.first else { return .unknown }
        return truths.allSatisfy { $0 == first } ? first : .unknown
    }
}
