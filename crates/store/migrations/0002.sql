-- What becomes known when; whom an act was told; standing consents, and consents withdrawn; releases that something
-- learnt later speaks against.

-- When it became known here; 0 for what was kept before this was.
ALTER TABLE act ADD COLUMN known INTEGER NOT NULL DEFAULT 0;
ALTER TABLE consent ADD COLUMN known INTEGER NOT NULL DEFAULT 0;

-- Which entry of the urgent feed to a party carries an act of ours, or a text: by SHA-256 of the act's statement, or the
-- text's hash.
CREATE TABLE told (
    subject BLOB NOT NULL,
    partner TEXT NOT NULL,
    idx     INTEGER NOT NULL,
    PRIMARY KEY (subject, partner)
) STRICT, WITHOUT ROWID;

-- Given to us and by us: the statement says which.
CREATE TABLE standing_consent (
    number    INTEGER PRIMARY KEY,
    statement BLOB NOT NULL,
    signature BLOB NOT NULL,
    known     INTEGER NOT NULL
) STRICT;

CREATE TABLE consent_withdrawal (
    number    INTEGER PRIMARY KEY,
    statement BLOB NOT NULL,
    signature BLOB NOT NULL,
    known     INTEGER NOT NULL
) STRICT;

-- When the body was handed to the sender first. What left before this was kept has none, and is not looked back at.
ALTER TABLE outgoing ADD COLUMN left_at INTEGER;

CREATE TABLE affected (
    number   INTEGER PRIMARY KEY,
    affected TEXT NOT NULL
) STRICT;
