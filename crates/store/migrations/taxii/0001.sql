-- What a node serves over TAXII: roots, collections, and where each version of each object stands. No content is here: an
-- object is a range of bytes in the content of a record, which the store keeps encrypted under a key of its own.
CREATE TABLE root (
    name        TEXT PRIMARY KEY,
    title       TEXT NOT NULL,
    description TEXT,
    -- The longest body of a post, in bytes.
    longest     INTEGER NOT NULL
) STRICT;

-- Number 0 is no collection of a root: every version that is held here stands in it.
CREATE TABLE collection (
    number      INTEGER PRIMARY KEY,
    root        TEXT REFERENCES root (name),
    id          TEXT NOT NULL UNIQUE,
    title       TEXT NOT NULL,
    description TEXT,
    alias       TEXT,
    -- What else is known of it (JSON): who reads and writes, labels, where its objects go and come from.
    terms       TEXT NOT NULL,
    -- The moment under which something was added last, in microseconds since 1970: the next one is later.
    last        INTEGER NOT NULL,
    UNIQUE (root, alias)
) STRICT;

-- Types, and sets of markings: there once, whichever objects have them.
CREATE TABLE kind (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE marks (number INTEGER PRIMARY KEY, ids TEXT NOT NULL UNIQUE) STRICT;

-- Records whose objects stand here, with the collection that they were posted to; none for those that came another way.
CREATE TABLE record (
    number     INTEGER PRIMARY KEY,
    originator TEXT NOT NULL,
    id         TEXT NOT NULL,
    digest     BLOB NOT NULL,
    home       INTEGER NOT NULL,
    UNIQUE (originator, id)
) STRICT;

-- One version of one object in one collection.
CREATE TABLE entry (
    collection INTEGER NOT NULL,
    -- In microseconds since 1970, each of its own in the collection.
    added      INTEGER NOT NULL,
    -- Of the identifier: the first bytes of its SHA-256.
    hash       INTEGER NOT NULL,
    id         TEXT NOT NULL,
    kind       INTEGER NOT NULL,
    -- 20 or 21.
    spec       INTEGER NOT NULL,
    version    INTEGER NOT NULL,
    -- Where its text stands: the record, and the range of bytes in its content.
    record     INTEGER NOT NULL,
    start      INTEGER NOT NULL,
    length     INTEGER NOT NULL,
    marks      INTEGER NOT NULL,
    -- Whether parts of it are marked.
    granular   INTEGER NOT NULL,
    -- What it points at: hashes of eight bytes, one after the other.
    targets    BLOB NOT NULL,
    -- The first bytes of the SHA-256 of its text.
    digest     BLOB NOT NULL,
    PRIMARY KEY (collection, added)
) STRICT, WITHOUT ROWID;
CREATE INDEX entry_of_id ON entry (collection, hash);
CREATE INDEX entry_of_kind ON entry (collection, kind, added);
CREATE INDEX entry_of_record ON entry (record);

-- Records that are about to be entered for a post, with the collection and, where they were given, the moments for their objects
-- in order (JSON). What a crash leaves of them is used, or forgotten, when the node starts.
CREATE TABLE intent (record TEXT PRIMARY KEY, collection INTEGER NOT NULL, added TEXT, at INTEGER NOT NULL) STRICT;

-- What came of posts, for who posted.
CREATE TABLE status (id TEXT PRIMARY KEY, root TEXT NOT NULL, poster TEXT NOT NULL, at INTEGER NOT NULL, body TEXT NOT NULL) STRICT;

-- How far the ledger was read for records that came or went.
CREATE TABLE cursor (only INTEGER PRIMARY KEY CHECK (only = 1), statement INTEGER NOT NULL) STRICT;
INSERT INTO cursor (only, statement) VALUES (1, 0);
