-- Parties that were removed: their files and what they signed stay. Adding one again replaces its row.
ALTER TABLE party ADD COLUMN removed INTEGER;

-- When an entry arrived: what shows that it is older than the revocation of a key. Not known of those from before.
ALTER TABLE incoming ADD COLUMN at INTEGER;
