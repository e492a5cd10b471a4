extension WitnessPolicy.Witness {
    /// Where to send requests: the URL of the policy and `/add-checkpoint`; nil if the policy has none.
    public var addCheckpointURL: String? {
        guard let url else { return nil }
        return url + (url.hasSuffix("/") ? "" : "/") + "add-checkpoint"
    }

    /// Makes requests for this witness and reads its answers.
    public var client: WitnessClient { WitnessClient(key: key) }
}
