import Foundation
import Model
import Testing

@testable import DataPlane

/// Every call to the disk of an addition, a deletion and a merge fails, done or not, or is the last one.
@Suite("Crashes while rows are added, deleted and put together")
struct ChangeCrashTests {
    private static let shape = IngestShape(
        ownerRule: .column("owner"),
        fields: [Field(name: "owner", type: .string), Field(name: "v", type: .integer)])

    enum Change: CaseIterable { case addition, deletion, merge }

    /// A hub with version 2 in two segments, and how it reads.
    private func prepared() throws -> (hub: Hub, rows: [String]) {
        let hub = try Hub()
        try hub.ingest("owner,v\na,1\nb,2\n,3\n", Self.shape)
        let ingest = try hub.store.beginIngest(
            dataset: hub.dataset, version: 2, shape: Self.shape, onto: hub.open(1))
        try ingest.consume(Array("owner,v\nb,4\nc,5\n".utf8))
        _ = try ingest.finish()
        try hub.store.sweep(keeping: [hub.dataset: [2]])
        return (hub, ["a,1", "b,2", "b,4", "c,5"])
    }

    private func rows(_ version: StoredVersion) throws -> [String] {
        try version.verify()
        let filter = OwnerFilter(version: version)
        for ordinal in 0..<UInt32(version.ordinalCount) {
            try filter.grant(ordinal, fields: FieldSet([0, 1]))
        }
        return try version.read(filter).split(separator: "\n").dropFirst().map(String.init).sorted()
    }

    private func make(_ change: Change, _ hub: Hub, _ disk: Disk) throws {
        let store = DatasetStore(directory: hub.directory, disk: disk)
        let base = try store.open(dataset: hub.dataset, version: 2)
        switch change {
        case .addition:
            let ingest = try store.beginIngest(
                dataset: hub.dataset, version: 3, shape: Self.shape, onto: base)
            try ingest.consume(Array("owner,v\nc,6\n".utf8))
            _ = try ingest.finish()
        case .deletion: _ = try store.delete(ownerKey: "b", from: base, as: 3)
        case .merge: #expect(try store.merge(base) != nil)
        }
    }

    @Test("a version that cannot all be removed is told, and removed when it is tried again")
    func discard() throws {
        let counting = Interference(.killedBefore, at: .max)
        let trial = try prepared().hub
        try make(.addition, trial, Disk())
        #expect(
            try DatasetStore(directory: trial.directory, disk: counting.disk).discard(
                dataset: trial.dataset, version: 2))
        #expect(counting.count >= 8)
        for call in 1...counting.count {
            let (hub, _) = try prepared()
            try make(.addition, hub, Disk())
            let failing = DatasetStore(
                directory: hub.directory, disk: Interference(.failedNotDone, at: call).disk)
            let isGone = (try? failing.discard(dataset: hub.dataset, version: 2)) ?? false
            let isLeft = hub.names.contains { $0.contains("removed") || $0.hasPrefix("meters/2") }
            #expect(isGone == !isLeft, "call \(call)")
            #expect(try isGone || hub.store.discard(dataset: hub.dataset, version: 2), "call \(call)")
            #expect(hub.names.filter { $0.hasPrefix("meters/") }.allSatisfy { $0.hasPrefix("meters/3") })
            #expect(try rows(hub.open(3)) == Self.after[.addition])
        }
    }

    private static let after: [Change: [String]] = [
        .addition: ["a,1", "b,2", "b,4", "c,5", "c,6"], .deletion: ["a,1", "c,5"],
        .merge: ["a,1", "b,2", "b,4", "c,5"],
    ]

    @Test(
        "the old version stands or the new one does; what is left over is swept", arguments: Change.allCases)
    func everyCall(change: Change) throws {
        let counting = Interference(.killedBefore, at: .max)
        try make(change, prepared().hub, counting.disk)
        #expect(counting.count >= 8)
        for call in 1...counting.count {
            for kind in Interference.Kind.allCases {
                let (hub, before) = try prepared()
                let failed = (try? make(change, hub, Interference(kind, at: call).disk)) == nil
                // Once the merged version is in place, removing what it replaces may fail unseen.
                #expect(failed || change == .merge, "call \(call), \(kind)")
                if hub.names.contains("meters/3") {
                    #expect(try rows(hub.open(3)) == Self.after[change], "call \(call), \(kind)")
                }
                // The registry never heard of version 3.
                try hub.store.sweep(keeping: [hub.dataset: [2]])
                let version = try hub.open(2)
                #expect(try rows(version) == before, "call \(call), \(kind)")
                let names = try FileManager.default.contentsOfDirectory(atPath: hub.path(2))
                #expect(Set(names) == version.manifest.fileNames, "call \(call), \(kind)")
                #expect(hub.names.count == 2 + names.count, "call \(call), \(kind)")
                let merged = version.segments.count == 1
                #expect(!merged || change == .merge)
                if !merged {
                    try make(change, hub, Disk())
                    #expect(try rows(hub.open(change == .merge ? 2 : 3)) == Self.after[change])
                }
            }
        }
    }
}
