/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The contender of the daemon's start: libbpf loads the same object, attaches the same
 * programs and lists the same processes. Then it writes one byte. It takes no sample.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int fail(const char *what)
{
	perror(what);
	return 1;
}

int main(int argc, char **argv)
{
	struct bpf_object *object = bpf_object__open_file(argc > 1 ? argv[1] : "", NULL);
	struct bpf_program *program;
	char page[4096];

	if (!object)
		return fail("open");
	struct bpf_map *cpus = bpf_object__find_map_by_name(object, "cpus");
	if (bpf_map__set_max_entries(cpus, libbpf_num_possible_cpus()))
		return fail("cpus");
	if (bpf_object__load(object))
		return fail("load");
	bpf_object__for_each_program(program, object) {
		const char *name = bpf_program__name(program);
		if (!strcmp(name, "nothing"))
			continue;
		struct bpf_link *link = bpf_program__attach(program);
		if (!link)
			return fail(name);
		if (strcmp(name, "seed"))
			continue;
		int iterator = bpf_iter_create(bpf_link__fd(link));
		if (iterator < 0)
			return fail(name);
		while (read(iterator, page, sizeof(page)) > 0)
			;
		close(iterator);
	}
	return write(STDOUT_FILENO, ".", 1) != 1;
}
