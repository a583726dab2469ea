-- Version 4. What the scan of an item found: how much was cut out, and whether it holds personal data.
ALTER TABLE items ADD COLUMN redacted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE items ADD COLUMN is_personal INTEGER NOT NULL DEFAULT 0;
