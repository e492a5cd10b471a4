import Model
import Policies
import PolicyEngine

private let purposes: PurposeTree = {
    do {
        return try PurposeTree(JSON.parse(ShippedPolicies.purposes))
    } catch {
        fatalError("the shipped purposes are read: \(error)")
    }
}()

/// Reads the bytes as a policy document, evaluates, checks, explains and compares it: nothing may trap, and
/// no request may be permitted by what is not understood.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzPolicy(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let bytes = UnsafeBufferPointer(start: data, count: size).map { $0 }
    PolicyTorture.run(bytes, purposes: purposes)
    return 0
}
