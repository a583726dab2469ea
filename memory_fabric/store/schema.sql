-- Version 1. Later versions are `schema_N.sql`, applied in order, each in one transaction.
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE items (
    key          INTEGER PRIMARY KEY AUTOINCREMENT,
    id           TEXT NOT NULL UNIQUE,
    project      TEXT NOT NULL,
    uri          TEXT NOT NULL,
    path         TEXT NOT NULL,
    modality     TEXT NOT NULL,
    title        TEXT NOT NULL,
    mime         TEXT NOT NULL,
    timestamp_s  REAL,
    layer        TEXT NOT NULL,
    tags         TEXT NOT NULL,
    quality      REAL NOT NULL,
    meta         TEXT NOT NULL,
    content_hash BLOB NOT NULL,
    repo         TEXT NOT NULL,
    commit_id    TEXT NOT NULL,
    version      INTEGER NOT NULL DEFAULT 1,
    UNIQUE (project, uri)
);
CREATE INDEX items_path ON items (path);
CREATE INDEX items_time ON items (timestamp_s);

-- AUTOINCREMENT: an id is never used twice, so a late reader of the journal can never meet a stranger
CREATE TABLE chunks (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    item_key     INTEGER NOT NULL REFERENCES items (key) ON DELETE CASCADE,
    ordinal      INTEGER NOT NULL,
    text         TEXT NOT NULL,
    context      TEXT NOT NULL,
    line_start   INTEGER NOT NULL,
    line_end     INTEGER NOT NULL,
    page         INTEGER NOT NULL,
    language     TEXT NOT NULL,
    symbol       TEXT NOT NULL,
    symbol_kind  TEXT NOT NULL,
    content_hash BLOB NOT NULL
);
CREATE INDEX chunks_item ON chunks (item_key, ordinal);
CREATE INDEX chunks_hash ON chunks (content_hash);

CREATE TABLE journal (
    seq  INTEGER PRIMARY KEY AUTOINCREMENT,
    at_s REAL NOT NULL,
    op   TEXT NOT NULL CHECK (op IN ('put', 'drop')),
    ids  BLOB NOT NULL
);

-- what the walker remembers of the disk, one row a file, skipped files too
CREATE TABLE files (
    path         TEXT PRIMARY KEY,
    size         INTEGER NOT NULL,
    mtime_ns     INTEGER NOT NULL,
    inode        INTEGER NOT NULL,
    device       INTEGER NOT NULL,
    content_hash BLOB NOT NULL,
    state        TEXT NOT NULL,
    reason       TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE links (
    src      TEXT NOT NULL REFERENCES items (id) ON DELETE CASCADE,
    dst      TEXT NOT NULL REFERENCES items (id) ON DELETE CASCADE,
    relation TEXT NOT NULL,
    weight   REAL NOT NULL,
    PRIMARY KEY (src, dst, relation)
) WITHOUT ROWID;
CREATE INDEX links_dst ON links (dst);
