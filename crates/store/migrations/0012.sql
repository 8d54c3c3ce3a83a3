-- Releases that wait for a second person, or waited; emergencies and their reports; who is named for a TLP:RED record. Each
-- row is replaced by what is said later.
CREATE TABLE waiting (
    number  INTEGER PRIMARY KEY,
    waiting TEXT NOT NULL
) STRICT;
CREATE TABLE emergency (
    number    INTEGER PRIMARY KEY,
    emergency TEXT NOT NULL
) STRICT;
CREATE TABLE named (
    originator TEXT NOT NULL,
    record     TEXT NOT NULL,
    named      TEXT NOT NULL,
    PRIMARY KEY (originator, record)
) STRICT;
