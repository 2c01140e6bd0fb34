/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/update_log.h"

#include "base/clock.h"
#include "base/json.h"

/* ISO 8601 with milliseconds, UTC. */
void line_begin(struct buf *b, int64_t now, const char *update)
{
    char time[RFC3339_LEN + 1];

    rfc3339_format(time, now);
    buf_printf(b, "{\"time\":\"%.*s.000Z\"", RFC3339_LEN - 1, time);
    line_text(b, "update", update);
}

static void member(struct buf *b, const char *name) { buf_printf(b, ",\"%s\":", name); }

void line_text(struct buf *b, const char *name, const char *value)
{
    member(b, name);
    json_put_string(b, slice_str(value));
}

void line_number(struct buf *b, const char *name, uint64_t value)
{
    member(b, name);
    buf_printf(b, "%llu", (unsigned long long)value);
}

void line_names(struct buf *b, const char *name, const char *const *names, size_t num)
{
    member(b, name);
    buf_str(b, "[");
    for (size_t i = 0; i < num; i++) {
        buf_str(b, i == 0 ? "" : ",");
        json_put_string(b, slice_str(names[i]));
    }
    buf_str(b, "]");
}

void line_end(struct buf *b) { buf_str(b, "}\n"); }
