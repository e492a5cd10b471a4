/// The description of every route (OpenAPI 3.1), inside the program: no file is read at run time.
///
/// A module of its own, so that it is compiled only when it changes.
public enum OpenAPIDocument {
    /// JSON, UTF-8, as it is for a hub at `people` and `machines`.
    public static let json = PackageResources.openapi_json

    /// The origins of the listeners, as the document has them.
    public static let people = "https://127.0.0.1:8443"
    public static let machines = "https://127.0.0.1:8444"
}
