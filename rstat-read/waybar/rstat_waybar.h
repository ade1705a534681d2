/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What rstat-waybar prints, for the plugin that draws it. These functions are linked
 * into the plugin (`make waybar-cffi`) and are not in librstat_read.so, which is for
 * reading samples and need not know how they are shown. Results are those of
 * rstat_read.h.
 */
#ifndef RSTAT_WAYBAR_H
#define RSTAT_WAYBAR_H

#include <rstat_read.h>

/* What a module of a bar shows. All text is UTF-8 and ends with a zero. */
struct rstat_waybar_line {
	const char *text;           /* in the bar; empty: hide the module. Pango markup, unless the
	                             * option markup=none was set */
	const char *tooltip;        /* the same for the tooltip; may have several lines */
	const char *alt;            /* a word for the state, or what the option alt says */
	const char *const *classes; /* CSS classes, the state first; a null pointer ends them */
	int32_t percentage;         /* of the CPU or what the option percentage says, 0 to 100; -1:
	                             * not known */
	uint32_t reserved;          /* always 0 */
};

/* A module of a bar. */
struct rstat_waybar;

/* Makes a module of a bar, which shows what rstat-waybar prints: for a plugin that
 * draws it without a process and a pipe. OPTIONS are COUNT strings NAME=VALUE as that
 * program's options without the dashes, such as "warning=cpu=70"; all but once, help
 * and version. A region need not be there. On a wrong option *WAYBAR is null and ERROR,
 * if not null, an array of SIZE bytes, says on one line what would be right:
 * RSTAT_ERR_ARGUMENT. Threads may share a module as they may a reader. */
int rstat_waybar_open(const char *const *options, size_t count, struct rstat_waybar **waybar,
                      char *error, size_t size);

/* Frees a module, after all threads have left rstat_waybar_next; null is ignored. */
void rstat_waybar_close(struct rstat_waybar *waybar);

/* Sleeps until the module looks other than at the last call (the first returns at
 * once), and says how. The daemon's absence is something to show, too, so there are no
 * errors but RSTAT_ERR_TIMEOUT after TIMEOUT_MS milliseconds (negative: never) and
 * RSTAT_ERR_INTERRUPTED. SIZE is sizeof *LINE. The text belongs to the module and
 * stays until the next call: one thread at a time should ask. */
int rstat_waybar_next(struct rstat_waybar *waybar, int64_t timeout_ms,
                      struct rstat_waybar_line *line, size_t size);

/* What rstat_interrupt is for a reader. */
int rstat_waybar_interrupt(struct rstat_waybar *waybar);

/* Changes what the tooltip shows: "detail", "kernel-threads" or "processes", each to
 * its next state. rstat_waybar_next returns with it. */
int rstat_waybar_action(struct rstat_waybar *waybar, const char *name);

/* The same by a signal's number, SIGRTMIN or more, as the option on-signal maps it. The
 * library catches no signal: whoever does tells it. A number that is not mapped does
 * nothing. */
int rstat_waybar_signal(struct rstat_waybar *waybar, int signal);

#endif /* RSTAT_WAYBAR_H */
