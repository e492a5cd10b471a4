/// Step 0006: datasets whose rows stay at their provider.
enum UpstreamSchema {
    static let sql = """
        ALTER TABLE datasets ADD COLUMN upstream_url TEXT;
        ALTER TABLE datasets ADD COLUMN upstream_format TEXT;
        ALTER TABLE datasets ADD COLUMN upstream_bearer TEXT;
        """
}
