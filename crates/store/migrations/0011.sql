-- Contents beside the index, and contents on their way.

-- Contents that are files in the folder `contents`, each encrypted in chunks under a key of its own, whose number in hex is
-- the file's name.
CREATE TABLE large (
    digest BLOB PRIMARY KEY,
    length INTEGER NOT NULL,
    key    BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX large_by_key ON large (key);

-- Contents that entries of ours refer to. `secret` opens what the partner fetches; it is encrypted under `key`.
CREATE TABLE offered_content (
    partner   TEXT NOT NULL,
    lane      TEXT NOT NULL,
    idx       INTEGER NOT NULL,
    leaf      BLOB NOT NULL,
    digest    BLOB NOT NULL,
    length    INTEGER NOT NULL,
    sealed    BLOB NOT NULL,
    secret    BLOB,
    key       BLOB,
    left_at   INTEGER,
    said      TEXT,
    statement BLOB,
    signature BLOB,
    PRIMARY KEY (partner, lane, idx)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX offered_content_by_sealed ON offered_content (partner, sealed);

-- Contents that entries of partners refer to. `file` is the file that is being filled; `ended` says why it is no longer.
CREATE TABLE awaited_content (
    partner    TEXT NOT NULL,
    lane       TEXT NOT NULL,
    idx        INTEGER NOT NULL,
    leaf       BLOB NOT NULL,
    originator TEXT NOT NULL,
    record     TEXT NOT NULL,
    digest     BLOB NOT NULL,
    length     INTEGER NOT NULL,
    sealed     BLOB NOT NULL,
    secret     BLOB,
    key        BLOB,
    file       BLOB,
    ended      TEXT,
    told       INTEGER NOT NULL DEFAULT 0,
    withdrawal BLOB,
    withdrawal_signature BLOB,
    PRIMARY KEY (partner, lane, idx)
) STRICT, WITHOUT ROWID;
CREATE INDEX awaited_content_by_record ON awaited_content (originator, record);
