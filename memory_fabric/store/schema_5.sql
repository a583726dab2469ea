-- Version 5. Links between items are not stored but found: what one item defines and another one names, by name.
-- A name that nothing defines yet is kept, so that a later definition resolves it.
CREATE TABLE definitions (
    item_key   INTEGER NOT NULL REFERENCES items (key) ON DELETE CASCADE,
    ordinal    INTEGER NOT NULL,
    name       TEXT NOT NULL,
    symbol     TEXT NOT NULL,
    kind       TEXT NOT NULL,
    signature  TEXT NOT NULL,
    line_start INTEGER NOT NULL,
    line_end   INTEGER NOT NULL,
    PRIMARY KEY (item_key, ordinal)
) WITHOUT ROWID;
CREATE INDEX definitions_name ON definitions (name);

CREATE TABLE name_uses (
    item_key INTEGER NOT NULL REFERENCES items (key) ON DELETE CASCADE,
    ordinal  INTEGER NOT NULL,
    relation TEXT NOT NULL,
    kind     TEXT NOT NULL,
    name     TEXT NOT NULL,
    hint     TEXT NOT NULL,
    scope    TEXT NOT NULL,
    line     INTEGER NOT NULL,
    count    INTEGER NOT NULL,
    PRIMARY KEY (item_key, ordinal)
) WITHOUT ROWID;
CREATE INDEX name_uses_name ON name_uses (name);

-- the last part of a path: an expression, so that a renamed file needs no second thought
CREATE INDEX items_file_name ON items (substr(path, length(rtrim(path, replace(path, '/', ''))) + 1));
