-- Which administrator set an account last, and who else has looked at it since: two accounts that one person set alone are not
-- two persons. Nothing where it was the operator, or before this was kept.

ALTER TABLE user ADD COLUMN set_by TEXT;
ALTER TABLE user ADD COLUMN vouched_by TEXT;
