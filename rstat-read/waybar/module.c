/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * rstat as a plugin of Waybar: a module of librstat_read.so in a label.
 *
 * A thread sleeps in rstat_module_next and hands each appearance to the main loop, which
 * alone touches widgets. Nothing wakes while nothing changes.
 */
#include "config.h"
#include "waybar_cffi.h"

#include <rstat_read.h>
#include <signal.h>
#include <string.h>

#ifndef WBCFFI_ABI
#define WBCFFI_ABI 1 /* which all Waybars from 0.10 on know */
#endif

const size_t wbcffi_version = WBCFFI_ABI;

/* What is to be seen. */
struct look {
	char *text;
	char *tooltip;
	char **classes;
};

struct instance {
	struct rstat_module *module;
	struct config config;
	GtkWidget *root;
	GtkWidget *label;
	struct look *drawn; /* the main loop's */
	GThread *thread;
	GMutex lock;
	struct look *next; /* under lock: drawn next, if any */
	guint source;      /* under lock: makes the main loop draw, if any */
};

static struct look *look_new(const struct rstat_appearance *shown)
{
	struct look *look = g_new(struct look, 1);

	look->text = g_strdup(shown->text);
	look->tooltip = g_strdup(shown->tooltip);
	look->classes = g_strdupv((char **)shown->classes);
	return look;
}

static void look_free(struct look *look)
{
	if (!look)
		return;
	g_free(look->text);
	g_free(look->tooltip);
	g_strfreev(look->classes);
	g_free(look);
}

static void draw_classes(GtkWidget *label, char **before, char **now)
{
	GtkStyleContext *style = gtk_widget_get_style_context(label);

	for (; before && *before; before++)
		if (!g_strv_contains((const char *const *)now, *before))
			gtk_style_context_remove_class(style, *before);
	for (; *now; now++)
		gtk_style_context_add_class(style, *now);
}

static void draw_tooltip(struct instance *instance, const char *tooltip)
{
	/* GTK counts the time until a tooltip comes up anew with each call. */
	if (!instance->config.has_tooltip)
		return;
	if (instance->drawn && !strcmp(instance->drawn->tooltip, tooltip))
		return;
	if (instance->config.is_plain)
		gtk_widget_set_tooltip_text(instance->label, tooltip);
	else
		gtk_widget_set_tooltip_markup(instance->label, tooltip);
}

/* Draws what the thread has left, in the main loop. */
static gboolean draw(gpointer data)
{
	struct instance *instance = data;
	struct look *look;

	g_mutex_lock(&instance->lock);
	look = instance->next;
	instance->next = NULL;
	instance->source = 0;
	g_mutex_unlock(&instance->lock);
	if (!look)
		return G_SOURCE_REMOVE;
	if (instance->config.is_plain)
		gtk_label_set_text(GTK_LABEL(instance->label), look->text);
	else
		gtk_label_set_markup(GTK_LABEL(instance->label), look->text);
	draw_tooltip(instance, look->tooltip);
	draw_classes(instance->label, instance->drawn ? instance->drawn->classes : NULL, look->classes);
	gtk_widget_set_visible(instance->root, *look->text);
	look_free(instance->drawn);
	instance->drawn = look;
	return G_SOURCE_REMOVE;
}

static gpointer follow(gpointer data)
{
	struct instance *instance = data;
	struct rstat_appearance shown;

	while (rstat_module_next(instance->module, -1, &shown, sizeof shown) == RSTAT_OK) {
		struct look *look = look_new(&shown);

		g_mutex_lock(&instance->lock);
		look_free(instance->next);
		instance->next = look;
		if (!instance->source)
			instance->source = g_idle_add_full(G_PRIORITY_DEFAULT, draw, instance, NULL);
		g_mutex_unlock(&instance->lock);
	}
	return NULL;
}

/* Starts the thread with all signals blocked: they are Waybar's. */
static gboolean start(struct instance *instance)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	instance->thread = g_thread_try_new("rstat", follow, instance, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return instance->thread != NULL;
}

static void instance_free(struct instance *instance)
{
	rstat_module_close(instance->module);
	look_free(instance->next);
	look_free(instance->drawn);
	config_clear(&instance->config);
	g_mutex_clear(&instance->lock);
	g_free(instance);
}

void *wbcffi_init(const wbcffi_init_info *info, const wbcffi_config_entry *entries, size_t count)
{
	struct instance *instance = g_new0(struct instance, 1);
	char error[512] = "";
	int result;

	g_mutex_init(&instance->lock);
	config_read(&instance->config, entries, count);
	result = rstat_module_open((const char *const *)instance->config.options->pdata,
	                           instance->config.options->len, &instance->module, error,
	                           sizeof error);
	if (result != RSTAT_OK) {
		g_printerr("rstat: %s\n", *error ? error : rstat_strerror(result));
		instance_free(instance);
		return NULL;
	}
	instance->root = GTK_WIDGET(info->get_root_widget(info->obj));
	instance->label = gtk_label_new(NULL);
	gtk_widget_set_name(instance->label, instance->config.css_name);
	/* As Waybar's own modules have it. */
	gtk_style_context_add_class(gtk_widget_get_style_context(instance->label), "module");
	gtk_container_add(GTK_CONTAINER(instance->root), instance->label);
	gtk_widget_show(instance->label);
	if (!start(instance)) {
		g_printerr("rstat: cannot start a thread\n");
		gtk_widget_destroy(instance->label);
		instance_free(instance);
		return NULL;
	}
	return instance;
}

void wbcffi_deinit(void *data)
{
	struct instance *instance = data;

	rstat_module_interrupt(instance->module);
	g_thread_join(instance->thread);
	/* The thread is gone, so no other source follows. */
	if (instance->source)
		g_source_remove(instance->source);
	gtk_widget_destroy(instance->label);
	instance_free(instance);
}

void wbcffi_update(void *data)
{
	struct instance *instance = data;
	guint source;

	g_mutex_lock(&instance->lock);
	source = instance->source;
	g_mutex_unlock(&instance->lock);
	/* Only this thread takes it away. */
	if (source) {
		g_source_remove(source);
		draw(instance);
	}
}

void wbcffi_refresh(void *data, int signal)
{
	struct instance *instance = data;

	rstat_module_signal(instance->module, signal);
}

void wbcffi_doaction(void *data, const char *name)
{
	struct instance *instance = data;

	/* A name that is none of ours may be meant for Waybar. */
	rstat_module_action(instance->module, name);
}
