/// Step 0004: of which time rows are, and which times are asked for and agreed.
enum TimeColumnSchema {
    static let sql = """
        ALTER TABLE datasets ADD COLUMN time_column TEXT;
        ALTER TABLE requests ADD COLUMN span_from INTEGER;
        ALTER TABLE requests ADD COLUMN span_to INTEGER;
        ALTER TABLE agreements ADD COLUMN span_from INTEGER;
        ALTER TABLE agreements ADD COLUMN span_to INTEGER;
        """
}
