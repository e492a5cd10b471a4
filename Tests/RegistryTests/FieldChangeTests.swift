import Model
import Testing

@testable import Registry

@Suite("Changes of fields") struct FieldChangeTests {
    private let story: Story

    private static let former: Set<FormerField> = [
        FormerField(id: "f1", name: "tailnum"), FormerField(id: "f2", name: "dep_delay"),
        FormerField(id: "origin", name: "origin"),
    ]

    init() throws { story = try Story() }

    private var flights: [Field] {
        get throws { try #require(try story.registry.read { try $0.dataset(slug("flights")) }).fields }
    }

    @Test("A change waits, is put into effect once, and retires the ids that it drops") func applied() throws
    {
        let before = try flights
        let next = [
            Field(id: "f2", name: "delay", type: .decimal),
            Field(id: "tailnum", name: "tailnum", type: .string),
        ]
        let change = FieldChange(fields: next, breaks: [story.agreement])
        try story.registry.write(at: noon) { try $0.setFieldChange(change, of: slug("flights")) }
        #expect(try story.registry.read { try $0.fieldChange(of: slug("flights")) } == change)
        #expect(try flights == before)
        try story.registry.write(at: noon) { registry throws in
            // Names that this transaction has seen are those of before.
            #expect(try registry.agreement(story.agreement)?.fields == ["dep_delay", "tailnum"])
            try registry.applyFieldChange(of: slug("flights"))
            #expect(try registry.agreement(story.agreement)?.fields == ["delay"])
        }
        #expect(try flights == next)
        try story.registry.read { reader throws in
            #expect(try reader.fieldChange(of: slug("flights")) == nil)
            #expect(try reader.formerFields(of: slug("flights")) == Self.former)
            #expect(try reader.agreement(story.agreement)?.fieldIDs == ["f2", "f1"])
            #expect(try reader.request(story.request)?.lostFieldIDs == ["f1"])
        }
        try story.registry.write(at: noon) { try $0.applyFieldChange(of: slug("flights")) }
        #expect(try flights == next, "nothing waits any more")
    }

    @Test("Names and ids that are there twice, and datasets that are not there, are refused") func refused()
        throws
    {
        let twice = FieldChange(
            fields: [Field(name: "a", type: .string), Field(id: "b", name: "a", type: .string)], breaks: [])
        for (change, dataset, code) in [
            (twice, "flights", "duplicate_field"),
            (FieldChange(fields: [], breaks: []), "none", "unknown_dataset"),
        ] {
            let fault = #expect(throws: ClientFault.self) {
                try story.registry.write(at: noon) { try $0.setFieldChange(change, of: slug(dataset)) }
            }
            #expect(fault?.code == code)
        }
        #expect(try story.registry.read { try $0.fieldChange(of: slug("flights")) } == nil)
    }
}
