-- Content encrypted at rest: every content, and every envelope that came, under a key of its own, whose secret is in
-- `erasure.sqlite`. What is here already is encrypted in the same transaction (`src/migrate.rs`).

ALTER TABLE body ADD COLUMN key BLOB;
ALTER TABLE incoming ADD COLUMN key BLOB;

-- Keys whose secrets are to be destroyed: written with what says so, emptied once it is done.
CREATE TABLE doomed (
    key BLOB PRIMARY KEY
) STRICT, WITHOUT ROWID;
