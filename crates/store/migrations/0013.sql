-- Attempts to tell people of this party that something waits. Each row is replaced when the attempt has ended.
CREATE TABLE attempt (
    number  INTEGER PRIMARY KEY,
    attempt TEXT NOT NULL
) STRICT;

-- What parties say of commitments and meetings: signed statements, in the order in which they became known.
CREATE TABLE commitment (
    number    INTEGER PRIMARY KEY,
    statement BLOB NOT NULL,
    signature BLOB NOT NULL,
    known     INTEGER NOT NULL
) STRICT;
CREATE TABLE meeting (
    number    INTEGER PRIMARY KEY,
    statement BLOB NOT NULL,
    signature BLOB NOT NULL,
    known     INTEGER NOT NULL
) STRICT;
