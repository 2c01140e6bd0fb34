/* SPDX-License-Identifier: Apache-2.0 */
/* cli/man.c: writes the manual pages, from the table that help is made from.
 *
 * usage: meshctl_man FOLDER: meshctl.1 and a page for each command, meshctl-manifest-set.1 ...
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/scope.h"
#include "base/secret.h"
#include "cli/command.h"

const char program_name[] = "meshctl";

/* Text of roff: backslashes and hyphens as they are, and no line that begins with a request. */
static void put_text(struct buf *b, const char *text)
{
    for (bool begins = true; *text != '\0'; begins = *text++ == '\n') {
        if (begins && (*text == '.' || *text == '\''))
            buf_str(b, "\\&");
        if (*text == '\\')
            buf_str(b, "\\e");
        else if (*text == '-')
            buf_str(b, "\\-");
        else
            buf_u8(b, (uint8_t)*text);
    }
}

static void put_options(struct buf *b, const struct option *o)
{
    for (; o != NULL && o->name != NULL; o++) {
        buf_str(b, ".TP\n.B ");
        if (o->letter != 0)
            buf_printf(b, "\\-%c, ", o->letter);
        put_text(b, "--");
        put_text(b, o->name);
        if (o->value != NULL)
            buf_printf(b, " \\fI%s\\fR", o->value);
        buf_str(b, "\n");
        put_text(b, o->help);
        if (o->fallback != NULL) {
            buf_str(b, " (default ");
            put_text(b, o->fallback);
            buf_str(b, ")");
        }
        buf_str(b, "\n");
    }
}

static const char *page_name(struct arena *a, const struct command *c)
{
    char *name = arena_printf(a, "meshctl-%s", c->words);

    for (char *l = name; *l != '\0'; l++)
        if (*l == ' ')
            *l = '-';
    return name;
}

static void put_command(struct buf *b, struct arena *a, const struct command *c)
{
    buf_printf(b, ".TH \"%s\" 1 \"\" \"marblemesh %s\" \"marblemesh\"\n.SH NAME\n", page_name(a, c),
               MARBLEMESH_VERSION);
    put_text(b, page_name(a, c));
    buf_str(b, " \\- ");
    put_text(b, c->summary);
    buf_str(b, "\n.SH SYNOPSIS\n.B meshctl ");
    put_text(b, c->words);
    buf_str(b, "\n[OPTION...] ");
    put_text(b, c->arguments);
    buf_str(b, "\n.SH DESCRIPTION\n");
    put_text(b, c->description);
    buf_str(b, "\n.SH OPTIONS\n");
    put_options(b, c->options);
    buf_str(b, ".PP\nOptions of every command:\n");
    put_options(b, global_options);
    buf_str(b, ".SH EXAMPLES\n.nf\n");
    put_text(b, c->examples);
    buf_str(b, "\n.fi\n.SH SEE ALSO\n.BR meshctl (1)\n");
}

static void put_overview(struct buf *b, struct arena *a)
{
    buf_printf(b,
               ".TH \"meshctl\" 1 \"\" \"marblemesh %s\" \"marblemesh\"\n.SH NAME\nmeshctl \\- the tool of "
               "who runs an "
               "attested mesh\n.SH SYNOPSIS\n.B meshctl\nCOMMAND [OPTION...] [ARGUMENT...]\n.SH COMMANDS\n",
               MARBLEMESH_VERSION);
    for (const struct command *c = command_next(NULL); c != NULL; c = command_next(c)) {
        buf_str(b, ".TP\n.BR ");
        put_text(b, page_name(a, c));
        buf_str(b, " (1)\n");
        put_text(b, c->summary);
        buf_str(b, "\n");
    }
    buf_str(b, ".SH OPTIONS\n");
    put_options(b, global_options);
    buf_str(
        b, ".SH EXIT STATUS\n0 if it was done, 1 if not. Commands that tell more say so on their own pages.\n"
           ".SH ENVIRONMENT\n.TP\n.B NO_COLOR\nno colours, also on a terminal\n.TP\n.B XDG_CONFIG_HOME, "
           "HOME\nwhere "
           "the coordinator's certificate is cached\n");
}

static bool save(const char *folder, const char *name, const struct buf *b, struct arena *a, struct err *err)
{
    return file_save(arena_printf(a, "%s/%s.1", folder, name), buf_bytes(b), 0644, err);
}

static bool write_pages(const char *folder, struct arena *a, struct err *err)
{
    scoped(buf_wipe) struct buf overview = buf_max(1024 * 1024);

    if (!file_make_folders(folder, 0755, err))
        return false;
    put_overview(&overview, a);
    if (!save(folder, "meshctl", &overview, a, err))
        return false;
    for (const struct command *c = command_next(NULL); c != NULL; c = command_next(c)) {
        scoped(buf_wipe) struct buf b = buf_max(1024 * 1024);

        put_command(&b, a, c);
        if (!save(folder, page_name(a, c), &b, a, err))
            return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    scoped(arena_wipe) struct arena a = {0};
    struct err err = {0};

    secret_init();
    if (argc == 2 && write_pages(argv[1], &a, &err))
        return EXIT_SUCCESS;
    (void)fprintf(stderr, "meshctl_man: %s\n", argc == 2 ? err.text : "usage: meshctl_man FOLDER");
    return EXIT_FAILURE;
}
