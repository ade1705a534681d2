/* Prints a template with the figures of a sample. Arguments: a region, a template. */
#include "check.h"
#include <rstat_read.h>
#include <string.h>

static void check_refusals(struct rstat_reader *reader)
{
	char text[32] = "untouched";

	CHECK(rstat_format(NULL, "", text, sizeof text) == RSTAT_ERR_ARGUMENT && !*text);
	CHECK(rstat_format(reader, NULL, text, sizeof text) == RSTAT_ERR_ARGUMENT);
	CHECK(rstat_format(reader, "", NULL, 9) == RSTAT_ERR_ARGUMENT);
	CHECK(rstat_format(reader, "", text, 0) == RSTAT_ERR_ARGUMENT);
	CHECK(rstat_format(reader, "{cpu.bsuy}", text, sizeof text) == RSTAT_ERR_TEMPLATE);
	CHECK(!strcmp(text, "character 2: unknown metric `cp"));
	CHECK(rstat_format(reader, "\xff", text, sizeof text) == RSTAT_ERR_TEMPLATE && *text);

	/* Cut between characters, and not behind the end. */
	memset(text, 'x', sizeof text);
	CHECK(rstat_format(reader, "\xc3\xb6\xc3\xb6", text, 4) == RSTAT_OK);
	CHECK(!strcmp(text, "\xc3\xb6") && text[4] == 'x');
}

int main(int argc, char **argv)
{
	struct rstat_reader *reader;
	char text[512];

	CHECK(argc == 3);
	CHECK(rstat_open(argv[1], &reader) == RSTAT_OK);
	check_refusals(reader);
	CHECK(rstat_format(reader, argv[2], text, sizeof text) == RSTAT_OK);
	printf("%s\n", text);
	rstat_close(reader);
	return 0;
}
