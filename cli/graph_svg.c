/* SPDX-License-Identifier: Apache-2.0 */
/* cli/graph_svg.c: three columns of boxes: who may do what; packages with their marbles; secrets. Lines run
 * straight, each in a lane of its own between the columns: at the left of the marbles who calls whom, at the
 * right who gets which secret.
 */
#include <string.h>

#include "base/text.h"
#include "cli/graph.h"

enum {
    CHAR = 8, /* a character's width in the fixed font, at the size in the style below */
    LINE = 18,
    PAD = 10,
    GAP = 16,
    LANE = 10,
    PORT = 12, /* between the ends of two lines at one box */
    MARGIN = 24,
    HEADING = 36, /* a column's name above it */
    ARROW = 7,
};

/* A box: a heading and lines of text. Where the lines of calls and secrets end at its sides is counted off.
 */
struct box {
    const char *kind, *name; /* "marble", "web" */
    const char **lines;
    size_t num_lines;
    int x, y, width, height;
    int indent;                  /* of the text */
    int lane;                    /* of a secret; 0: no marble gets it */
    int left_ports, right_ports; /* in all */
    int left_used, right_used;   /* while drawing */
};

struct boxes {
    struct box *v;
    size_t num;
    int width;
};

struct picture {
    const struct manifest *m;
    struct arena a;
    struct buf *b;
    struct boxes people, packages, marbles, secrets;
    int num_calls, num_shared; /* lanes */
    int left_lane, right_lane; /* where the first one is */
    int height;
};

/* ---- text --------------------------------------------------------------------------------------------- */

static int num_chars(const char *s)
{
    int num = 0;

    for (; *s != '\0'; s++)
        num += ((unsigned char)*s & 0xc0) != 0x80;
    return num;
}

/* A character of Unicode that XML 1.0 has no place for: control characters, U+FFFE and U+FFFF. */
static bool is_foreign_to_xml(struct slice character)
{
    return *character.ptr < ' ' || *character.ptr == 127 ||
           (character.len == 3 && memcmp(character.ptr, "\xef\xbf", 2) == 0 && character.ptr[2] >= 0xbe);
}

/* What XML does not take becomes a question mark. */
static void put_text(struct buf *b, const char *text)
{
    struct slice rest = slice_str(text);
    size_t len;

    for (; rest.len > 0; rest = slice_of(rest.ptr + len, rest.len - len)) {
        len = text_utf8_len(rest);
        if (len == 0 || is_foreign_to_xml(slice_of(rest.ptr, len))) {
            buf_str(b, "?");
            len += len == 0;
        } else if (strchr("&<>\"", *rest.ptr) != NULL) {
            buf_printf(b, "&#%d;", *rest.ptr);
        } else {
            buf_put(b, slice_of(rest.ptr, len));
        }
    }
}

static void add_line(struct box *box, const char *line) { box->lines[box->num_lines++] = line; }

static struct box *new_box(struct picture *p, struct boxes *to, const char *kind, const char *name,
                           size_t most_lines)
{
    struct box *box = &to->v[to->num++];

    box->kind = kind;
    box->name = name;
    box->lines = arena_array(&p->a, most_lines + 1, sizeof *box->lines);
    return box;
}

static void measure(struct boxes *column, struct box *box)
{
    int chars = num_chars(box->kind) + 1 + num_chars(box->name);
    const int ports = box->left_ports > box->right_ports ? box->left_ports : box->right_ports;

    for (size_t i = 0; i < box->num_lines; i++)
        chars = num_chars(box->lines[i]) > chars ? num_chars(box->lines[i]) : chars;
    box->width = chars * CHAR + 2 * PAD;
    box->height = LINE * (int)(box->num_lines + 1) + PAD;
    if (box->height < (ports + 1) * PORT)
        box->height = (ports + 1) * PORT;
    box->indent = PAD;
    column->width = box->width > column->width ? box->width : column->width;
}

/* ---- what stands in the boxes ------------------------------------------------------------------------- */

static const char *role_line(struct picture *p, const struct role *r, const char *name)
{
    const char *line = arena_printf(&p->a, "%s:", name);

    for (size_t i = 0; r != NULL && i < r->num_actions; i++)
        line = arena_printf(&p->a, "%s%s%s", line, i == 0 ? " " : ", ", r->actions[i]);
    for (size_t i = 0; r != NULL && i < r->num_resources; i++)
        line = arena_printf(&p->a, "%s%s%s", line, i == 0 ? " of " : ", ", r->resources[i]);
    return line;
}

static void collect_people(struct picture *p)
{
    const struct manifest *m = p->m;

    p->people.v = arena_array(&p->a, m->num_users + m->num_recovery_keys + 1, sizeof *p->people.v);
    for (size_t i = 0; i < m->num_users; i++) {
        struct box *box = new_box(p, &p->people, "user", m->users[i].name, m->users[i].num_roles);

        for (size_t k = 0; k < m->users[i].num_roles; k++)
            add_line(box, role_line(p, m->users[i].roles[k], m->users[i].role_names[k]));
    }
    for (size_t i = 0; i < m->num_recovery_keys; i++)
        (void)new_box(p, &p->people, "recovery key", m->recovery_keys[i].name, 0);
}

static void collect_secrets(struct picture *p)
{
    p->secrets.v = arena_array(&p->a, p->m->num_secrets + 1, sizeof *p->secrets.v);
    for (size_t i = 0; i < p->m->num_secrets; i++) {
        struct box *box = new_box(p, &p->secrets, "secret", p->m->secrets[i].name, 1);

        add_line(box, arena_printf(&p->a, "%s%s%s", secret_type_name(p->m->secrets[i].type),
                                   p->m->secrets[i].shared ? ", shared" : "",
                                   p->m->secrets[i].user_defined ? ", set by a user" : ""));
    }
}

static struct box *box_of(const struct boxes *boxes, const char *name)
{
    for (size_t i = 0; i < boxes->num; i++)
        if (strcmp(boxes->v[i].name, name) == 0)
            return &boxes->v[i];
    return NULL;
}

static void count_call(void *ctx, const struct marble *from, const struct tls_end *end,
                       const struct marble *to)
{
    struct picture *p = ctx;
    struct box *box = box_of(&p->marbles, from->type);
    struct box *called = to != NULL ? box_of(&p->marbles, to->type) : NULL; /* NULL, too, without a package */

    if (called == NULL) {
        add_line(box, arena_printf(&p->a, "calls %s:%s", end->addr, end->port));
        return;
    }
    p->num_calls++;
    box->left_ports++;
    called->left_ports++;
}

static void count_secrets(struct picture *p, const struct marble *marble)
{
    for (size_t i = 0; i < marble->num_secrets; i++) {
        struct box *secret = box_of(&p->secrets, marble->secrets[i].secret->name);

        if (secret == NULL)
            continue;
        if (secret->lane == 0)
            secret->lane = ++p->num_shared;
        box_of(&p->marbles, marble->type)->right_ports++;
    }
}

/* Room for each outgoing connection, a line for the limit, and one for secrets that no name tells of. */
static size_t most_lines(const struct manifest *m, const struct marble *marble)
{
    size_t num = 2;

    for (size_t i = 0; i < marble->num_tls; i++)
        num += manifest_tls(m, marble->tls[i]) != NULL ? manifest_tls(m, marble->tls[i])->num_outgoing : 0;
    return num;
}

/* In the order of their packages. */
static void collect_marbles(struct picture *p)
{
    const struct manifest *m = p->m;

    p->packages.v = arena_array(&p->a, m->num_packages + 1, sizeof *p->packages.v);
    p->marbles.v = arena_array(&p->a, m->num_marbles + 1, sizeof *p->marbles.v);
    for (size_t i = 0; i < m->num_packages; i++) {
        (void)new_box(p, &p->packages, "package", m->packages[i].name, 0);
        for (size_t k = 0; k < m->num_marbles; k++)
            if (m->marbles[k].package == &m->packages[i])
                (void)new_box(p, &p->marbles, "marble", m->marbles[k].type, most_lines(m, &m->marbles[k]));
    }
    for (size_t i = 0; i < m->num_marbles; i++) {
        struct box *box = box_of(&p->marbles, m->marbles[i].type);

        if (box == NULL)
            continue; /* of a package that is not defined */
        if (m->marbles[i].max_activations > 0)
            add_line(box, arena_printf(&p->a, "%llu activations at most",
                                       (unsigned long long)m->marbles[i].max_activations));
        if (m->marbles[i].all_secrets)
            add_line(box, "may get any secret");
        count_secrets(p, &m->marbles[i]);
        graph_each_call(m, &m->marbles[i], count_call, p);
    }
}

/* ---- where they stand --------------------------------------------------------------------------------- */

static int stack(struct boxes *column, int x)
{
    int y = MARGIN + HEADING;

    for (size_t i = 0; i < column->num; i++) {
        column->v[i].x = x;
        column->v[i].y = y;
        y += column->v[i].height + GAP;
    }
    return y;
}

/* Each package's frame holds its marbles, and at its left the lanes of the calls. */
static int stack_packages(struct picture *p, int x, int lanes)
{
    int y = MARGIN + HEADING;

    if (p->marbles.width < p->packages.width)
        p->marbles.width = p->packages.width;
    p->packages.width = p->marbles.width + lanes + 2 * PAD;
    for (size_t i = 0; i < p->packages.num; i++) {
        struct box *frame = &p->packages.v[i];

        frame->x = x;
        frame->y = y;
        frame->indent = PAD + lanes;
        y += LINE + PAD;
        for (size_t k = 0; k < p->m->num_marbles; k++) {
            struct box *box = box_of(&p->marbles, p->m->marbles[k].type);

            if (box == NULL || p->m->marbles[k].package == NULL ||
                strcmp(p->m->marbles[k].package->name, frame->name) != 0)
                continue;
            box->x = x + PAD + lanes;
            box->y = y;
            y += box->height + PAD;
        }
        frame->height = y - frame->y;
        y += GAP;
    }
    return y;
}

static int largest(int a, int b, int c)
{
    const int ab = a > b ? a : b;

    return ab > c ? ab : c;
}

/* Returns the picture's width. */
static int lay_out(struct picture *p)
{
    const int calls = p->num_calls > 0 ? LANE * (p->num_calls + 1) + ARROW : 0;
    const int gets = LANE * (p->num_shared + 1) + 2 * ARROW;
    int x = MARGIN, people, packages, secrets;

    for (struct boxes *const *column =
             (struct boxes *[]){&p->people, &p->packages, &p->marbles, &p->secrets, NULL};
         *column != NULL; column++)
        for (size_t i = 0; i < (*column)->num; i++)
            measure(*column, &(*column)->v[i]);
    people = stack(&p->people, x);
    x += p->people.num > 0 ? p->people.width + 2 * GAP : 0;
    packages = stack_packages(p, x, calls);
    p->left_lane = x + PAD + LANE;
    x += p->packages.width;
    p->right_lane = x + ARROW;
    x += p->secrets.num > 0 ? gets : 0;
    secrets = stack(&p->secrets, x);
    p->height = largest(people, packages, secrets) + LINE + MARGIN;
    return x + p->secrets.width + MARGIN;
}

/* ---- drawing ------------------------------------------------------------------------------------------ */

static void put_heading(struct picture *p, const struct boxes *column, const char *words)
{
    if (column->num > 0)
        buf_printf(p->b, "<text class=\"heading\" x=\"%d\" y=\"%d\">%s</text>\n", column->v[0].x,
                   MARGIN + LINE, words);
}

static void put_box(struct picture *p, const struct box *box, int width)
{
    buf_printf(p->b, "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"6\"/>\n",
               strcmp(box->kind, "recovery key") == 0 ? "user" : box->kind, box->x, box->y, width,
               box->height);
    buf_printf(p->b, "<text x=\"%d\" y=\"%d\"><tspan class=\"kind\">%s</tspan> ", box->x + box->indent,
               box->y + LINE, box->kind);
    put_text(p->b, box->name);
    buf_str(p->b, "</text>\n");
    for (size_t i = 0; i < box->num_lines; i++) {
        buf_printf(p->b, "<text class=\"line\" x=\"%d\" y=\"%d\">", box->x + PAD,
                   box->y + LINE * ((int)i + 2));
        put_text(p->b, box->lines[i]);
        buf_str(p->b, "</text>\n");
    }
}

static void put_column(struct picture *p, const struct boxes *column)
{
    for (size_t i = 0; i < column->num; i++)
        put_box(p, &column->v[i], column->width);
}

/* From one point by a lane to another, with an arrow's head; the title is what a reader's pointer shows. */
static void put_line(struct picture *p, const char *class, int x1, int y1, int lane, int x2, int y2)
{
    buf_printf(p->b, "<path class=\"%s\" marker-end=\"url(#%s-head)\" d=\"M%d %dH%dV%dH%d\"><title>", class,
               class, x1, y1, lane, y2, x2);
}

static void put_names(struct picture *p, const char *from, const char *verb, const char *to)
{
    put_text(p->b, from);
    buf_printf(p->b, " %s ", verb);
    put_text(p->b, to);
    buf_str(p->b, "</title></path>\n");
}

static int next_left(struct box *box) { return box->y + PORT * ++box->left_used; }
static int next_right(struct box *box) { return box->y + PORT * ++box->right_used; }

static void put_call(void *ctx, const struct marble *from, const struct tls_end *end, const struct marble *to)
{
    struct picture *p = ctx;
    struct box *a = box_of(&p->marbles, from->type), *b;
    int lane, y1, y2;

    b = to != NULL ? box_of(&p->marbles, to->type) : NULL;
    if (b == NULL)
        return;
    lane = p->left_lane + LANE * --p->num_calls;
    y1 = next_left(a);
    y2 = next_left(b);
    put_line(p, "calls", a->x, y1, lane, b->x - ARROW, y2);
    put_names(p, from->type, "calls", arena_printf(&p->a, "%s:%s", end->addr, end->port));
}

static void put_secret_lines(struct picture *p, const struct marble *marble)
{
    struct box *box = box_of(&p->marbles, marble->type), *secret;

    for (size_t i = 0; i < marble->num_secrets; i++) {
        secret = box_of(&p->secrets, marble->secrets[i].secret->name);
        if (secret == NULL)
            continue;
        put_line(p, "gets", secret->x, secret->y + LINE, p->right_lane + LANE * secret->lane,
                 box->x + p->marbles.width + ARROW, next_right(box));
        put_names(p, marble->type, "gets", secret->name);
    }
}

static void put_lines(struct picture *p)
{
    for (size_t i = 0; i < p->m->num_marbles; i++)
        if (box_of(&p->marbles, p->m->marbles[i].type) != NULL) {
            put_secret_lines(p, &p->m->marbles[i]);
            graph_each_call(p->m, &p->m->marbles[i], put_call, p);
        }
}

static const char style[] =
    "<style>\n"
    "svg { background: #ffffff; font: 13px ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; }\n"
    "text { fill: #1f2328; } .kind, .line, .heading { fill: #59636e; } .heading { font-weight: bold; }\n"
    "rect { fill: #f6f8fa; stroke: #8c959f; } .package { fill: none; stroke-dasharray: 5 3; }\n"
    ".marble { fill: #ddf4ff; stroke: #0969da; } .secret { fill: #fff8c5; stroke: #9a6700; }\n"
    ".user { fill: #dafbe1; stroke: #1a7f37; }\n"
    "path { fill: none; stroke-width: 1.5; } .calls { stroke: #0969da; } .gets { stroke: #9a6700; }\n"
    "#calls-head { fill: #0969da; } #gets-head { fill: #9a6700; } marker path { stroke: none; fill: inherit; "
    "}\n"
    "@media (prefers-color-scheme: dark) {\n"
    "svg { background: #0d1117; } text { fill: #e6edf3; } .kind, .line, .heading { fill: #9198a1; }\n"
    "rect { fill: #151b23; stroke: #656c76; } .package { fill: none; }\n"
    ".marble { fill: #0c2d55; stroke: #4493f8; } .secret { fill: #3b2300; stroke: #d29922; }\n"
    ".user { fill: #04260f; stroke: #3fb950; }\n"
    ".calls { stroke: #4493f8; } .gets { stroke: #d29922; }\n"
    "#calls-head { fill: #4493f8; } #gets-head { fill: #d29922; }\n"
    "}\n"
    "</style>\n";

static void put_head(struct buf *b, const char *id)
{
    buf_printf(b,
               "<marker id=\"%s-head\" viewBox=\"0 0 7 8\" refX=\"0\" refY=\"4\" markerWidth=\"7\" "
               "markerHeight=\"8\" "
               "markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path d=\"M0 0L7 4L0 8Z\"/></marker>\n",
               id);
}

static void put_legend(struct picture *p)
{
    buf_printf(p->b, "<text class=\"line\" x=\"%d\" y=\"%d\">blue: calls. amber: gets the secret.</text>\n",
               MARGIN, p->height - MARGIN / 2);
}

void graph_svg(const struct manifest *m, struct buf *b)
{
    struct picture p = {.m = m, .b = b};
    int width;

    collect_people(&p);
    collect_secrets(&p);
    collect_marbles(&p);
    width = lay_out(&p);
    buf_printf(b,
               "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" "
               "role=\"img\">\n"
               "<title>What belongs to this mesh</title>\n",
               width, p.height, width, p.height);
    buf_str(b, style);
    put_head(b, "calls");
    put_head(b, "gets");
    put_heading(&p, &p.people, "Who may do what");
    put_heading(&p, &p.packages, "Programs and services");
    put_heading(&p, &p.secrets, "Secrets");
    put_column(&p, &p.people);
    put_column(&p, &p.packages);
    put_column(&p, &p.marbles);
    put_column(&p, &p.secrets);
    put_lines(&p);
    put_legend(&p);
    buf_str(b, "</svg>\n");
    arena_wipe(&p.a);
}
