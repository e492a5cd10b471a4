import Cryptography
import MerkleLog

extension CosignatureSigner {
    /// The witness of the hub in a data directory: `HOST/witness`.
    static func ofHub(_ directory: DataDirectory, host: String) throws -> CosignatureSigner {
        let key = try PrivateKey(pem: PrivateFiles.read(directory.key(.witness)))
        return try CosignatureSigner(name: "\(host)/witness", key: key)
    }
}
