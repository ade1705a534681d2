/* Counts what snapshots cost: allocations by an allocator of its own, system calls
 * between two calls of getppid(2) for strace(1) to see. Argument: a region. */
#include "check.h"
#include <rstat_read.h>
#include <stddef.h>
#include <unistd.h>

#define ROUNDS 10000

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *pointer, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *pointer);
int posix_memalign(void **pointer, size_t alignment, size_t size);

static unsigned long allocations;

void *malloc(size_t size)
{
	allocations++;
	return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	allocations++;
	return __libc_calloc(count, size);
}

void *realloc(void *pointer, size_t size)
{
	allocations++;
	return __libc_realloc(pointer, size);
}

int posix_memalign(void **pointer, size_t alignment, size_t size)
{
	allocations++;
	*pointer = __libc_memalign(alignment, size);
	return *pointer ? 0 : 12;
}

void free(void *pointer)
{
	__libc_free(pointer);
}

int main(int argc, char **argv)
{
	static struct rstat_snapshot sample;
	static struct rstat_history_point points[64];
	struct rstat_reader *reader;
	size_t count;
	int64_t value;
	unsigned long before;
	int round;

	CHECK(argc == 2);
	before = allocations;
	CHECK(rstat_open(argv[1], &reader) == RSTAT_OK);
	CHECK(allocations > before); /* or the library has another allocator */
	before = allocations;
	getppid();
	for (round = 0; round < ROUNDS; round++) {
		CHECK(rstat_snapshot(reader, &sample, sizeof sample) == RSTAT_OK);
		CHECK(rstat_snapshot_if_new(reader, &sample, sizeof sample) == RSTAT_ERR_SEEN);
		count = sizeof points / sizeof *points;
		CHECK(rstat_history(reader, points, sizeof *points, &count) == RSTAT_OK && count);
		CHECK(rstat_get(&sample, sizeof sample, "cpu_busy_ppm", &value) == RSTAT_OK);
	}
	getppid();
	CHECK(rstat_wait(reader, 0) == RSTAT_ERR_TIMEOUT && rstat_state(reader) == RSTAT_OK);
	CHECK(allocations == before);
	rstat_close(reader);
	return 0;
}
