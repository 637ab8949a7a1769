CREATE TABLE "pricing" (
	"account_id" text collate "C" NOT NULL,
	"setting" text NOT NULL,
	"effective_from" timestamp (3) with time zone NOT NULL,
	"value" text,
	"set_at" timestamp (3) with time zone DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "pricing_account_id_setting_effective_from_pk" PRIMARY KEY("account_id","setting","effective_from"),
	CONSTRAINT "pricing_account_id_length" CHECK (char_length("pricing"."account_id") <= 200),
	CONSTRAINT "pricing_setting" CHECK ("pricing"."setting" in ('credits_per_dollar', 'markup')),
	CONSTRAINT "pricing_value_decimal" CHECK ("pricing"."value" ~ '^[0-9]{1,15}([.][0-9]{1,15})?$'),
	CONSTRAINT "pricing_value_positive" CHECK ("pricing"."value" ~ '[1-9]')
);
--> statement-breakpoint
ALTER TABLE "rates" ALTER COLUMN "pico_dollars" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "rates" ADD COLUMN "set_at" timestamp (3) with time zone DEFAULT clock_timestamp() NOT NULL;