/// How much work one question may still take. All its parts share it, so that no policy keeps anybody waiting
/// for longer than some seconds.
final class Effort {
    private var left: Int

    init(steps: Int = 1_000_000) { left = steps }

    /// - Returns: false once there is none left; what is asked then is not decided.
    func spend(_ steps: Int = 1) -> Bool {
        left = max(-1, left - steps)
        return left >= 0
    }

    var isSpent: Bool { left <= 0 }
}
