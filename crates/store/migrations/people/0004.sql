-- Long work that people began: what is asked, how it stands and what was found, sealed under the node's storage key, for it may name
-- records and files. The operator, who has no account, may begin some too. No number is given twice.

CREATE TABLE job (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user TEXT NOT NULL,
    sealed BLOB NOT NULL
) STRICT;
