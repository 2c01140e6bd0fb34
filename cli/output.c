/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"

static bool reader_is_gone(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO};

    return poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0;
}

bool flush_output(struct err *err)
{
    errno = EIO; /* should an earlier write have failed, whose errno is gone */
    if (fflush(stdout) == 0 && ferror(stdout) == 0)
        return true;
    return reader_is_gone() || err_errno(err, E_FILE_WRITE, "writing to standard output");
}

bool print_or_save(struct cli *cli, struct slice text, struct err *err)
{
    const char *path = cli_option(cli, "output");

    if (path != NULL)
        return file_save(path, text, 0600, err);
    (void)fwrite(text.ptr, 1, text.len, stdout);
    return flush_output(err);
}

static int to_buf(const char *text, size_t len, void *ctx)
{
    buf_put(ctx, slice_of(text, len));
    return 0;
}

void put_json(struct buf *b, const json_t *value, size_t flags)
{
    (void)json_dump_callback(value, to_buf, b, flags | JSON_ENCODE_ANY);
}

bool print_or_save_json(struct cli *cli, const json_t *value, struct err *err)
{
    scoped(buf_wipe) struct buf b = buf_max(LIMIT_STATE);

    put_json(&b, value, JSON_INDENT(2));
    buf_str(&b, "\n");
    return print_or_save(cli, buf_bytes(&b), err);
}

bool save_new(const char *path, struct slice contents, struct err *err)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok;

    if (fd < 0)
        return errno == EEXIST ? err_set(err, E_FILE_WRITE, "%s exists already and is not overwritten", path)
                               : err_errno(err, E_FILE_WRITE, "%s", path);
    ok = file_write_all(fd, contents) && fsync(fd) == 0;
    if (!ok)
        (void)err_errno(err, E_FILE_WRITE, "%s", path);
    if (close(fd) != 0 && ok)
        ok = err_errno(err, E_FILE_WRITE, "%s", path);
    if (!ok)
        (void)unlink(path);
    return ok;
}

bool wants_colour(FILE *to)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

    return (no == NULL || no[0] == '\0') && term != NULL && strcmp(term, "dumb") != 0 &&
           isatty(fileno(to)) == 1;
}

bool confirm(struct cli *cli, const char *what, enum unasked alone, struct err *err)
{
    char answer[16] = "";

    if (cli_flag(cli, "yes"))
        return true;
    if (isatty(STDIN_FILENO) != 1 || isatty(STDERR_FILENO) != 1)
        return alone == UNASKED_GOES_ON ||
               err_set(err, E_USAGE, "%s: say --yes if that is what is wanted", what);
    (void)fflush(stdout);
    (void)fprintf(stderr, "%s. Go on? Type yes: ", what);
    if (fgets(answer, sizeof answer, stdin) != NULL && strcmp(answer, "yes\n") == 0)
        return true;
    return err_set(err, E_USAGE, "not confirmed: nothing was done");
}
