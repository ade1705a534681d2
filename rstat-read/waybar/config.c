/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "config.h"

#include <string.h>

/* Members that Waybar reads itself, in this and in all other modules. */
static const char *const waybars[] = {
	"actions", "cursor", "expand", "id", "menu", "menu-actions", "menu-file", "module_path",
	"name", "signal", "smooth-scrolling-threshold",
};

static gboolean is_waybars(const char *key)
{
	size_t index;

	for (index = 0; index < G_N_ELEMENTS(waybars); index++)
		if (!strcmp(key, waybars[index]))
			return TRUE;
	/* on-click and the like. */
	return g_str_has_prefix(key, "on-") && strcmp(key, "on-signal");
}

/* The character of a \u escape at *TEXT, which moves behind it; two escapes make up one
 * outside the basic plane. Nothing that is no character gets through. */
static gunichar unescape(const char **text)
{
	gunichar half[2] = { 0, 0 };
	int index, digit;

	for (index = 0; index < 2; index++) {
		const char *at = *text;
		if (at[0] != '\\' || at[1] != 'u')
			break;
		for (digit = 2; digit < 6 && g_ascii_isxdigit(at[digit]); digit++)
			half[index] = half[index] << 4 | (gunichar)g_ascii_xdigit_value(at[digit]);
		if (digit < 6) {
			half[index] = 0;
			break;
		}
		if (index && (half[1] < 0xdc00 || half[1] > 0xdfff))
			break;
		*text += 6;
		if (index)
			return 0x10000 + ((half[0] - 0xd800) << 10) + (half[1] - 0xdc00);
		if (half[0] < 0xd800 || half[0] > 0xdbff)
			break;
	}
	return half[0] && g_unichar_validate(half[0]) ? half[0] : 0xfffd;
}

/* The text of a JSON string without the quotes around it. */
static char *decode(const char *text, const char *end)
{
	static const char escaped[] = "bfnrt", meant[] = "\b\f\n\r\t";
	GString *decoded = g_string_new(NULL);
	const char *found;

	while (text < end) {
		if (*text != '\\') {
			g_string_append_c(decoded, *text++);
		} else if (text[1] == 'u') {
			const char *before = text;
			g_string_append_unichar(decoded, unescape(&text));
			if (text == before)
				text += 2;
		} else {
			found = strchr(escaped, text[1]);
			g_string_append_c(decoded, found ? meant[found - escaped] : text[1]);
			text += 2;
		}
	}
	return g_string_free(decoded, FALSE);
}

/* A value as people mean it: text without quotes, anything else as it stands there. */
static char *plain(const char *value)
{
	size_t length = strlen(value);

	/* Waybar ends JSON with a line feed. */
	while (wbcffi_version >= 2 && length && g_ascii_isspace(value[length - 1]))
		length--;
	if (wbcffi_version >= 2 && length >= 2 && value[0] == '"' && value[length - 1] == '"')
		return decode(value + 1, value + length - 1);
	return g_strndup(value, length);
}

void config_read(struct config *config, const wbcffi_config_entry *entries, size_t count)
{
	size_t index;

	config->options = g_ptr_array_new_with_free_func(g_free);
	/* What style sheets call a custom module of that name. */
	config->css_name = g_strdup("custom-rstat");
	config->is_plain = FALSE;
	config->has_tooltip = TRUE;
	for (index = 0; index < count; index++) {
		const char *key = entries[index].key;
		char *value = plain(entries[index].value);

		if (!strcmp(key, "tooltip")) {
			config->has_tooltip = strcmp(value, "false") != 0;
		} else if (!strcmp(key, "css-name")) {
			g_free(config->css_name);
			config->css_name = g_strdup(value);
		} else if (!is_waybars(key)) {
			if (!strcmp(key, "markup"))
				config->is_plain = !strcmp(value, "none");
			g_ptr_array_add(config->options, g_strdup_printf("%s=%s", key, value));
		}
		g_free(value);
	}
}

void config_clear(struct config *config)
{
	g_ptr_array_free(config->options, TRUE);
	g_free(config->css_name);
}
