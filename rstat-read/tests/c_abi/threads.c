/* Many threads with one reader, while the region is written to, left by its daemon
 * and replaced again and again. Arguments: the region, how many daemons to wait for. */
#include "check.h"
#include <pthread.h>
#include <rstat_read.h>
#include <stdlib.h>
#include <unistd.h>

#define COPIERS 3

static struct rstat_reader *reader;
static long wanted;
static unsigned long copied[COPIERS];

/* The samples are made so that each figure follows from the first. */
static void check_whole(const struct rstat_snapshot *sample)
{
	uint32_t round = sample->cpu_busy_ppm;

	CHECK(sample->memory_used_bytes == UINT64_C(3) * round);
	CHECK(sample->cores[RSTAT_MAX_CORES - 1] == round);
	CHECK(sample->top_io[0].rss_bytes == UINT64_C(5) * round);
}

static void *copy(void *count)
{
	struct rstat_snapshot sample;
	struct rstat_history_point points[64];
	size_t filled;
	int result;

	/* An interrupt ends all of these threads. */
	while (rstat_wait(reader, 0) != RSTAT_ERR_INTERRUPTED) {
		result = rstat_snapshot(reader, &sample, sizeof sample);
		CHECK(result == RSTAT_OK || result == RSTAT_ERR_BUSY);
		if (result == RSTAT_OK) {
			check_whole(&sample);
			++*(unsigned long *)count;
		}
		filled = sizeof points / sizeof *points;
		CHECK(rstat_history(reader, points, sizeof *points, &filled) == RSTAT_OK);
		while (filled-- > 1)
			CHECK(points[filled].monotonic_ns >= points[filled - 1].monotonic_ns);
	}
	return NULL;
}

/* Sees to it that rstat_wait has nothing to wait for but what others do. */
static void *sleep_on(void *unused)
{
	int result;

	do {
		result = rstat_wait(reader, -1);
		CHECK(result != RSTAT_ERR_TIMEOUT);
	} while (result != RSTAT_ERR_INTERRUPTED);
	return unused;
}

static void *ask(void *unused)
{
	uint64_t age_ns;
	int result;

	while (rstat_wait(reader, 1) != RSTAT_ERR_INTERRUPTED) {
		result = rstat_state(reader);
		CHECK(result == RSTAT_OK || result == RSTAT_ERR_STALE || result == RSTAT_ERR_STOPPED);
		CHECK(rstat_age(reader, &age_ns) == RSTAT_OK);
	}
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t threads[COPIERS + 3];
	struct rstat_snapshot sample;
	uint64_t instance = 0;
	int index, restarts = 0;

	alarm(60); /* the end of a program that waits for ever */
	CHECK(argc == 3 && (wanted = atol(argv[2])) > 0);
	CHECK(rstat_open(argv[1], &reader) == RSTAT_OK);
	for (index = 0; index < COPIERS; index++)
		CHECK(!pthread_create(&threads[index], NULL, copy, &copied[index]));
	CHECK(!pthread_create(&threads[COPIERS], NULL, sleep_on, NULL));
	CHECK(!pthread_create(&threads[COPIERS + 1], NULL, sleep_on, NULL));
	CHECK(!pthread_create(&threads[COPIERS + 2], NULL, ask, NULL));
	while (restarts < wanted) {
		CHECK(rstat_wait(reader, 10) != RSTAT_ERR_INTERRUPTED);
		if (rstat_snapshot(reader, &sample, sizeof sample) == RSTAT_OK) {
			check_whole(&sample);
			restarts += instance != sample.instance;
			instance = sample.instance;
		}
	}
	CHECK(rstat_interrupt(reader) == RSTAT_OK);
	for (index = 0; index < COPIERS + 3; index++)
		CHECK(!pthread_join(threads[index], NULL));
	for (index = 0; index < COPIERS; index++)
		CHECK(copied[index] > 0);
	rstat_close(reader);
	return 0;
}
