-- The ledger has one leaf for each interval. It starts anew: the older tree had one leaf for each statement, and its head
-- never left the node. The statements stay; the first interval holds all that were made before it ends.

DELETE FROM node WHERE tree = 'ledger';
DELETE FROM checkpoint WHERE tree = 'ledger';

-- Intervals that are over, each from where the one before it ended. `next` is the number behind its last statement.
CREATE TABLE interval (
    idx    INTEGER PRIMARY KEY,
    until  INTEGER NOT NULL,
    next   INTEGER NOT NULL,
    salt   BLOB NOT NULL
) STRICT;

-- The one that is not over: the head of its private tree, signed.
CREATE TABLE open_interval (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    idx  INTEGER NOT NULL,
    salt BLOB NOT NULL,
    note TEXT NOT NULL
) STRICT;

-- What we have cosigned of each partner's ledger as its witness: the latest alone.
CREATE TABLE witnessed (
    partner TEXT PRIMARY KEY,
    size    INTEGER NOT NULL,
    note    TEXT NOT NULL,
    at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What each partner has cosigned of ours: the latest alone.
CREATE TABLE cosigned (
    partner TEXT PRIMARY KEY,
    size    INTEGER NOT NULL,
    note    TEXT NOT NULL,
    at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
