/// Step 0005: links for a time, of which a key may have several that do not overlap; and from which version
/// on keys of which nothing is known may have been an erased person's.
enum TenancySchema {
    static let sql = """
        ALTER TABLE owner_links ADD COLUMN period_from INTEGER;
        ALTER TABLE owner_links ADD COLUMN period_to INTEGER;
        DROP INDEX owner_links_live;
        -- Without a beginning means since the first moment that a number of 64 bits can name.
        CREATE UNIQUE INDEX owner_links_live
            ON owner_links (dataset, owner_key, ifnull(period_from, -9223372036854775808))
            WHERE ended_at IS NULL;
        ALTER TABLE datasets ADD COLUMN links_since INTEGER NOT NULL DEFAULT 1;
        """
}
