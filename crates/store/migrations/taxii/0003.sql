-- An object stands in its collection and among everything: side by side in the index, so that adding one writes one page of it.
DROP INDEX entry_of_id;
CREATE INDEX entry_of_id ON entry (hash, collection);
