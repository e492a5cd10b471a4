import Foundation
import Glibc
import Model
import Testing

@testable import DataPlane

@Suite("Crashes and full disks")
struct CrashTests {
    private static let text = "owner,v\na,1\nb,x\n,3\na,\"4\"\nc\n"
    private static let shape = IngestShape(ownerRule: .column("owner"), badLines: .quarantine)

    private func ingest(_ hub: Hub, _ disk: Disk) throws {
        // Segments are written while rows come in.
        let store = DatasetStore(directory: hub.directory, disk: disk, segmentBytes: 12)
        let ingest = try store.beginIngest(dataset: hub.dataset, version: 2, shape: Self.shape)
        let bytes = Array(Self.text.utf8)
        for start in stride(from: 0, to: bytes.count, by: 6) {
            try ingest.consume(Array(bytes[start..<min(start + 6, bytes.count)]))
        }
        _ = try ingest.finish()
    }

    /// How many calls an ingest makes that is not the dataset's first.
    private func callCount() throws -> Int {
        let interference = Interference(.killedBefore, at: .max)
        let hub = try Hub()
        try hub.ingest(Self.text, Self.shape)
        try ingest(hub, interference.disk)
        return interference.count
    }

    private func expectWhole(_ hub: Hub, _ version: Int) throws {
        let stored = try hub.open(version)
        try stored.verify()
        let filter = try stored.filter(["a": ["v"], "b": ["owner", "v"]])
        let rows = try stored.read(filter).split(separator: "\n")
        #expect(rows.first == "owner,v" && rows.dropFirst().sorted() == [",1", ",4", "b,x"])
    }

    @Test("whichever call fails, the upload fails, nothing of it is left, and the old version stands")
    func failure() throws {
        for call in 1...(try callCount()) {
            for kind in [Interference.Kind.failedNotDone, .failedButDone] {
                let hub = try Hub()
                try hub.ingest(Self.text, Self.shape)
                let before = hub.names
                let fault = #expect(throws: RetryableFault.self) {
                    try ingest(hub, Interference(kind, at: call).disk)
                }
                #expect(fault?.code == "disk_full")
                // A folder that was made although the call failed is swept at the next start.
                let store = hub.store
                if hub.names != before {
                    #expect(kind == .failedButDone && hub.names.count == before.count + 1)
                }
                try store.sweep(keeping: [hub.dataset: [1]])
                #expect(hub.names == before, "call \(call), \(kind)")
                try expectWhole(hub, 1)
                try ingest(hub, Disk())
                try expectWhole(hub, 2)
            }
        }
    }

    @Test("killed before or after whichever call: after the next start the version is whole or not there")
    func kill() throws {
        var published = 0
        let count = try callCount()
        for call in 1...count {
            for kind in [Interference.Kind.killedBefore, .killedAfter] {
                let hub = try Hub()
                try hub.ingest(Self.text, Self.shape)
                let before = hub.names
                #expect(throws: RetryableFault.self) { try ingest(hub, Interference(kind, at: call).disk) }
                if hub.names.contains("meters/2") {
                    published += 1
                    try expectWhole(hub, 2)
                }
                // The registry never heard of the version.
                try hub.store.sweep(keeping: [hub.dataset: [1]])
                #expect(hub.names == before, "call \(call), \(kind)")
                try expectWhole(hub, 1)
            }
        }
        // Only the rename and the sync behind it lie after the version appeared.
        #expect(published == 3)
        #expect(count > 15)
    }

    @Test("a killed removal leaves no half version under its number")
    func killedSweep() throws {
        for call in 1...12 {
            let hub = try Hub()
            try hub.ingest(Self.text, Self.shape)
            let store = DatasetStore(
                directory: hub.directory, disk: Interference(.killedBefore, at: call).disk)
            _ = try? store.sweep(keeping: [:])
            if hub.names.contains("meters/1") { try expectWhole(hub, 1) }
            try hub.store.sweep(keeping: [:])
            #expect(hub.names.isEmpty)
        }
    }

    @Test("the sweep at start keeps what the registry knows, and what is not ours")
    func sweep() throws {
        let hub = try Hub()
        for version in 1...3 { try hub.ingest(Self.text, Self.shape, version: version) }
        for name in [".ingest-4", ".removed-2", "notes", "04"] {
            let path = "\(hub.directory)/meters/\(name)"
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
            try Data("x".utf8).write(to: URL(filePath: path + "/spool"))
        }
        try FileManager.default.createDirectory(
            atPath: hub.directory + "/lost+found", withIntermediateDirectories: false)
        let removed = try hub.store.sweep(keeping: [hub.dataset: [2]])
        #expect(removed == ["meters/.ingest-4", "meters/.removed-2", "meters/1", "meters/3"])
        let left = Set(hub.names.filter { $0.split(separator: "/").count <= 2 })
        #expect(left == ["lost+found", "meters", "meters/2", "meters/04", "meters/notes"])
        try expectWhole(hub, 2)
        #expect(try hub.store.sweep(keeping: [hub.dataset: [2]]).isEmpty)
    }

    @Test("a device that is full is an error that may pass, and says so")
    func fullDevice() throws {
        let file = try OpenFile("/dev/full", O_WRONLY, disk: Disk())
        let fault = #expect(throws: RetryableFault.self) { try file.write([1]) }
        #expect(fault?.code == "disk_full")
        #expect(fault?.cause == "write on /dev/full failed with errno \(ENOSPC)")
    }

    @Test("a folder that is missing is an error, and nothing is made in its place")
    func missingFolder() throws {
        let hub = try Hub()
        let store = DatasetStore(directory: hub.directory + "/none")
        #expect(throws: DataPlaneError.self) {
            try store.beginIngest(dataset: hub.dataset, version: 1, shape: Self.shape)
        }
        #expect(throws: DataPlaneError.self) { try hub.open() }
        #expect(hub.names.isEmpty)
    }
}
