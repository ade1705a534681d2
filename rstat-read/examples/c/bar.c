/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Prints a line for each change of a module of a bar, as a bar would draw the module.
 *
 *     cc bar.c $(pkg-config --cflags --libs rstat_read) -o bar && ./bar 0 markup=none
 *
 * Usage: bar COUNT [NAME=VALUE]...; the program ends after COUNT lines, or never with 0.
 * NAME=VALUE are options of rstat-waybar. */
#include <inttypes.h>
#include <rstat_read.h>
#include <stdio.h>
#include <stdlib.h>

static void draw(const struct rstat_appearance *shown)
{
	const char *const *class;

	/* An empty text hides the module. */
	if (*shown->text) {
		printf("%s (", shown->text);
		for (class = shown->classes; *class; class++)
			printf("%s%s", class == shown->classes ? "" : " ", *class);
		if (shown->percentage >= 0)
			printf(", %" PRId32 " %%", shown->percentage);
		printf(")");
	}
	printf("\n");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	long count = argc > 1 ? atol(argv[1]) : 0;
	const char *const *options = (const char *const *)argv + 2;
	size_t option_count = argc > 2 ? (size_t)argc - 2 : 0;
	struct rstat_appearance shown;
	struct rstat_module *module;
	char error[256] = "";
	int result = rstat_module_open(options, option_count, &module, error, sizeof error);

	while (result == RSTAT_OK) {
		result = rstat_module_next(module, -1, &shown, sizeof shown);
		if (result == RSTAT_OK)
			draw(&shown);
		if (count && !--count)
			break;
	}
	rstat_module_close(module);
	if (result != RSTAT_OK)
		fprintf(stderr, "bar: %s\n", *error ? error : rstat_strerror(result));
	return result != RSTAT_OK;
}
