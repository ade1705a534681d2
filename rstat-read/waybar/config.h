/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The module's object in Waybar's configuration. */
#ifndef CONFIG_H
#define CONFIG_H

#include "waybar_cffi.h"

struct config {
	GPtrArray *options; /* of rstat_module_open: NAME=VALUE */
	char *css_name;     /* the label's name in style sheets */
	gboolean is_plain;  /* the text is no markup */
	gboolean has_tooltip;
};

/* Reads what concerns us and leaves out what is Waybar's own. */
void config_read(struct config *config, const wbcffi_config_entry *entries, size_t count);
void config_clear(struct config *config);

#endif /* CONFIG_H */
