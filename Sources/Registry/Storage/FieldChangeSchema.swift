/// Step 0007: fields of a dataset that change with its next version.
enum FieldChangeSchema {
    static let sql = """
        -- Canonical JSON; null while the next version has the fields of this one.
        ALTER TABLE datasets ADD COLUMN field_change TEXT;
        -- What fields of a dataset were called, and those that it no longer has: no id is given to another
        -- field, which nobody granted.
        CREATE TABLE former_fields (
            dataset TEXT NOT NULL REFERENCES datasets,
            id TEXT NOT NULL,
            name TEXT NOT NULL,
            PRIMARY KEY (dataset, id, name)
        ) STRICT, WITHOUT ROWID;
        """
}
