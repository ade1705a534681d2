/* Calls the functions of a module with wrong arguments, and as a bar does. Arguments:
 * a region that exists, and a name without a region. */
#define _GNU_SOURCE
#include "check.h"
#include <rstat_read.h>

#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define ROUNDS 300
/* Memory that threads may still begin to keep: less than the shortest text for each round. */
#define KEPT (ROUNDS * 30)

static char region_option[4200], absent_option[4200];

static struct rstat_module *open_one(const char *region)
{
	const char *options[] = { region, "interval=0", "processes" };
	struct rstat_module *module;

	CHECK(rstat_module_open(options, 3, &module, NULL, 0) == RSTAT_OK);
	return module;
}

static void check_refusals(void)
{
	struct rstat_module *module = (struct rstat_module *)&module;
	const char *wrong[] = { "processes", "width=wide" };
	const char *missing[] = { NULL };
	const char *latin1[] = { "format=\xe9" };
	struct rstat_appearance shown;
	char error[64] = "untouched", little[8];

	CHECK(rstat_module_open(wrong, 2, &module, error, sizeof error) == RSTAT_ERR_ARGUMENT);
	CHECK(!module && !strcmp(error, "width: it is a number from 0 to 200, not 'wide'"));
	CHECK(rstat_module_open(wrong, 2, &module, little, sizeof little) == RSTAT_ERR_ARGUMENT);
	CHECK(!strcmp(little, "width: "));
	CHECK(rstat_module_open(wrong, 2, &module, NULL, 9) == RSTAT_ERR_ARGUMENT);
	CHECK(rstat_module_open(missing, 1, &module, error, sizeof error) == RSTAT_ERR_ARGUMENT);
	CHECK(!strcmp(error, "option 0 is null"));
	CHECK(rstat_module_open(latin1, 1, &module, error, sizeof error) == RSTAT_ERR_ARGUMENT);
	CHECK(rstat_module_open(NULL, 0, NULL, NULL, 0) == RSTAT_ERR_ARGUMENT);
	CHECK(rstat_module_next(NULL, 0, &shown, sizeof shown) == RSTAT_ERR_ARGUMENT);
	CHECK(rstat_module_interrupt(NULL) == RSTAT_ERR_ARGUMENT);
	CHECK(rstat_module_action(NULL, "detail") == RSTAT_ERR_ARGUMENT);
	CHECK(rstat_module_signal(NULL, SIGRTMIN) == RSTAT_ERR_ARGUMENT);
	rstat_module_close(NULL);
}

static void check_appearances(void)
{
	struct rstat_module *module = open_one(region_option);
	struct { struct rstat_appearance known; uint64_t unknown; } shown;
	char *before;

	CHECK(rstat_module_next(module, -1, NULL, sizeof shown) == RSTAT_ERR_ARGUMENT);
	CHECK(rstat_module_next(module, -1, &shown.known, 8) == RSTAT_ERR_ARGUMENT);
	memset(&shown, 0xaa, sizeof shown);
	/* The first appearance shows the effect of an action before it. */
	CHECK(rstat_module_action(module, "kernel-threads") == RSTAT_OK);
	CHECK(rstat_module_next(module, -1, &shown.known, sizeof shown) == RSTAT_OK);
	CHECK(!shown.unknown && !shown.known.reserved && shown.known.percentage == 23);
	CHECK(strstr(shown.known.text, "23%") && strstr(shown.known.tooltip, "kworker"));
	CHECK(!strcmp(shown.known.alt, "ok") && !strcmp(shown.known.classes[0], "ok"));
	CHECK(!shown.known.classes[1]);
	CHECK(rstat_module_next(module, 0, &shown.known, sizeof shown) == RSTAT_ERR_TIMEOUT);
	CHECK(rstat_module_next(module, 20, &shown.known, sizeof shown) == RSTAT_ERR_TIMEOUT);

	before = strdup(shown.known.tooltip);
	CHECK(rstat_module_action(module, NULL) == RSTAT_ERR_ARGUMENT);
	CHECK(rstat_module_action(module, "dance") == RSTAT_ERR_ARGUMENT);
	CHECK(rstat_module_signal(module, SIGTERM) == RSTAT_OK);
	CHECK(rstat_module_signal(module, SIGRTMIN + 1) == RSTAT_OK);
	CHECK(rstat_module_next(module, 0, &shown.known, sizeof shown) == RSTAT_ERR_TIMEOUT);
	CHECK(rstat_module_signal(module, SIGRTMIN + 22) == RSTAT_OK);
	CHECK(rstat_module_next(module, 0, &shown.known, sizeof shown) == RSTAT_OK);
	CHECK(strcmp(before, shown.known.tooltip) && !strstr(shown.known.tooltip, "kworker"));
	free(before);
	rstat_module_close(module);
}

static void *wait_for_ever(void *module)
{
	struct rstat_appearance shown;
	int result;

	do
		result = rstat_module_next(module, -1, &shown, sizeof shown);
	while (result == RSTAT_OK);
	CHECK(result == RSTAT_ERR_INTERRUPTED);
	return module;
}

/* A module's whole life, with and without a daemon. */
static void live(const char *region, useconds_t pause_us)
{
	struct rstat_module *module = open_one(region);
	pthread_t thread;

	CHECK(!pthread_create(&thread, NULL, wait_for_ever, module));
	usleep(pause_us);
	CHECK(rstat_module_interrupt(module) == RSTAT_OK);
	CHECK(!pthread_join(thread, NULL));
	rstat_module_close(module);
}

int main(int argc, char **argv)
{
	size_t before = 0;
	int round;

	alarm(60); /* the end of a program that waits for ever */
	CHECK(argc == 3);
	snprintf(region_option, sizeof region_option, "shm=%s", argv[1]);
	snprintf(absent_option, sizeof absent_option, "shm=%s", argv[2]);
	check_refusals();
	check_appearances();
	for (round = 0; round < ROUNDS; round++) {
		/* What is made once and kept is there, or most of it. */
		if (round == ROUNDS / 10)
			before = mallinfo2().uordblks;
		live(region_option, round % 4 * 1000);
		live(absent_option, round % 4 * 1000);
	}
	CHECK(mallinfo2().uordblks < before + KEPT);
	return 0;
}
