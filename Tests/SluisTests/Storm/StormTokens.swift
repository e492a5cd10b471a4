import Model

@testable import sluis

/// Tokens that are used for a while, so that few of the reads take one.
actor StormTokens {
    /// Shorter than the hub lets them live.
    private static let lifetimeMilliseconds: Int64 = 200_000

    private let world: StormWorld
    private var known: [Int: (token: String, since: Instant)] = [:]

    init(_ world: StormWorld) { self.world = world }

    func token(_ agreement: Int) async throws -> String {
        let now = Instant.system
        if let (token, since) = known[agreement],
            now.milliseconds - since.milliseconds < Self.lifetimeMilliseconds
        {
            return token
        }
        let token = try await world.token(agreement)
        known[agreement] = (token, now)
        return token
    }
}
