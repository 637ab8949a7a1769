ALTER TABLE "payment_reversals" DROP CONSTRAINT "payment_reversals_amounts";--> statement-breakpoint
ALTER TABLE "payment_reversals" ADD COLUMN "reinstated" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX "usage_buckets_by_time" ON "usage_buckets" USING brin ("starts_at");--> statement-breakpoint
ALTER TABLE "payment_reversals" ADD CONSTRAINT "payment_reversals_amounts" CHECK ("payment_reversals"."refunded" >= 0 and "payment_reversals"."disputed" >= 0 and "payment_reversals"."reinstated" >= 0 and "payment_reversals"."paid" > 0);