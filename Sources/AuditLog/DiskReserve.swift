internal import Model

/// Room on the log's disk that new decisions may not use, so that what must always work still does:
/// withdrawals are recorded, and the log is closed in order.
struct DiskReserve {
    private let path: String
    private let system: any FileSystem
    private let reservedBytes: Int

    /// - Parameter reservedBytes: nil for 1 GiB or a fiftieth of the disk, whichever is less.
    init(at path: String, in system: any FileSystem, reservedBytes: Int?) throws(LogError) {
        self.path = path
        self.system = system
        self.reservedBytes =
            if let reservedBytes { reservedBytes } else {
                min(1 << 30, try system.room(at: path).totalBytes / 50)
            }
    }

    /// Whether so much can be written without taking from the reserve.
    func hasRoom(forBytes count: Int) -> Bool {
        do throws(LogError) { return try system.room(at: path).freeBytes - count >= reservedBytes } catch {
            return false
        }
    }

    /// Why nothing new is decided; nil while there is room. A disk that does not tell its room has none.
    var shortage: RetryableFault? {
        let cause: String
        do throws(LogError) {
            let room = try system.room(at: path)
            if room.freeBytes >= reservedBytes { return nil }
            cause = "\(room.freeBytes) bytes are free at `\(path)`, \(reservedBytes) are kept in reserve"
        } catch {
            cause = error.message
        }
        return RetryableFault(
            "disk_reserve", "the hub is short of disk space and decides nothing new; try again later",
            cause: cause)
    }
}
