/// Which release of Sluis this is.
public enum Release {
    /// Semantic versioning.
    public static let version = "0.4.0"
}
