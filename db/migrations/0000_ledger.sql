CREATE TABLE "accounts" (
	"account_id" text collate "C" PRIMARY KEY NOT NULL,
	"version" bigint DEFAULT 0 NOT NULL,
	"held" bigint DEFAULT 0 NOT NULL,
	"open_holds" integer DEFAULT 0 NOT NULL,
	"debt" bigint DEFAULT 0 NOT NULL,
	"next_lapse" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "accounts_account_id_length" CHECK (char_length("accounts"."account_id") between 1 and 200),
	CONSTRAINT "accounts_not_negative" CHECK ("accounts"."version" >= 0 and "accounts"."held" >= 0 and "accounts"."debt" >= 0),
	CONSTRAINT "accounts_hold_something_or_nothing" CHECK ("accounts"."open_holds" >= 0 and ("accounts"."open_holds" = 0) = ("accounts"."held" = 0))
);
--> statement-breakpoint
CREATE TABLE "alerts" (
	"account_id" text collate "C" NOT NULL,
	"id" uuid NOT NULL,
	"kind" text NOT NULL,
	"detail" jsonb NOT NULL,
	"raised_at" timestamp (3) with time zone NOT NULL,
	"resolved_at" timestamp (3) with time zone,
	CONSTRAINT "alerts_account_id_id_pk" PRIMARY KEY("account_id","id"),
	CONSTRAINT "alerts_resolved_after_raised" CHECK ("alerts"."resolved_at" >= "alerts"."raised_at")
);
--> statement-breakpoint
CREATE TABLE "batches" (
	"account_id" text collate "C" NOT NULL,
	"id" uuid NOT NULL,
	"type" text NOT NULL,
	"source" text NOT NULL,
	"allocated" bigint NOT NULL,
	"drawn" bigint DEFAULT 0 NOT NULL,
	"refunded" bigint DEFAULT 0 NOT NULL,
	"expired" bigint DEFAULT 0 NOT NULL,
	"voided" bigint DEFAULT 0 NOT NULL,
	"remaining" bigint NOT NULL,
	"open" boolean NOT NULL,
	"added_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone,
	"voided_at" timestamp (3) with time zone,
	"note" text,
	CONSTRAINT "batches_account_id_id_pk" PRIMARY KEY("account_id","id"),
	CONSTRAINT "batches_type" CHECK ("batches"."type" in ('free', 'paid')),
	CONSTRAINT "batches_source" CHECK ("batches"."source" in ('signup', 'top_up', 'subscription', 'adjustment')),
	CONSTRAINT "batches_allocated_positive" CHECK ("batches"."allocated" > 0),
	CONSTRAINT "batches_parts_not_negative" CHECK ("batches"."drawn" >= 0 and "batches"."refunded" >= 0 and "batches"."expired" >= 0 and "batches"."voided" >= 0 and "batches"."remaining" >= 0),
	CONSTRAINT "batches_refunded_at_most_drawn" CHECK ("batches"."refunded" <= "batches"."drawn"),
	CONSTRAINT "batches_remaining_is_the_sum" CHECK ("batches"."remaining" = "batches"."allocated" - "batches"."drawn" + "batches"."refunded" - "batches"."expired" - "batches"."voided"),
	CONSTRAINT "batches_open_while_any_remains" CHECK ("batches"."open" = ("batches"."remaining" > 0)),
	CONSTRAINT "batches_expire_after_added" CHECK ("batches"."expires_at" > "batches"."added_at"),
	CONSTRAINT "batches_expired_needs_expiry" CHECK ("batches"."expired" = 0 or "batches"."expires_at" is not null),
	CONSTRAINT "batches_voided_leaves_none" CHECK ("batches"."voided_at" is null or "batches"."remaining" = 0),
	CONSTRAINT "batches_voided_has_time" CHECK ("batches"."voided" = 0 or "batches"."voided_at" is not null)
);
--> statement-breakpoint
CREATE TABLE "charges" (
	"account_id" text collate "C" NOT NULL,
	"id" uuid NOT NULL,
	"category" text NOT NULL,
	"amount" bigint NOT NULL,
	"debt" bigint NOT NULL,
	"held" bigint,
	"draw_batches" uuid[] NOT NULL,
	"draw_amounts" bigint[] NOT NULL,
	"model" text,
	"agent" text,
	"user_id" text,
	"conversation" text,
	"estimated" boolean NOT NULL,
	"receipt" json,
	"charged_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "charges_account_id_id_pk" PRIMARY KEY("account_id","id"),
	CONSTRAINT "charges_category" CHECK ("charges"."category" in ('LLM', 'WebSearch', 'SpeechToText')),
	CONSTRAINT "charges_amount_not_negative" CHECK ("charges"."amount" >= 0),
	CONSTRAINT "charges_debt_within_amount" CHECK ("charges"."debt" between 0 and "charges"."amount"),
	CONSTRAINT "charges_draws_paired" CHECK (cardinality("charges"."draw_batches") = cardinality("charges"."draw_amounts"))
);
--> statement-breakpoint
CREATE TABLE "entries" (
	"account_id" text collate "C" NOT NULL,
	"id" uuid NOT NULL,
	"kind" text NOT NULL,
	"amount" bigint NOT NULL,
	"batch_id" uuid,
	"charge_id" uuid,
	"hold_id" uuid,
	"actor" text,
	"reason" text,
	"detail" jsonb,
	"at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "entries_account_id_id_pk" PRIMARY KEY("account_id","id"),
	CONSTRAINT "entries_kind" CHECK ("entries"."kind" in ('grant', 'debt', 'repayment', 'refund', 'expiry', 'void', 'release', 'lapse')),
	CONSTRAINT "entries_amount_positive" CHECK ("entries"."amount" > 0),
	CONSTRAINT "entries_name_their_batch" CHECK ("entries"."batch_id" is not null or "entries"."kind" not in ('grant', 'repayment', 'expiry', 'void')),
	CONSTRAINT "entries_name_their_charge" CHECK ("entries"."charge_id" is not null or "entries"."kind" not in ('debt', 'repayment', 'refund')),
	CONSTRAINT "entries_name_their_hold" CHECK ("entries"."hold_id" is not null or "entries"."kind" not in ('release', 'lapse'))
);
--> statement-breakpoint
CREATE TABLE "holds" (
	"account_id" text collate "C" NOT NULL,
	"id" uuid NOT NULL,
	"amount" bigint NOT NULL,
	"category" text NOT NULL,
	"authorized_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"attribution" json,
	CONSTRAINT "holds_account_id_id_pk" PRIMARY KEY("account_id","id"),
	CONSTRAINT "holds_amount_positive" CHECK ("holds"."amount" > 0),
	CONSTRAINT "holds_category" CHECK ("holds"."category" in ('LLM', 'WebSearch', 'SpeechToText')),
	CONSTRAINT "holds_expire_after_authorized" CHECK ("holds"."expires_at" > "holds"."authorized_at")
);
--> statement-breakpoint
CREATE TABLE "keys" (
	"account_id" text collate "C" NOT NULL,
	"key" text collate "C" NOT NULL,
	"operation" text NOT NULL,
	"input_hash" text NOT NULL,
	"answer" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "keys_account_id_key_pk" PRIMARY KEY("account_id","key"),
	CONSTRAINT "keys_key_length" CHECK (char_length("keys"."key") between 1 and 200)
);
--> statement-breakpoint
CREATE TABLE "rates" (
	"provider" text NOT NULL,
	"model" text NOT NULL,
	"unit" text NOT NULL,
	"effective_from" timestamp (3) with time zone NOT NULL,
	"pico_dollars" bigint NOT NULL,
	"per" integer DEFAULT 1 NOT NULL,
	"source" text NOT NULL,
	CONSTRAINT "rates_provider_model_unit_effective_from_pk" PRIMARY KEY("provider","model","unit","effective_from"),
	CONSTRAINT "rates_price_not_negative" CHECK ("rates"."pico_dollars" >= 0),
	CONSTRAINT "rates_per_positive" CHECK ("rates"."per" > 0)
);
--> statement-breakpoint
CREATE TABLE "usage_buckets" (
	"account_id" text collate "C" NOT NULL,
	"starts_at" timestamp (3) with time zone NOT NULL,
	"category" text collate "C" NOT NULL,
	"model" text collate "C" DEFAULT '' NOT NULL,
	"agent" text collate "C" DEFAULT '' NOT NULL,
	"user_id" text collate "C" DEFAULT '' NOT NULL,
	"charges" bigint NOT NULL,
	"amount" bigint NOT NULL,
	CONSTRAINT "usage_buckets_account_id_starts_at_category_model_agent_user_id_pk" PRIMARY KEY("account_id","starts_at","category","model","agent","user_id"),
	CONSTRAINT "usage_buckets_category" CHECK ("usage_buckets"."category" in ('LLM', 'WebSearch', 'SpeechToText')),
	CONSTRAINT "usage_buckets_on_the_quarter" CHECK (extract(epoch from "usage_buckets"."starts_at")::bigint % 900 = 0),
	CONSTRAINT "usage_buckets_not_negative" CHECK ("usage_buckets"."charges" >= 0 and "usage_buckets"."amount" >= 0)
);
--> statement-breakpoint
ALTER TABLE "alerts" ADD CONSTRAINT "alerts_account_id_accounts_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("account_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "batches" ADD CONSTRAINT "batches_account_id_accounts_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("account_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "entries" ADD CONSTRAINT "entries_account_id_accounts_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("account_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "entries" ADD CONSTRAINT "entries_account_id_batch_id_batches_account_id_id_fk" FOREIGN KEY ("account_id","batch_id") REFERENCES "public"."batches"("account_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "keys" ADD CONSTRAINT "keys_account_id_accounts_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("account_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "alerts_open" ON "alerts" USING btree ("account_id","kind") WHERE "alerts"."resolved_at" is null;--> statement-breakpoint
CREATE INDEX "batches_open" ON "batches" USING btree ("account_id") WHERE "batches"."open";--> statement-breakpoint
CREATE INDEX "batches_open_by_expiry" ON "batches" USING btree ("expires_at") WHERE "batches"."open";--> statement-breakpoint
CREATE INDEX "entries_by_charge" ON "entries" USING btree ("account_id","charge_id") WHERE "entries"."charge_id" is not null;--> statement-breakpoint
CREATE INDEX "entries_by_hold" ON "entries" USING btree ("account_id","hold_id") WHERE "entries"."hold_id" is not null;