-- Alarms of which a person has taken note: the first who did.
CREATE TABLE alarm_noted (
    alarm  INTEGER PRIMARY KEY,
    at     INTEGER NOT NULL,
    person TEXT NOT NULL,
    note   TEXT NOT NULL
) STRICT;
