-- Entries of each feed of ours up to here were written as files, for a courier or a diode.
CREATE TABLE exported (
    tree TEXT PRIMARY KEY,
    size INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
