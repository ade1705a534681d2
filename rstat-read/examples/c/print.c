/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Prints the latest sample, or with a second argument that many samples as they come.
 *
 *     cc print.c $(pkg-config --cflags --libs rstat_read) -o print && ./print
 *
 * Usage: print [REGION [COUNT]]; an empty REGION is the usual one. */
#include <inttypes.h>
#include <rstat_read.h>
#include <stdio.h>
#include <stdlib.h>

/* A value that is not known is not a zero: its validity bit says so. */
static void print(const char *name, int known, int64_t value)
{
	if (known)
		printf("%s %" PRId64 "\n", name, value);
	else
		printf("%s -\n", name);
}

static void print_sample(const struct rstat_snapshot *sample)
{
	int has_memory = (sample->valid & RSTAT_VALID_MEMORY) != 0;
	int row;

	print("sequence", 1, (int64_t)sample->sequence);
	print("cpu_busy_ppm", (sample->valid & RSTAT_VALID_CPU) != 0, sample->cpu_busy_ppm);
	print("cpu_temperature_mc", (sample->valid & RSTAT_VALID_CPU_TEMPERATURE) != 0,
	      sample->cpu_temperature_mc);
	print("memory_total_bytes", has_memory, (int64_t)sample->memory_total_bytes);
	print("memory_used_bytes", has_memory, (int64_t)sample->memory_used_bytes);
	print("swap_used_bytes", (sample->valid & RSTAT_VALID_SWAP) != 0,
	      (int64_t)sample->swap_used_bytes);
	if (!(sample->valid & RSTAT_VALID_PROCESS_CPU))
		return;
	for (row = 0; row < RSTAT_TOP_ROWS && sample->top_cpu[row].count; row++)
		printf("top_cpu %s %" PRIu32 "\n", sample->top_cpu[row].comm,
		       sample->top_cpu[row].cpu_ppm);
}

static void print_history(struct rstat_reader *reader)
{
	struct rstat_history_point points[60];
	size_t point, count = sizeof points / sizeof *points;

	if (rstat_history(reader, points, sizeof *points, &count) != RSTAT_OK)
		return;
	printf("history");
	for (point = 0; point < count; point++)
		if (points[point].valid & RSTAT_VALID_CPU)
			printf(" %" PRIu32, points[point].cpu_busy_ppm);
	printf("\n");
}

int main(int argc, char **argv)
{
	const char *path = argc > 1 && *argv[1] ? argv[1] : NULL;
	long count = argc > 2 ? atol(argv[2]) : 1;
	struct rstat_snapshot sample;
	struct rstat_reader *reader;
	int result = rstat_open(path, &reader);

	while (result == RSTAT_OK && count-- > 0) {
		result = rstat_snapshot(reader, &sample, sizeof sample);
		if (result == RSTAT_OK) {
			print_sample(&sample);
			print_history(reader);
			fflush(stdout);
		}
		if (count > 0)
			result = rstat_wait(reader, -1);
	}
	rstat_close(reader);
	if (result != RSTAT_OK)
		fprintf(stderr, "print: %s\n", rstat_strerror(result));
	return result != RSTAT_OK;
}
