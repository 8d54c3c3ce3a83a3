-- Recalls, other labels, losses.

-- When its content was destroyed; the row stays.
ALTER TABLE record ADD COLUMN erased INTEGER;

-- The record that an entry brought.
ALTER TABLE incoming ADD COLUMN originator TEXT;
ALTER TABLE incoming ADD COLUMN record TEXT;
CREATE INDEX incoming_by_record ON incoming (originator, record) WHERE record IS NOT NULL;

-- `of`: whom this node has to tell, each with the entries that it got, as JSON.
CREATE TABLE recall (
    number       INTEGER PRIMARY KEY,
    statement    BLOB NOT NULL,
    signature    BLOB NOT NULL,
    told_by      TEXT NOT NULL,
    of           TEXT NOT NULL,
    cause_by     TEXT,
    cause_number BLOB,
    known        INTEGER NOT NULL
) STRICT;

CREATE TABLE recall_answer (
    number    INTEGER PRIMARY KEY,
    statement BLOB NOT NULL,
    signature BLOB NOT NULL,
    known     INTEGER NOT NULL
) STRICT;

CREATE TABLE relabelling (
    number    INTEGER PRIMARY KEY,
    statement BLOB NOT NULL,
    signature BLOB NOT NULL,
    known     INTEGER NOT NULL
) STRICT;

CREATE TABLE compromise (
    number    INTEGER PRIMARY KEY,
    statement BLOB NOT NULL,
    signature BLOB NOT NULL,
    known     INTEGER NOT NULL
) STRICT;

CREATE TABLE spared (
    number INTEGER PRIMARY KEY,
    spared TEXT NOT NULL
) STRICT;
