/// What came of asking a witness for a cosignature.
public enum WitnessOutcome: Hashable, Sendable {
    /// It cosigned the checkpoint; the signature has been verified.
    case cosigned(Cosignature)
    /// It holds this smaller or equal size, not the one that was named: ask again from there.
    case behind(witnessSize: UInt64)
    /// It says that it has cosigned more entries of our log than we have: our log has lost its end, as after
    /// going back to an old copy, or the witness lies. A log in that state must not grow.
    case historyLost(witnessSize: UInt64)
    /// It says that it has cosigned another root for this very size: there are two histories of our log.
    case otherRoot
    /// Anything else. The message is the witness's, made safe to print, or says what is wrong with its
    /// answer.
    case refused(status: Int, message: String)
}
