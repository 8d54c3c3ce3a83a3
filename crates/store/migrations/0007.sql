-- Legal holds: placed and lifted, in order; the last word on a record counts.
CREATE TABLE hold (
    number INTEGER PRIMARY KEY,
    hold   TEXT NOT NULL
) STRICT;
