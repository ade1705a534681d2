/* Reads a region as an older, an equal and a younger program would, and prints all
 * fields as JSON does. Arguments: a region with two samples, a name without one, and a
 * region without a sample. */
#include "check.h"
#include <rstat_read.h>
#include <string.h>

struct longer { struct rstat_snapshot known; uint64_t unknown[4]; };

static void check_history(struct rstat_reader *reader, const struct rstat_snapshot *sample)
{
	struct { struct rstat_history_point known; uint64_t unknown[2]; } later[3];
	struct rstat_history_point points[3];
	uint64_t earlier[3][2];
	size_t count = 3;

	memset(points, 0xaa, sizeof points);
	CHECK(rstat_history(NULL, points, sizeof points[0], &count) == RSTAT_ERR_ARGUMENT);
	CHECK(rstat_history(reader, points, sizeof points[0], NULL) == RSTAT_ERR_ARGUMENT);
	CHECK(rstat_history(reader, NULL, sizeof points[0], &count) == RSTAT_ERR_ARGUMENT && !count);
	count = 3;
	CHECK(rstat_history(reader, (void *)((char *)points + 1), sizeof points[0], &count) == RSTAT_ERR_ARGUMENT);
	CHECK(rstat_history(reader, points, 8, &count) == RSTAT_ERR_ARGUMENT && !count);
	CHECK(rstat_history(reader, points, sizeof points[0], &count) == RSTAT_OK && !count);

	/* Two samples there are, room for three: the third point is left alone. */
	count = 3;
	CHECK(rstat_history(reader, points, sizeof points[0], &count) == RSTAT_OK && count == 2);
	CHECK(points[1].monotonic_ns == sample->monotonic_ns && points[1].valid == sample->valid);
	CHECK(points[1].cpu_busy_ppm == sample->cpu_busy_ppm);
	CHECK(points[2].monotonic_ns == UINT64_C(0xaaaaaaaaaaaaaaaa));

	/* Room for one: the latest. A program older than the library, and a younger one. */
	count = 1;
	CHECK(rstat_history(reader, points, sizeof points[0], &count) == RSTAT_OK && count == 1);
	CHECK(points[0].monotonic_ns == sample->monotonic_ns);
	count = 3;
	CHECK(rstat_history(reader, (void *)earlier, sizeof earlier[0], &count) == RSTAT_OK);
	CHECK(count == 2 && earlier[1][0] == sample->monotonic_ns && earlier[1][1] == sample->valid);
	memset(later, 0xaa, sizeof later);
	count = 3;
	CHECK(rstat_history(reader, &later[0].known, sizeof later[0], &count) == RSTAT_OK);
	CHECK(count == 2 && later[1].known.cpu_busy_ppm == sample->cpu_busy_ppm);
	CHECK(!later[1].unknown[0] && !later[1].unknown[1] && later[2].unknown[0]);
}

static void check_age(struct rstat_reader *reader)
{
	uint64_t age_ns = 7;

	CHECK(rstat_age(NULL, &age_ns) == RSTAT_ERR_ARGUMENT);
	CHECK(rstat_age(reader, NULL) == RSTAT_ERR_ARGUMENT);
	/* It was taken after this machine was started, and before now. */
	CHECK(rstat_age(reader, &age_ns) == RSTAT_OK && age_ns > 7);
	CHECK(rstat_interrupt(NULL) == RSTAT_ERR_ARGUMENT);
	CHECK(rstat_interrupt(reader) == RSTAT_OK);
	CHECK(rstat_wait(reader, -1) == RSTAT_ERR_INTERRUPTED);
	CHECK(rstat_wait(reader, -1) == RSTAT_ERR_INTERRUPTED && rstat_state(reader) == RSTAT_OK);
}

int main(int argc, char **argv)
{
	struct rstat_reader *reader = (struct rstat_reader *)&argc;
	struct longer sample;

	CHECK(argc == 4);
	CHECK(rstat_abi_version() == ((uint32_t)RSTAT_ABI_MAJOR << 16 | RSTAT_ABI_MINOR));
	CHECK(rstat_open(argv[2], &reader) == RSTAT_ERR_ABSENT && !reader);
	CHECK(rstat_open("/dev/null", &reader) == RSTAT_ERR_FOREIGN && !reader);
	CHECK(rstat_open("/", &reader) == RSTAT_ERR_FOREIGN && !reader);
	CHECK(rstat_open(argv[1], NULL) == RSTAT_ERR_ARGUMENT);
	CHECK(rstat_snapshot(NULL, &sample.known, sizeof sample.known) == RSTAT_ERR_ARGUMENT);
	CHECK(rstat_wait(NULL, 0) == RSTAT_ERR_ARGUMENT && rstat_state(NULL) == RSTAT_ERR_ARGUMENT);
	rstat_close(NULL);
	CHECK(strlen(rstat_strerror(RSTAT_ERR_STALE)) > 5 && strlen(rstat_strerror(12345)) > 5);

	CHECK(rstat_open(argv[3], &reader) == RSTAT_OK);
	CHECK(rstat_snapshot_if_new(reader, &sample.known, sizeof sample) == RSTAT_ERR_EMPTY);
	CHECK(!sample.known.sequence && rstat_state(reader) == RSTAT_ERR_EMPTY);
	rstat_close(reader);

	CHECK(rstat_open(argv[1], &reader) == RSTAT_OK);
	CHECK(rstat_state(reader) == RSTAT_OK);
	CHECK(rstat_wait(reader, -1) == RSTAT_OK);
	CHECK(rstat_snapshot(reader, NULL, sizeof sample) == RSTAT_ERR_ARGUMENT);
	CHECK(rstat_snapshot(reader, &sample.known, 8) == RSTAT_ERR_ARGUMENT);
	CHECK(rstat_snapshot(reader, (void *)((char *)&sample + 4), 64) == RSTAT_ERR_ARGUMENT);

	/* The first look of a program that only looks. */
	CHECK(rstat_snapshot_if_new(reader, &sample.known, sizeof sample) == RSTAT_OK);
	CHECK(sample.known.sequence == 2 && !sample.unknown[0]);
	CHECK(rstat_wait(reader, 0) == RSTAT_ERR_TIMEOUT);

	/* A program older than the library: it gets its part and no byte more. */
	memset(&sample, 0xaa, sizeof sample);
	CHECK(rstat_snapshot(reader, &sample.known, 64) == RSTAT_OK);
	CHECK(sample.known.sequence == 2 && sample.known.source == 0xaaaaaaaa);
	/* A younger caller: members that the library does not know are zero. */
	CHECK(rstat_snapshot(reader, &sample.known, sizeof sample) == RSTAT_OK);
	CHECK(!sample.unknown[0] && !sample.unknown[3]);
	CHECK(rstat_wait(reader, 1) == RSTAT_ERR_TIMEOUT);

	/* What was copied is not copied again: nothing is written. */
	memset(&sample, 0xaa, sizeof sample);
	CHECK(rstat_snapshot_if_new(NULL, &sample.known, sizeof sample) == RSTAT_ERR_ARGUMENT);
	CHECK(rstat_snapshot_if_new(reader, NULL, sizeof sample) == RSTAT_ERR_ARGUMENT);
	CHECK(rstat_snapshot_if_new(reader, &sample.known, 8) == RSTAT_ERR_ARGUMENT);
	CHECK(rstat_snapshot_if_new(reader, &sample.known, sizeof sample) == RSTAT_ERR_SEEN);
	CHECK(sample.known.sequence == UINT64_C(0xaaaaaaaaaaaaaaaa));

	CHECK(rstat_snapshot(reader, &sample.known, sizeof sample.known) == RSTAT_OK);
	CHECK(sample.unknown[0] == UINT64_C(0xaaaaaaaaaaaaaaaa));
	check_history(reader, &sample.known);
	check_age(reader);
	rstat_close(reader);
#include "fields.inc"
	printf("\"comm\":\"%s\"\n", sample.known.top_cpu[0].comm);
	return 0;
}
