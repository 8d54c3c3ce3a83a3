-- The store of one node. Digests are SHA-256 (32 bytes); times are seconds since 1970-01-01T00:00:00Z.

CREATE TABLE party (
    party TEXT PRIMARY KEY,
    note  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Texts that were proposed, in the order of arrival.
CREATE TABLE agreement (
    number INTEGER PRIMARY KEY,
    text   TEXT NOT NULL
) STRICT;

CREATE TABLE act (
    number    INTEGER PRIMARY KEY,
    statement BLOB NOT NULL,
    signature BLOB NOT NULL
) STRICT;

CREATE TABLE world (
    digest BLOB PRIMARY KEY,
    text   TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE record (
    originator TEXT NOT NULL,
    id         TEXT NOT NULL,
    statement  BLOB NOT NULL,
    signature  BLOB NOT NULL,
    digest     BLOB NOT NULL,
    line       TEXT NOT NULL,
    texts      TEXT NOT NULL,
    entered    INTEGER NOT NULL,
    PRIMARY KEY (originator, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX record_by_id ON record (id);

CREATE TABLE body (
    digest  BLOB PRIMARY KEY,
    content BLOB NOT NULL
) STRICT;

CREATE TABLE question (
    ours    INTEGER NOT NULL,
    request BLOB NOT NULL,
    partner TEXT NOT NULL,
    bytes   BLOB NOT NULL,
    state   TEXT NOT NULL,
    asked   INTEGER NOT NULL,
    PRIMARY KEY (ours, request)
) STRICT, WITHOUT ROWID;

CREATE TABLE consent (
    number    INTEGER PRIMARY KEY,
    statement BLOB NOT NULL,
    signature BLOB NOT NULL
) STRICT;

CREATE TABLE approval (
    number   INTEGER PRIMARY KEY,
    approval TEXT NOT NULL
) STRICT;

-- Interior nodes and leaves of every tree: `out/JPN/urgent`, `in/JPN/routine`, `ledger`.
CREATE TABLE node (
    tree  TEXT NOT NULL,
    level INTEGER NOT NULL,
    idx   INTEGER NOT NULL,
    hash  BLOB NOT NULL,
    PRIMARY KEY (tree, level, idx)
) STRICT, WITHOUT ROWID;

-- Our feeds: the log is the outbox.
CREATE TABLE outgoing (
    partner     TEXT NOT NULL,
    lane        TEXT NOT NULL,
    idx         INTEGER NOT NULL,
    leaf        BLOB NOT NULL,
    about       TEXT,
    expires     INTEGER,
    envelope    BLOB NOT NULL,
    withdrawal  BLOB,
    withdrawal_signature BLOB,
    withdrawn_late INTEGER NOT NULL DEFAULT 0,
    disposition TEXT,
    PRIMARY KEY (partner, lane, idx)
) STRICT;

-- Bodies of each feed up to here were handed to the sender.
CREATE TABLE offered (
    tree TEXT PRIMARY KEY,
    size INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE incoming (
    partner     TEXT NOT NULL,
    lane        TEXT NOT NULL,
    idx         INTEGER NOT NULL,
    leaf        BLOB NOT NULL,
    envelope    BLOB,
    withdrawal  BLOB,
    withdrawal_signature BLOB,
    disposition TEXT NOT NULL,
    reason      TEXT,
    PRIMARY KEY (partner, lane, idx)
) STRICT;

-- The latest signed checkpoint of each tree. Of a partner's: `size` is what we hold of it, `proof` its consistency with
-- the checkpoint, which may be of more.
CREATE TABLE checkpoint (
    tree  TEXT PRIMARY KEY,
    size  INTEGER NOT NULL,
    note  TEXT NOT NULL,
    proof BLOB
) STRICT, WITHOUT ROWID;

-- How far each partner holds our feeds, by its own cosignature.
CREATE TABLE receipt (
    tree TEXT NOT NULL,
    size INTEGER NOT NULL,
    note TEXT NOT NULL,
    dispositions BLOB,
    dispositions_signature BLOB,
    PRIMARY KEY (tree, size)
) STRICT, WITHOUT ROWID;

CREATE TABLE alarm (
    number   INTEGER PRIMARY KEY,
    at       INTEGER NOT NULL,
    partner  TEXT NOT NULL,
    message  TEXT NOT NULL,
    evidence BLOB NOT NULL
) STRICT;

CREATE TABLE statement (
    idx  INTEGER PRIMARY KEY,
    text TEXT NOT NULL
) STRICT;
