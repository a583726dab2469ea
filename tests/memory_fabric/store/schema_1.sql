-- A store of schema version 1: one item whose first version had another fragment.
PRAGMA application_id = 1128352082;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
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
INSERT INTO "chunks" VALUES(2,1,0,'one ','',1,1,0,'en','','',X'C5EFDE71C02005F9128AA473EDC789A0');
INSERT INTO "chunks" VALUES(3,1,1,'two','',2,2,0,'en','','',X'E4A92C65B9E9ADEEB9226946D2FD7856');
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
INSERT INTO "files" VALUES('/src/a.txt',10,20,7,1,X'427B2A07DBCE1DCBE1968CB3DE0065E0','indexed','');
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
INSERT INTO "items" VALUES(1,'mi_01J00000000000000000000001','p','/src/a.txt','/src/a.txt','text','a.txt','text/plain',1000.0,'document','[]',0.5,'{}',X'442A44457137672B3218C1007DC8F76A','','',2);
CREATE TABLE journal (
    seq  INTEGER PRIMARY KEY AUTOINCREMENT,
    at_s REAL NOT NULL,
    op   TEXT NOT NULL CHECK (op IN ('put', 'drop')),
    ids  BLOB NOT NULL
);
INSERT INTO "journal" VALUES(1,1750000000.0,'put',X'01000000000000000200000000000000');
INSERT INTO "journal" VALUES(2,1750000001.0,'drop',X'0100000000000000');
INSERT INTO "journal" VALUES(3,1750000001.0,'put',X'0300000000000000');
CREATE TABLE links (
    src      TEXT NOT NULL REFERENCES items (id) ON DELETE CASCADE,
    dst      TEXT NOT NULL REFERENCES items (id) ON DELETE CASCADE,
    relation TEXT NOT NULL,
    weight   REAL NOT NULL,
    PRIMARY KEY (src, dst, relation)
) WITHOUT ROWID;
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO "meta" VALUES('store_id','0f0e7a52-7d1c-4c8e-9a51-0a6f3f6c2b11');
CREATE INDEX items_path ON items (path);
CREATE INDEX items_time ON items (timestamp_s);
CREATE INDEX chunks_item ON chunks (item_key, ordinal);
CREATE INDEX chunks_hash ON chunks (content_hash);
CREATE INDEX links_dst ON links (dst);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('items',1);
INSERT INTO "sqlite_sequence" VALUES('chunks',3);
INSERT INTO "sqlite_sequence" VALUES('journal',3);
COMMIT;
