-- Keys of TLS certificates with which accounts come in over TAXII: SHA-256 of the SubjectPublicKeyInfo. One key is one account's.

CREATE TABLE certificate (
    spki BLOB PRIMARY KEY,
    user TEXT NOT NULL REFERENCES user (name) ON DELETE CASCADE,
    name TEXT NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    used INTEGER,
    UNIQUE (user, name)
) STRICT;
