-- The tables of version 15 for PostgreSQL: those that the migrations of SQLite lead to, with the same names and columns, which
-- say what each is for. A later version adds a file of its own here as there. Whoever uses them has set the search path to the
-- schema of one node.
--
-- Numbers are BIGINT, a yes is 1; text is compared and sorted by its bytes; no column counts by itself: the one writer says
-- each number. What is encrypted does not get smaller, and is not tried to be.

CREATE TABLE format (
    "only"   BIGINT PRIMARY KEY CHECK ("only" = 1),
    version  BIGINT NOT NULL,
    -- Whether a node has written here: what is not in force is a copy that was not finished, or was moved away.
    in_force BIGINT NOT NULL
);

CREATE TABLE party (
    party   TEXT COLLATE "C" PRIMARY KEY,
    note    TEXT COLLATE "C" NOT NULL,
    removed BIGINT
);

CREATE TABLE agreement (
    number BIGINT PRIMARY KEY,
    text   TEXT COLLATE "C" NOT NULL
);

CREATE TABLE act (
    number    BIGINT PRIMARY KEY,
    statement BYTEA NOT NULL,
    signature BYTEA NOT NULL,
    known     BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE world (
    digest BYTEA PRIMARY KEY,
    text   TEXT COLLATE "C" NOT NULL
);

CREATE TABLE record (
    originator TEXT COLLATE "C" NOT NULL,
    id         TEXT COLLATE "C" NOT NULL,
    statement  BYTEA NOT NULL,
    signature  BYTEA NOT NULL,
    digest     BYTEA NOT NULL,
    line       TEXT COLLATE "C" NOT NULL,
    texts      TEXT COLLATE "C" NOT NULL,
    entered    BIGINT NOT NULL,
    erased     BIGINT,
    PRIMARY KEY (originator, id)
);

CREATE TABLE body (
    digest  BYTEA PRIMARY KEY,
    content BYTEA NOT NULL,
    key     BYTEA
);

CREATE TABLE question (
    ours    BIGINT NOT NULL,
    request BYTEA NOT NULL,
    partner TEXT COLLATE "C" NOT NULL,
    bytes   BYTEA NOT NULL,
    state   TEXT COLLATE "C" NOT NULL,
    asked   BIGINT NOT NULL,
    PRIMARY KEY (ours, request)
);

CREATE TABLE consent (
    number    BIGINT PRIMARY KEY,
    statement BYTEA NOT NULL,
    signature BYTEA NOT NULL,
    known     BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE approval (
    number   BIGINT PRIMARY KEY,
    approval TEXT COLLATE "C" NOT NULL
);

CREATE TABLE node (
    tree  TEXT COLLATE "C" NOT NULL,
    level BIGINT NOT NULL,
    idx   BIGINT NOT NULL,
    hash  BYTEA NOT NULL,
    PRIMARY KEY (tree, level, idx)
);

CREATE TABLE outgoing (
    partner              TEXT COLLATE "C" NOT NULL,
    lane                 TEXT COLLATE "C" NOT NULL,
    idx                  BIGINT NOT NULL,
    leaf                 BYTEA NOT NULL,
    about                TEXT COLLATE "C",
    expires              BIGINT,
    envelope             BYTEA NOT NULL,
    withdrawal           BYTEA,
    withdrawal_signature BYTEA,
    withdrawn_late       BIGINT NOT NULL DEFAULT 0,
    disposition          TEXT COLLATE "C",
    left_at              BIGINT,
    recovered            BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (partner, lane, idx)
);

CREATE TABLE offered (
    tree TEXT COLLATE "C" PRIMARY KEY,
    size BIGINT NOT NULL
);

CREATE TABLE incoming (
    partner              TEXT COLLATE "C" NOT NULL,
    lane                 TEXT COLLATE "C" NOT NULL,
    idx                  BIGINT NOT NULL,
    leaf                 BYTEA NOT NULL,
    envelope             BYTEA,
    withdrawal           BYTEA,
    withdrawal_signature BYTEA,
    disposition          TEXT COLLATE "C" NOT NULL,
    reason               TEXT COLLATE "C",
    originator           TEXT COLLATE "C",
    record               TEXT COLLATE "C",
    key                  BYTEA,
    at                   BIGINT,
    PRIMARY KEY (partner, lane, idx)
);

CREATE TABLE checkpoint (
    tree  TEXT COLLATE "C" PRIMARY KEY,
    size  BIGINT NOT NULL,
    note  TEXT COLLATE "C" NOT NULL,
    proof BYTEA
);

CREATE TABLE receipt (
    tree                   TEXT COLLATE "C" NOT NULL,
    size                   BIGINT NOT NULL,
    note                   TEXT COLLATE "C" NOT NULL,
    dispositions           BYTEA,
    dispositions_signature BYTEA,
    fallen                 BIGINT,
    PRIMARY KEY (tree, size)
);

CREATE TABLE alarm (
    number   BIGINT PRIMARY KEY,
    at       BIGINT NOT NULL,
    partner  TEXT COLLATE "C" NOT NULL,
    message  TEXT COLLATE "C" NOT NULL,
    evidence BYTEA NOT NULL
);

CREATE TABLE statement (
    idx     BIGINT PRIMARY KEY,
    text    TEXT COLLATE "C" NOT NULL,
    opening TEXT COLLATE "C"
);

CREATE TABLE told (
    subject BYTEA NOT NULL,
    partner TEXT COLLATE "C" NOT NULL,
    idx     BIGINT NOT NULL,
    PRIMARY KEY (subject, partner)
);

CREATE TABLE standing_consent (
    number    BIGINT PRIMARY KEY,
    statement BYTEA NOT NULL,
    signature BYTEA NOT NULL,
    known     BIGINT NOT NULL
);

CREATE TABLE consent_withdrawal (
    number    BIGINT PRIMARY KEY,
    statement BYTEA NOT NULL,
    signature BYTEA NOT NULL,
    known     BIGINT NOT NULL
);

CREATE TABLE affected (
    number   BIGINT PRIMARY KEY,
    affected TEXT COLLATE "C" NOT NULL
);

CREATE TABLE interval (
    idx    BIGINT PRIMARY KEY,
    until  BIGINT NOT NULL,
    next   BIGINT NOT NULL,
    salt   BYTEA NOT NULL,
    volume BIGINT NOT NULL DEFAULT 0,
    leaf   BIGINT
);

CREATE TABLE open_interval (
    "only" BIGINT PRIMARY KEY CHECK ("only" = 1),
    idx    BIGINT NOT NULL,
    salt   BYTEA NOT NULL,
    note   TEXT COLLATE "C" NOT NULL
);

CREATE TABLE witnessed (
    partner TEXT COLLATE "C" PRIMARY KEY,
    size    BIGINT NOT NULL,
    note    TEXT COLLATE "C" NOT NULL,
    at      BIGINT NOT NULL
);

CREATE TABLE recall (
    number       BIGINT PRIMARY KEY,
    statement    BYTEA NOT NULL,
    signature    BYTEA NOT NULL,
    told_by      TEXT COLLATE "C" NOT NULL,
    of           TEXT COLLATE "C" NOT NULL,
    cause_by     TEXT COLLATE "C",
    cause_number BYTEA,
    known        BIGINT NOT NULL
);

CREATE TABLE recall_answer (
    number    BIGINT PRIMARY KEY,
    statement BYTEA NOT NULL,
    signature BYTEA NOT NULL,
    known     BIGINT NOT NULL
);

CREATE TABLE relabelling (
    number    BIGINT PRIMARY KEY,
    statement BYTEA NOT NULL,
    signature BYTEA NOT NULL,
    known     BIGINT NOT NULL
);

CREATE TABLE compromise (
    number    BIGINT PRIMARY KEY,
    statement BYTEA NOT NULL,
    signature BYTEA NOT NULL,
    known     BIGINT NOT NULL
);

CREATE TABLE spared (
    number BIGINT PRIMARY KEY,
    spared TEXT COLLATE "C" NOT NULL
);

CREATE TABLE exported (
    tree TEXT COLLATE "C" PRIMARY KEY,
    size BIGINT NOT NULL
);

CREATE TABLE doomed (
    key BYTEA PRIMARY KEY
);

CREATE TABLE hold (
    number BIGINT PRIMARY KEY,
    hold   TEXT COLLATE "C" NOT NULL
);

CREATE TABLE has_heads (
    "only" BIGINT PRIMARY KEY CHECK ("only" = 1)
);

CREATE TABLE restoring (
    "only" BIGINT PRIMARY KEY CHECK ("only" = 1),
    state  TEXT COLLATE "C" NOT NULL
);

CREATE TABLE volume (
    number BIGINT PRIMARY KEY
);

CREATE TABLE cosigned (
    partner TEXT COLLATE "C" NOT NULL,
    origin  TEXT COLLATE "C" NOT NULL,
    size    BIGINT NOT NULL,
    note    TEXT COLLATE "C" NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (partner, origin)
);

CREATE TABLE large (
    digest BYTEA PRIMARY KEY,
    length BIGINT NOT NULL,
    key    BYTEA NOT NULL
);

CREATE TABLE offered_content (
    partner   TEXT COLLATE "C" NOT NULL,
    lane      TEXT COLLATE "C" NOT NULL,
    idx       BIGINT NOT NULL,
    leaf      BYTEA NOT NULL,
    digest    BYTEA NOT NULL,
    length    BIGINT NOT NULL,
    sealed    BYTEA NOT NULL,
    secret    BYTEA,
    key       BYTEA,
    left_at   BIGINT,
    said      TEXT COLLATE "C",
    statement BYTEA,
    signature BYTEA,
    PRIMARY KEY (partner, lane, idx)
);

CREATE TABLE awaited_content (
    partner              TEXT COLLATE "C" NOT NULL,
    lane                 TEXT COLLATE "C" NOT NULL,
    idx                  BIGINT NOT NULL,
    leaf                 BYTEA NOT NULL,
    originator           TEXT COLLATE "C" NOT NULL,
    record               TEXT COLLATE "C" NOT NULL,
    digest               BYTEA NOT NULL,
    length               BIGINT NOT NULL,
    sealed               BYTEA NOT NULL,
    secret               BYTEA,
    key                  BYTEA,
    file                 BYTEA,
    ended                TEXT COLLATE "C",
    told                 BIGINT NOT NULL DEFAULT 0,
    withdrawal           BYTEA,
    withdrawal_signature BYTEA,
    PRIMARY KEY (partner, lane, idx)
);

CREATE TABLE waiting (
    number  BIGINT PRIMARY KEY,
    waiting TEXT COLLATE "C" NOT NULL
);

CREATE TABLE emergency (
    number    BIGINT PRIMARY KEY,
    emergency TEXT COLLATE "C" NOT NULL
);

CREATE TABLE named (
    originator TEXT COLLATE "C" NOT NULL,
    record     TEXT COLLATE "C" NOT NULL,
    named      TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (originator, record)
);

CREATE TABLE attempt (
    number  BIGINT PRIMARY KEY,
    attempt TEXT COLLATE "C" NOT NULL
);

CREATE TABLE commitment (
    number    BIGINT PRIMARY KEY,
    statement BYTEA NOT NULL,
    signature BYTEA NOT NULL,
    known     BIGINT NOT NULL
);

CREATE TABLE meeting (
    number    BIGINT PRIMARY KEY,
    statement BYTEA NOT NULL,
    signature BYTEA NOT NULL,
    known     BIGINT NOT NULL
);

CREATE TABLE warning (
    originator TEXT COLLATE "C" NOT NULL,
    record     TEXT COLLATE "C" NOT NULL,
    received   BIGINT NOT NULL,
    PRIMARY KEY (originator, record)
);

CREATE TABLE alert_acknowledgement (
    number    BIGINT PRIMARY KEY,
    statement BYTEA NOT NULL,
    signature BYTEA NOT NULL,
    known     BIGINT NOT NULL
);

CREATE TABLE incident (
    number   BIGINT PRIMARY KEY,
    incident TEXT COLLATE "C" NOT NULL
);

CREATE TABLE discharge (
    number    BIGINT PRIMARY KEY,
    discharge TEXT COLLATE "C" NOT NULL
);

CREATE TABLE consult_raise (
    number    BIGINT PRIMARY KEY,
    statement BYTEA NOT NULL,
    signature BYTEA NOT NULL,
    told_by   TEXT COLLATE "C" NOT NULL,
    known     BIGINT NOT NULL,
    incident  TEXT COLLATE "C"
);

CREATE TABLE consult_step (
    number    BIGINT PRIMARY KEY,
    statement BYTEA NOT NULL,
    signature BYTEA NOT NULL,
    told_by   TEXT COLLATE "C" NOT NULL,
    known     BIGINT NOT NULL
);

CREATE TABLE waiver (
    number    BIGINT PRIMARY KEY,
    statement BYTEA NOT NULL,
    signature BYTEA NOT NULL,
    told_by   TEXT COLLATE "C" NOT NULL,
    known     BIGINT NOT NULL
);

CREATE TABLE deadline (
    subject TEXT COLLATE "C" PRIMARY KEY,
    at      BIGINT NOT NULL
);

CREATE TABLE alarm_noted (
    alarm  BIGINT PRIMARY KEY,
    at     BIGINT NOT NULL,
    person TEXT COLLATE "C" NOT NULL,
    note   TEXT COLLATE "C" NOT NULL
);

CREATE INDEX record_by_id ON record (id);
CREATE INDEX incoming_by_record ON incoming (originator, record) WHERE record IS NOT NULL;
CREATE INDEX large_by_key ON large (key);
CREATE UNIQUE INDEX offered_content_by_sealed ON offered_content (partner, sealed);
CREATE INDEX awaited_content_by_record ON awaited_content (originator, record);

ALTER TABLE body ALTER COLUMN content SET STORAGE EXTERNAL;
ALTER TABLE incoming ALTER COLUMN envelope SET STORAGE EXTERNAL;
ALTER TABLE outgoing ALTER COLUMN envelope SET STORAGE EXTERNAL;
