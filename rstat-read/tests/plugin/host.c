/* A bar for tests: loads the plugin twice, as Waybar does. Commands come on the standard
 * input, and answers go to the standard output.
 *
 *     show           a line for each instance: text, classes, whether to be seen, name,
 *                    tooltip; tabs between, line feeds as \v
 *     action NAME    as a click that is mapped to NAME
 *     signal NUMBER  as SIGRTMIN+NUMBER
 *     reload         all instances end, and others begin
 *     count          threads, open files, mappings of the region
 *     end            all instances end
 *
 * Arguments: the plugin, the region's path, and KEY VALUE of the configuration each. */
#include <gtk/gtk.h>
#include <dirent.h>
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../waybar/waybar_cffi.h"

#define INSTANCES 2

static struct {
	const size_t *version;
	void *(*init)(const wbcffi_init_info *, const wbcffi_config_entry *, size_t);
	void (*deinit)(void *);
	void (*update)(void *);
	void (*refresh)(void *, int);
	void (*doaction)(void *, const char *);
} plugin;

static const char *region;
static wbcffi_config_entry entries[32];
static size_t entry_count;
static GtkWidget *boxes[INSTANCES];
static void *instances[INSTANCES];

static GtkContainer *root_widget(wbcffi_module *box)
{
	return GTK_CONTAINER(box);
}

static void queue_update(wbcffi_module *box)
{
	(void)box;
}

static gboolean begin(void)
{
	char version[] = "test";
	int index;

	for (index = 0; index < INSTANCES; index++) {
		wbcffi_init_info info = { (wbcffi_module *)boxes[index], version, root_widget,
		                          queue_update };
		instances[index] = plugin.init(&info, entries, entry_count);
		/* Waybar does so, too, and nothing of it may be used later. */
		memset(&info, 0xaa, sizeof info);
		if (!instances[index])
			return FALSE;
		plugin.update(instances[index]);
	}
	return TRUE;
}

static void end(void)
{
	int index;

	for (index = 0; index < INSTANCES; index++)
		if (instances[index])
			plugin.deinit(instances[index]);
	memset(instances, 0, sizeof instances);
}

static void show_one(GtkWidget *box)
{
	GList *children = gtk_container_get_children(GTK_CONTAINER(box)), *class;
	GtkWidget *label = children ? children->data : NULL;
	char *tooltip = label ? gtk_widget_get_tooltip_markup(label) : NULL;

	if (!label)
		return;
	printf("%s\t", gtk_label_get_label(GTK_LABEL(label)));
	class = gtk_style_context_list_classes(gtk_widget_get_style_context(label));
	for (GList *each = class; each; each = each->next)
		printf("%s ", (char *)each->data);
	if (tooltip)
		g_strdelimit(tooltip, "\n", '\v');
	printf("\t%s\t%s\t%s\n", gtk_widget_get_visible(box) ? "seen" : "hidden",
	       gtk_widget_get_name(label), tooltip ? tooltip : "");
	g_list_free(class);
	g_list_free(children);
	g_free(tooltip);
}

static int entries_of(const char *directory)
{
	DIR *opened = opendir(directory);
	int count = 0;

	while (readdir(opened))
		count++;
	closedir(opened);
	return count;
}

static int mappings(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[4096];
	int count = 0;

	while (fgets(line, sizeof line, maps))
		count += strstr(line, region) != NULL;
	fclose(maps);
	return count;
}

static void obey(char *line)
{
	int index;

	if (!strcmp(line, "show"))
		for (index = 0; index < INSTANCES; index++)
			show_one(boxes[index]);
	else if (!strcmp(line, "reload"))
		end(), begin();
	else if (!strcmp(line, "end"))
		end();
	else if (!strcmp(line, "count"))
		printf("%d %d %d\n", entries_of("/proc/self/task"), entries_of("/proc/self/fd"),
		       mappings());
	for (index = 0; index < INSTANCES && instances[index]; index++) {
		if (g_str_has_prefix(line, "action "))
			plugin.doaction(instances[index], line + strlen("action "));
		if (g_str_has_prefix(line, "signal "))
			plugin.refresh(instances[index], SIGRTMIN + atoi(line + strlen("signal ")));
	}
	printf(".\n");
	fflush(stdout);
}

static gboolean on_input(GIOChannel *input, GIOCondition condition, gpointer data)
{
	char *line = NULL;
	gsize end_of_line;

	(void)condition;
	(void)data;
	if (g_io_channel_read_line(input, &line, NULL, &end_of_line, NULL) != G_IO_STATUS_NORMAL) {
		gtk_main_quit();
		return FALSE;
	}
	line[end_of_line] = '\0';
	obey(line);
	g_free(line);
	return TRUE;
}

static void *find(void *plugin_file, const char *name)
{
	void *found = dlsym(plugin_file, name);

	if (!found) {
		fprintf(stderr, "%s\n", dlerror());
		exit(1);
	}
	return found;
}

int main(int argc, char **argv)
{
	GtkWidget *window, *row;
	void *file;
	int index;

	gtk_init(&argc, &argv);
	if (argc < 3 || !(file = dlopen(argv[1], RTLD_LAZY))) {
		fprintf(stderr, "%s\n", argc < 3 ? "arguments" : dlerror());
		return 1;
	}
	region = argv[2];
	plugin.version = find(file, "wbcffi_version");
	*(void **)&plugin.init = find(file, "wbcffi_init");
	*(void **)&plugin.deinit = find(file, "wbcffi_deinit");
	*(void **)&plugin.update = find(file, "wbcffi_update");
	*(void **)&plugin.refresh = find(file, "wbcffi_refresh");
	*(void **)&plugin.doaction = find(file, "wbcffi_doaction");
	for (index = 3; index + 1 < argc && entry_count < 32; index += 2)
		entries[entry_count++] = (wbcffi_config_entry){ argv[index], argv[index + 1] };

	window = gtk_window_new(GTK_WINDOW_TOPLEVEL);
	row = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 0);
	gtk_container_add(GTK_CONTAINER(window), row);
	for (index = 0; index < INSTANCES; index++) {
		boxes[index] = gtk_event_box_new();
		gtk_container_add(GTK_CONTAINER(row), boxes[index]);
	}
	if (!begin())
		return 3;
	gtk_widget_show_all(window);
	printf("version %zu\n.\n", *plugin.version);
	fflush(stdout);
	g_io_add_watch(g_io_channel_unix_new(0), G_IO_IN | G_IO_HUP, on_input, NULL);
	gtk_main();
	end();
	return 0;
}
