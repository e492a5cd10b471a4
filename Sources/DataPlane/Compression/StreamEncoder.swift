/// A packer of one format.
protocol StreamEncoder: AnyObject {
    /// Packs all bytes, into pieces of any size.
    /// - Returns: nil if the library refused, which only a lack of memory makes it do.
    func encode(_ bytes: [UInt8], flush: Compressor.Flush) -> [UInt8]?
}
