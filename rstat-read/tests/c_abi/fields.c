/* Prints all fields as JSON does, with nothing but the functions that describe fields.
 * Argument: a region with two samples. */
#include "check.h"
#include <inttypes.h>
#include <rstat_read.h>
#include <stdlib.h>
#include <string.h>

static void print(const struct rstat_snapshot *sample, size_t size, const struct rstat_field *field)
{
	char name[32];
	int64_t value = -1;
	int result = rstat_get(sample, size, field->name, &value);

	if (result == RSTAT_ERR_UNKNOWN)
		printf("\"%s\":null\n", field->name);
	else if (field->kind == RSTAT_KIND_U64)
		printf("\"%s\":%" PRIu64 "\n", field->name, (uint64_t)value);
	else
		printf("\"%s\":%" PRId64 "\n", field->name, value);
	CHECK(result == RSTAT_OK || (result == RSTAT_ERR_UNKNOWN && !value));
	/* The sample itself says the same. */
	CHECK((result == RSTAT_OK) == ((sample->valid & field->valid) == field->valid));
	if (result == RSTAT_OK && field->kind == RSTAT_KIND_U32) {
		uint32_t member;
		memcpy(&member, (const char *)sample + field->offset, sizeof member);
		CHECK(member == value);
	}
	if (strcmp(field->unit, "name"))
		return;
	CHECK(rstat_value_name(field->name, value, name, sizeof name) == RSTAT_OK);
	printf("\"%s_name\":\"%s\"\n", field->name, name);
}

static void check_refusals(const struct rstat_snapshot *sample, size_t size)
{
	char text[32] = "untouched";
	struct rstat_field field;
	int64_t value = 7;

	CHECK(rstat_get(NULL, size, "cpu_count", &value) == RSTAT_ERR_ARGUMENT && !value);
	CHECK(rstat_get(sample, 8, "cpu_count", &value) == RSTAT_ERR_ARGUMENT);
	CHECK(rstat_get(sample, size, NULL, &value) == RSTAT_ERR_ARGUMENT);
	CHECK(rstat_get(sample, size, "cpu_count", NULL) == RSTAT_ERR_ARGUMENT);
	CHECK(rstat_get(sample, size, "cpu", &value) == RSTAT_ERR_FIELD);
	CHECK(rstat_get(sample, size, "\xff", &value) == RSTAT_ERR_FIELD);
	/* A program older than the library has no such member. */
	CHECK(rstat_get(sample, 64, "sequence", &value) == RSTAT_OK && value == 2);
	CHECK(rstat_get(sample, 64, "cpu_count", &value) == RSTAT_ERR_UNKNOWN && !value);

	CHECK(rstat_field_at(0, NULL, sizeof field) == RSTAT_ERR_ARGUMENT);
	CHECK(rstat_field_at(0, &field, 8) == RSTAT_ERR_ARGUMENT);
	CHECK(rstat_field_at(rstat_field_count(), &field, sizeof field) == RSTAT_ERR_ARGUMENT);

	CHECK(rstat_value_name("source", 1, NULL, 32) == RSTAT_ERR_ARGUMENT);
	CHECK(rstat_value_name("source", 1, text, 3) == RSTAT_ERR_ARGUMENT);
	CHECK(rstat_value_name(NULL, 1, text, sizeof text) == RSTAT_ERR_ARGUMENT);
	CHECK(rstat_value_name("cpu_count", 1, text, sizeof text) == RSTAT_ERR_UNKNOWN);
	CHECK(rstat_value_name("source", 0, text, sizeof text) == RSTAT_ERR_UNKNOWN);
	CHECK(rstat_value_name("source", 3, text, sizeof text) == RSTAT_ERR_UNKNOWN);
	CHECK(!strcmp(text, "untouched"));
	CHECK(rstat_value_name("source", 1, text, 4) == RSTAT_OK && !strcmp(text, "bpf"));
}

int main(int argc, char **argv)
{
	size_t index, size = rstat_snapshot_size();
	struct rstat_snapshot *sample = malloc(size);
	struct { struct rstat_field known; uint64_t unknown; } later;
	struct rstat_reader *reader;

	CHECK(argc == 2 && sample && size >= sizeof *sample);
	CHECK(rstat_open(argv[1], &reader) == RSTAT_OK);
	CHECK(rstat_snapshot(reader, sample, size) == RSTAT_OK);
	rstat_close(reader);
	check_refusals(sample, size);
	for (index = 0; index < rstat_field_count(); index++) {
		memset(&later, 0xaa, sizeof later);
		CHECK(rstat_field_at(index, &later.known, sizeof later) == RSTAT_OK);
		CHECK(!later.unknown && later.known.help[0] && later.known.unit[0]);
		print(sample, size, &later.known);
	}
	free(sample);
	return 0;
}
