import Consent
import Cryptography
import Synchronization

/// Keeps keys as long as the process lives: the disk is the hub's own affair.
final class ForgetfulKeyStore: SigningKeyStore {
    private let keys: Mutex<(current: PrivateKey, next: PrivateKey?)>

    init(_ key: PrivateKey) { keys = Mutex((key, nil)) }

    func settle(successor: (String) throws -> String?) throws -> PrivateKey {
        try keys.withLock { keys in
            if let next = keys.next,
                try successor(keys.current.publicKey.jwkThumbprint) == next.publicKey.jwkThumbprint
            {
                keys.current = next
            }
            keys.next = nil
            return keys.current
        }
    }

    func prepare(_ key: PrivateKey) throws { keys.withLock { $0.next = key } }

    func adopt() throws {
        keys.withLock { keys in
            keys.current = keys.next ?? keys.current
            keys.next = nil
        }
    }
}
