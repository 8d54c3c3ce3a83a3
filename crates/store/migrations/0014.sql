-- Alerts, incidents, duties and consultations. What a warning says is in its record's content and nowhere else.
CREATE TABLE warning (
    originator TEXT NOT NULL,
    record     TEXT NOT NULL,
    received   INTEGER NOT NULL,
    PRIMARY KEY (originator, record)
) STRICT, WITHOUT ROWID;
CREATE TABLE alert_acknowledgement (
    number    INTEGER PRIMARY KEY,
    statement BLOB NOT NULL,
    signature BLOB NOT NULL,
    known     INTEGER NOT NULL
) STRICT;

-- As JSON, in the order in which they were raised; an incident holds the duties that it opened.
CREATE TABLE incident (
    number   INTEGER PRIMARY KEY,
    incident TEXT NOT NULL
) STRICT;
CREATE TABLE discharge (
    number    INTEGER PRIMARY KEY,
    discharge TEXT NOT NULL
) STRICT;

-- Signed statements in the order in which they became known; `told_by`: who gave it to us.
CREATE TABLE consult_raise (
    number    INTEGER PRIMARY KEY,
    statement BLOB NOT NULL,
    signature BLOB NOT NULL,
    told_by   TEXT NOT NULL,
    known     INTEGER NOT NULL,
    incident  TEXT
) STRICT;
CREATE TABLE consult_step (
    number    INTEGER PRIMARY KEY,
    statement BLOB NOT NULL,
    signature BLOB NOT NULL,
    told_by   TEXT NOT NULL,
    known     INTEGER NOT NULL
) STRICT;
CREATE TABLE waiver (
    number    INTEGER PRIMARY KEY,
    statement BLOB NOT NULL,
    signature BLOB NOT NULL,
    told_by   TEXT NOT NULL,
    known     INTEGER NOT NULL
) STRICT;

-- Deadlines that have passed and were looked at.
CREATE TABLE deadline (
    subject TEXT PRIMARY KEY,
    at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
