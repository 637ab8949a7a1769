CREATE TABLE "alert_messages" (
	"account_id" text collate "C" NOT NULL,
	"alert_id" uuid NOT NULL,
	"channel" text collate "C" NOT NULL,
	"ts" text,
	"shown_version" integer DEFAULT 0 NOT NULL,
	"sending_since" timestamp (3) with time zone,
	CONSTRAINT "alert_messages_account_id_alert_id_channel_pk" PRIMARY KEY("account_id","alert_id","channel")
);
--> statement-breakpoint
CREATE TABLE "payment_reversals" (
	"reference" text PRIMARY KEY NOT NULL,
	"refunded" bigint DEFAULT 0 NOT NULL,
	"disputed" bigint DEFAULT 0 NOT NULL,
	"reinstated" bigint DEFAULT 0 NOT NULL,
	"paid" bigint NOT NULL,
	"changed_at" timestamp (3) with time zone DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "payment_reversals_amounts" CHECK ("payment_reversals"."refunded" >= 0 and "payment_reversals"."disputed" >= 0 and "payment_reversals"."reinstated" >= 0 and "payment_reversals"."paid" > 0)
);
--> statement-breakpoint
CREATE TABLE "slack_homes" (
	"team_id" text NOT NULL,
	"user_id" text NOT NULL,
	"content_hash" text NOT NULL,
	"published_at" timestamp (3) with time zone DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "slack_homes_team_id_user_id_pk" PRIMARY KEY("team_id","user_id")
);
--> statement-breakpoint
CREATE TABLE "slack_installations" (
	"enterprise_id" text NOT NULL,
	"team_id" text NOT NULL,
	"is_enterprise_install" boolean NOT NULL,
	"sealed" text NOT NULL,
	"installed_by" text NOT NULL,
	"installed_at" timestamp (3) with time zone DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "slack_installations_pk" PRIMARY KEY("enterprise_id","team_id","is_enterprise_install"),
	CONSTRAINT "slack_installations_of_somebody" CHECK ("slack_installations"."enterprise_id" <> '' or "slack_installations"."team_id" <> '')
);
--> statement-breakpoint
ALTER TABLE "batches" DROP CONSTRAINT "batches_voided_has_time";--> statement-breakpoint
ALTER TABLE "entries" DROP CONSTRAINT "entries_kind";--> statement-breakpoint
ALTER TABLE "entries" DROP CONSTRAINT "entries_name_their_batch";--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "alert_amount" bigint;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "alert_percent" integer;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "alert_base" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "alert_level" smallint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "alerts" ADD COLUMN "level" smallint DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "alerts" ADD COLUMN "version" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "alerts" ADD COLUMN "taken_version" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "alerts" ADD COLUMN "snoozed_until" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "batches" ADD COLUMN "reference" text;--> statement-breakpoint
ALTER TABLE "alert_messages" ADD CONSTRAINT "alert_messages_account_id_alert_id_alerts_account_id_id_fk" FOREIGN KEY ("account_id","alert_id") REFERENCES "public"."alerts"("account_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "alerts_one_low_balance" ON "alerts" USING btree ("account_id") WHERE "alerts"."kind" = 'low_balance' and "alerts"."resolved_at" is null;--> statement-breakpoint
CREATE INDEX "alerts_to_deliver" ON "alerts" USING btree ("account_id","id") WHERE "alerts"."taken_version" < "alerts"."version";--> statement-breakpoint
CREATE INDEX "batches_by_expiry" ON "batches" USING btree ("account_id","expires_at") WHERE "batches"."expires_at" is not null;--> statement-breakpoint
CREATE INDEX "batches_by_reference" ON "batches" USING btree ("reference") WHERE "batches"."reference" is not null;--> statement-breakpoint
CREATE INDEX "usage_buckets_by_time" ON "usage_buckets" USING brin ("starts_at");--> statement-breakpoint
ALTER TABLE "accounts" ADD CONSTRAINT "accounts_alert_line" CHECK ("accounts"."alert_amount" >= 0 and "accounts"."alert_percent" between 0 and 100 and "accounts"."alert_base" >= 0 and "accounts"."alert_level" between 0 and 3);--> statement-breakpoint
ALTER TABLE "alerts" ADD CONSTRAINT "alerts_level" CHECK ("alerts"."level" between 0 and 3);--> statement-breakpoint
ALTER TABLE "alerts" ADD CONSTRAINT "alerts_taken_at_most_current" CHECK ("alerts"."taken_version" between 0 and "alerts"."version");--> statement-breakpoint
ALTER TABLE "batches" ADD CONSTRAINT "batches_reference_length" CHECK (char_length("batches"."reference") between 1 and 200);--> statement-breakpoint
ALTER TABLE "entries" ADD CONSTRAINT "entries_kind" CHECK ("entries"."kind" in ('grant', 'debt', 'repayment', 'refund', 'expiry', 'void', 'release', 'lapse', 'extension'));--> statement-breakpoint
ALTER TABLE "entries" ADD CONSTRAINT "entries_name_their_batch" CHECK ("entries"."batch_id" is not null or "entries"."kind" not in ('grant', 'repayment', 'expiry', 'void', 'extension'));--> statement-breakpoint
UPDATE "accounts" SET "alert_base" = greatest(0, (SELECT coalesce(sum("remaining"), 0) FROM "batches" WHERE "batches"."account_id" = "accounts"."account_id" AND "open") - "debt");
