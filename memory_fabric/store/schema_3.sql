-- Version 3. When a turn of a conversation was said; NULL where the time of its item counts.
ALTER TABLE chunks ADD COLUMN timestamp_s REAL;
