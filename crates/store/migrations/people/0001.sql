-- Who may use the node, and how each proves it. Nothing here is part of the record: what people did stands in the ledger.
-- Secrets that are only compared are kept as SHA-256 (they are random) or as Argon2id (passwords).

CREATE TABLE user (
    name TEXT PRIMARY KEY,
    roles TEXT NOT NULL,
    clearance TEXT NOT NULL,
    subjects TEXT NOT NULL,
    nationality TEXT NOT NULL,
    official_duty INTEGER NOT NULL,
    created INTEGER NOT NULL,
    disabled INTEGER,
    -- Changes with every change of the row: what an editor has seen, and what it writes over.
    revision INTEGER NOT NULL,
    password TEXT,
    -- Sealed under the node's storage key.
    totp BLOB,
    -- The last step of time whose code was used: each is used once.
    totp_step INTEGER,
    -- Issuer and subject of an OpenID Connect provider, as JSON.
    external TEXT UNIQUE
) STRICT;

CREATE TABLE passkey (
    id BLOB PRIMARY KEY,
    user TEXT NOT NULL REFERENCES user (name) ON DELETE CASCADE,
    name TEXT NOT NULL,
    public_key BLOB NOT NULL,
    sign_count INTEGER NOT NULL,
    created INTEGER NOT NULL,
    used INTEGER
) STRICT;
CREATE INDEX passkey_user ON passkey (user);

CREATE TABLE session (
    hash BLOB PRIMARY KEY,
    user TEXT NOT NULL REFERENCES user (name) ON DELETE CASCADE,
    way TEXT NOT NULL,
    -- Whether it may do nothing but set up a second factor.
    enrolling INTEGER NOT NULL,
    created INTEGER NOT NULL,
    seen INTEGER NOT NULL
) STRICT;
CREATE INDEX session_user ON session (user);

CREATE TABLE token (
    hash BLOB PRIMARY KEY,
    user TEXT NOT NULL REFERENCES user (name) ON DELETE CASCADE,
    name TEXT NOT NULL,
    roles TEXT NOT NULL,
    read_only INTEGER NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    used INTEGER,
    UNIQUE (user, name)
) STRICT;

-- One-time links: whoever has one sets the first credential of an account.
CREATE TABLE invitation (
    hash BLOB PRIMARY KEY,
    user TEXT NOT NULL REFERENCES user (name) ON DELETE CASCADE,
    expires INTEGER NOT NULL
) STRICT;

-- Browsers that were let in before: they do not wait for strangers who guess.
CREATE TABLE browser (
    hash BLOB PRIMARY KEY,
    user TEXT NOT NULL REFERENCES user (name) ON DELETE CASCADE,
    expires INTEGER NOT NULL
) STRICT;

-- What was answered to a write that may be sent again.
CREATE TABLE once (
    user TEXT NOT NULL,
    key TEXT NOT NULL,
    request BLOB NOT NULL,
    at INTEGER NOT NULL,
    status INTEGER,
    body BLOB,
    PRIMARY KEY (user, key)
) STRICT;
