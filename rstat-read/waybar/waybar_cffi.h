/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What Waybar, from 0.10 on, and a plugin that it loads with dlopen(3) know of each
 * other: the structures that it hands over, and the names that it looks up.
 *
 * The plugin tells by wbcffi_version which of two interfaces it expects. They differ in
 * one thing, the values of its configuration: in version 1 a string is bare and
 * everything else JSON; in version 2 (Waybar 0.13) all are JSON, strings in quotes.
 * Waybar 0.13 and later accept both versions.
 */
#ifndef WAYBAR_CFFI_H
#define WAYBAR_CFFI_H

#include <gtk/gtk.h>
#include <stddef.h>

/* Waybar's side of a module; opaque. */
typedef struct wbcffi_module wbcffi_module;

/* Handed to wbcffi_init; itself, but not the module in it, is gone afterwards. */
typedef struct {
	wbcffi_module *obj;
	const char *waybar_version;
	/* The container that Waybar has made for the plugin's widgets. */
	GtkContainer *(*get_root_widget)(wbcffi_module *obj);
	/* Has wbcffi_update called from the main loop soon. */
	void (*queue_update)(wbcffi_module *obj);
} wbcffi_init_info;

/* A member of the module's object in Waybar's configuration. */
typedef struct {
	const char *key;
	const char *value;
} wbcffi_config_entry;

extern const size_t wbcffi_version;

/* Makes an instance: one for each bar that has the module. Null if it cannot. */
void *wbcffi_init(const wbcffi_init_info *info, const wbcffi_config_entry *entries, size_t count);

/* Ends an instance; its container still exists. */
void wbcffi_deinit(void *instance);

/* Asked for through queue_update, and once after the start. */
void wbcffi_update(void *instance);

/* Waybar was sent the real-time signal SIGNAL. */
void wbcffi_refresh(void *instance, int signal);

/* A click or the like that the configuration's "actions" map to NAME. */
void wbcffi_doaction(void *instance, const char *name);

#endif /* WAYBAR_CFFI_H */
