/// Where a value stands in a JSON document: `$` is the document, `$.permission[0].constraint` a part of it.
///
/// Made for every node that is read and written out only for messages, so it is a list of steps with shared
/// beginnings.
final class DocumentPath: Sendable {
    enum Step: Hashable, Sendable { case member(String), index(Int) }

    /// What is added to the parent: most values stand in the array of a member, which is two steps.
    private enum Stride: Sendable { case one(Step), element(String, Int) }

    static let root = DocumentPath(parent: nil, step: .member("$"))

    let parent: DocumentPath?
    private let stride: Stride

    private init(parent: DocumentPath?, stride: Stride) {
        self.parent = parent
        self.stride = stride
    }

    private convenience init(parent: DocumentPath?, step: Step) {
        self.init(parent: parent, stride: .one(step))
    }

    func appending(_ member: String, _ index: Int) -> DocumentPath {
        DocumentPath(parent: self, stride: .element(member, index))
    }

    func appending(_ member: String) -> DocumentPath { DocumentPath(parent: self, step: .member(member)) }

    func appending(_ index: Int) -> DocumentPath { DocumentPath(parent: self, step: .index(index)) }

    /// From the root to here, the root left out.
    var steps: [Step] {
        var steps: [Step] = []
        var place = self
        while let parent = place.parent {
            switch place.stride {
            case .one(let step): steps.append(step)
            case .element(let member, let index): steps += [.index(index), .member(member)]
            }
            place = parent
        }
        return steps.reversed()
    }
}

extension DocumentPath: CustomStringConvertible {
    /// `$.permission[0]` or, for names that are not plain, `$['a b']`.
    var description: String {
        steps.reduce(into: "$") { text, step in
            switch step {
            case .member(let name) where Self.isPlain(name): text += ".\(name)"
            case .member(let name): text += "['\(brief(name))']"
            case .index(let index): text += "[\(index)]"
            }
        }
    }

    private static func isPlain(_ name: String) -> Bool {
        name.utf8.count <= 64
            && name.utf8.allSatisfy {
                (97...122).contains($0 | 0x20) || (48...57).contains($0) || "@_-:".utf8.contains($0)
            }
    }
}

extension DocumentPath: Hashable {
    static func == (a: DocumentPath, b: DocumentPath) -> Bool { a === b || a.steps == b.steps }
    func hash(into hasher: inout Hasher) { hasher.combine(steps) }
}
