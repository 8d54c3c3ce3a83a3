-- Deletions that are under way: kept before their first effect, and carried to their end when the node starts again. Texts are in
-- JSON; no content is here.
CREATE TABLE deletion (
    number INTEGER PRIMARY KEY,
    -- The record that is taken apart, and the first bytes of its objects that go.
    record INTEGER NOT NULL,
    gone   TEXT NOT NULL,
    -- The record that the others enter in, and where each of them stood and stands; none where nothing enters.
    rest   TEXT,
    moved  TEXT NOT NULL,
    -- Who deletes, and how that one came in.
    name   TEXT NOT NULL,
    way    TEXT NOT NULL
) STRICT;
