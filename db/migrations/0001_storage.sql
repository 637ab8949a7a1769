-- Every call writes and removes a hold, so a busy minute leaves a million dead rows; the default waits for a fifth
-- of the table, and then works slowly on purpose.
ALTER TABLE "holds" SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 50000, autovacuum_vacuum_cost_delay = 0);--> statement-breakpoint
-- Rows that every call updates in place: room beside them keeps the new version on the page and out of the index.
ALTER TABLE "accounts" SET (fillfactor = 80);--> statement-breakpoint
ALTER TABLE "batches" SET (fillfactor = 80);--> statement-breakpoint
ALTER TABLE "usage_buckets" SET (fillfactor = 80);
