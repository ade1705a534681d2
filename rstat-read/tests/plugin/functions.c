/* The functions behind the plugin, called as nobody should and as the plugin does.
 * Arguments: a region that is there, and a name without one. Its memory is
 * counted with glibc.malloc.tcache_count=0, without which freed blocks count as used. */
#include "../c_abi/check.h"
#include "../../waybar/rstat_waybar.h"

#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define ROUNDS 300
/* Memory that threads may still begin to keep: less than the shortest text for each round. */
#define KEPT (ROUNDS * 30)

static char region_option[4200], absent_option[4200];

static struct rstat_waybar *open_one(const char *region)
{
	const char *options[] = { region, "interval=0", "processes" };
	struct rstat_waybar *waybar;

	CHECK(rstat_waybar_open(options, 3, &waybar, NULL, 0) == RSTAT_OK);
	return waybar;
}

static void check_refusals(void)
{
	struct rstat_waybar *waybar = (struct rstat_waybar *)&waybar;
	const char *wrong[] = { "processes", "width=wide" };
	const char *missing[] = { NULL };
	const char *latin1[] = { "format=\xe9" };
	struct rstat_waybar_line line;
	char error[64] = "untouched", little[8];

	CHECK(rstat_waybar_open(wrong, 2, &waybar, error, sizeof error) == RSTAT_ERR_ARGUMENT);
	CHECK(!waybar && !strcmp(error, "width: it is a number from 0 to 200, not 'wide'"));
	CHECK(rstat_waybar_open(wrong, 2, &waybar, little, sizeof little) == RSTAT_ERR_ARGUMENT);
	CHECK(!strcmp(little, "width: "));
	CHECK(rstat_waybar_open(wrong, 2, &waybar, NULL, 9) == RSTAT_ERR_ARGUMENT);
	CHECK(rstat_waybar_open(missing, 1, &waybar, error, sizeof error) == RSTAT_ERR_ARGUMENT);
	CHECK(!strcmp(error, "option 0 is null"));
	CHECK(rstat_waybar_open(latin1, 1, &waybar, error, sizeof error) == RSTAT_ERR_ARGUMENT);
	CHECK(rstat_waybar_open(NULL, 0, NULL, NULL, 0) == RSTAT_ERR_ARGUMENT);
	CHECK(rstat_waybar_next(NULL, 0, &line, sizeof line) == RSTAT_ERR_ARGUMENT);
	CHECK(rstat_waybar_interrupt(NULL) == RSTAT_ERR_ARGUMENT);
	CHECK(rstat_waybar_action(NULL, "detail") == RSTAT_ERR_ARGUMENT);
	CHECK(rstat_waybar_signal(NULL, SIGRTMIN) == RSTAT_ERR_ARGUMENT);
	rstat_waybar_close(NULL);
}

static void check_lines(void)
{
	struct rstat_waybar *waybar = open_one(region_option);
	struct { struct rstat_waybar_line known; uint64_t unknown; } line;
	char *before;

	CHECK(rstat_waybar_next(waybar, -1, NULL, sizeof line) == RSTAT_ERR_ARGUMENT);
	CHECK(rstat_waybar_next(waybar, -1, &line.known, 8) == RSTAT_ERR_ARGUMENT);
	memset(&line, 0xaa, sizeof line);
	/* An action before the first line is in it. */
	CHECK(rstat_waybar_action(waybar, "kernel-threads") == RSTAT_OK);
	CHECK(rstat_waybar_next(waybar, -1, &line.known, sizeof line) == RSTAT_OK);
	CHECK(!line.unknown && !line.known.reserved && line.known.percentage == 23);
	CHECK(strstr(line.known.text, "23%") && strstr(line.known.tooltip, "kworker"));
	CHECK(!strcmp(line.known.alt, "ok") && !strcmp(line.known.classes[0], "ok"));
	CHECK(!line.known.classes[1]);
	CHECK(rstat_waybar_next(waybar, 0, &line.known, sizeof line) == RSTAT_ERR_TIMEOUT);
	CHECK(rstat_waybar_next(waybar, 20, &line.known, sizeof line) == RSTAT_ERR_TIMEOUT);

	before = strdup(line.known.tooltip);
	CHECK(rstat_waybar_action(waybar, NULL) == RSTAT_ERR_ARGUMENT);
	CHECK(rstat_waybar_action(waybar, "dance") == RSTAT_ERR_ARGUMENT);
	CHECK(rstat_waybar_signal(waybar, SIGTERM) == RSTAT_OK);
	CHECK(rstat_waybar_signal(waybar, SIGRTMIN + 1) == RSTAT_OK);
	CHECK(rstat_waybar_next(waybar, 0, &line.known, sizeof line) == RSTAT_ERR_TIMEOUT);
	CHECK(rstat_waybar_signal(waybar, SIGRTMIN + 22) == RSTAT_OK);
	CHECK(rstat_waybar_next(waybar, 0, &line.known, sizeof line) == RSTAT_OK);
	CHECK(strcmp(before, line.known.tooltip) && !strstr(line.known.tooltip, "kworker"));
	free(before);
	rstat_waybar_close(waybar);
}

static void *wait_for_ever(void *waybar)
{
	struct rstat_waybar_line line;
	int result;

	do
		result = rstat_waybar_next(waybar, -1, &line, sizeof line);
	while (result == RSTAT_OK);
	CHECK(result == RSTAT_ERR_INTERRUPTED);
	return waybar;
}

/* A module's whole life, with and without a daemon. */
static void live(const char *region, useconds_t pause_us)
{
	struct rstat_waybar *waybar = open_one(region);
	pthread_t thread;

	CHECK(!pthread_create(&thread, NULL, wait_for_ever, waybar));
	usleep(pause_us);
	CHECK(rstat_waybar_interrupt(waybar) == RSTAT_OK);
	CHECK(!pthread_join(thread, NULL));
	rstat_waybar_close(waybar);
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
	check_lines();
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
