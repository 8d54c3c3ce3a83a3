-- Statements commit to what they say; what opens them is kept beside them. Those from before say it themselves.
ALTER TABLE statement ADD COLUMN opening TEXT;
