CREATE TABLE "counters" (
	"metric" text collate "C" NOT NULL,
	"category" text collate "C" NOT NULL,
	"label" text collate "C" NOT NULL,
	"value" bigint NOT NULL,
	CONSTRAINT "counters_metric_category_label_pk" PRIMARY KEY("metric","category","label"),
	CONSTRAINT "counters_value" CHECK ("counters"."value" >= 0)
);
