-- A restored node, and the volumes of its ledger.

-- There are heads beside this store (`src/heads.rs`): where they are missing it was copied without them.
CREATE TABLE has_heads (
    only INTEGER PRIMARY KEY CHECK (only = 1)
) STRICT;

-- How a node that was restored stands, as JSON: read-only until it is done.
CREATE TABLE restoring (
    only  INTEGER PRIMARY KEY CHECK (only = 1),
    state TEXT NOT NULL
) STRICT;

-- Later volumes of the ledger, by the second in which each was begun; the first, 0, has no row.
CREATE TABLE volume (
    number INTEGER PRIMARY KEY
) STRICT;

-- `idx` counts the intervals of all volumes; `leaf` is the place in the volume's own tree.
ALTER TABLE interval ADD COLUMN volume INTEGER NOT NULL DEFAULT 0;
ALTER TABLE interval ADD COLUMN leaf INTEGER;
UPDATE interval SET leaf = idx;

-- What each partner has cosigned last of each volume.
CREATE TABLE cosigned_volume (
    partner TEXT NOT NULL,
    origin  TEXT NOT NULL,
    size    INTEGER NOT NULL,
    note    TEXT NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (partner, origin)
) STRICT, WITHOUT ROWID;
INSERT INTO cosigned_volume (partner, origin, size, note, at)
    SELECT partner, substr(note, 1, instr(note, char(10)) - 1), size, note, at FROM cosigned;
DROP TABLE cosigned;
ALTER TABLE cosigned_volume RENAME TO cosigned;

-- Entries that came back from their recipient; where it had nothing left of one, the envelope is empty.
ALTER TABLE outgoing ADD COLUMN recovered INTEGER NOT NULL DEFAULT 0;

-- When the recipient said that it had fallen back behind this receipt: it is evidence, and counts no more.
ALTER TABLE receipt ADD COLUMN fallen INTEGER;
