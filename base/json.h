/* SPDX-License-Identifier: Apache-2.0 */
/* base/json.h: JSON that somebody else wrote, read by name; and JSON written.
 *
 * A `struct fields` walks the members of one object. It sticks at the first fault, whose text
 * carries the path of the value ("$.Packages.frontend.SecurityVersion: expected a whole
 * number, found a string"). Getters of absent or null members give the zero value; ask
 * field_present() where the difference matters. Ask fields_done() once, at the end, before
 * anything is decided.
 *
 * All memory of jansson's is wiped when it is freed once json_init() has run.
 */
#pragma once
#include <jansson.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* Makes jansson wipe what it frees. Every program calls it first thing. */
void json_init(void);

static inline void json_release(json_t **v) { json_decref(*v); }

/* One JSON value and nothing after it but white space. Bounded by LIMIT_JSON_DEPTH and
 * LIMIT_JSON_VALUES. Syntax faults become `code` with line and column. The caller releases *out. */
enum json_duplicates { JSON_LAST_WINS, JSON_NO_DUPLICATES };
bool json_parse(struct slice text, enum json_duplicates duplicates, enum err_code code, json_t **out,
                struct err *err);

/* After json_parse() of a text that holds secrets: takes from the message what it quotes of the text. */
void json_unquote(struct err *err);

/* A document as Go's encoding/json reads it, which MarbleRun's programs and users rely on: bytes that are no
 * UTF-8 and surrogates without their other half become U+FFFD; members given twice are all kept, in order;
 * numbers are kept whatever their size. Read it with fields that JSON_FOLD. Bounded like json_parse(); the
 * caller releases root. With JSON_REST_IGNORED other things may follow the value, as where Go decodes a
 * stream. */
enum json_rest { JSON_REST_REFUSED, JSON_REST_IGNORED };
struct json_place {
    const char *name; /* a member of an object: the tree's own pointer */
    size_t at;        /* where its value begins in the text */
};
struct json_document {
    json_t *root;
    struct slice text; /* borrowed */
    struct json_place *places;
    size_t num_places;
};
bool json_parse_go(struct slice text, enum json_rest rest, enum err_code code, struct arena *a,
                   struct json_document *out, struct err *err);

/* Such a document has bytes that no UTF-8 has. In a name JSON_MARK begins what tells it from the same name
 * before it in the object, and JSON_NUL stands for a NUL; see json_name(). A string that begins with
 * JSON_MARK is a number that jansson's integers cannot hold, as it is written. */
enum { JSON_MARK = 0xff, JSON_NUL = 0xfe };
struct slice json_name(const char *name);      /* without the mark */
bool json_is_text(const json_t *v);            /* json_is_string(), and no such number */
const char *json_number_text(const json_t *v); /* the number as written, or NULL */

/* Does Go take this name for the field `name` (ASCII)? */
bool json_name_folds(struct slice key, const char *name);

enum json_names {
    JSON_EXACT, /* member names as written */
    JSON_FOLD   /* as Go matches them: without case, and later ones over earlier ones, see field() */
};

struct fields {
    const json_t *object;
    const char *path; /* of the object, for messages */
    enum json_names names;
    enum err_code code;
    struct arena *arena; /* results live here */
    struct err *err;
    bool bad;
    const struct json_document *document; /* for "(line L, column C)" in messages; or NULL */
};

/* `value` must be an object (else the reader is bad at once). */
struct fields fields_of(const json_t *value, const char *path, enum json_names names, enum err_code code,
                        struct arena *a, struct err *err);
static inline bool fields_done(const struct fields *f) { return !f->bad; }

/* The member, or NULL when it is absent or null (or the reader is bad). Of several the last one that is not
 * null counts; objects are merged into one, member by member. */
json_t *field(struct fields *f, const char *name);

/* Is it there, and not null? Of several the last one decides. */
bool field_present(struct fields *f, const char *name);
char *field_path(struct fields *f, const char *name); /* "$.a.name", in the arena */

bool field_bool(struct fields *f, const char *name);
uint64_t field_uint(struct fields *f, const char *name, uint64_t max);
char *field_str(struct fields *f, const char *name);                    /* NULL if absent; no NUL inside */
struct slice field_text(struct fields *f, const char *name);            /* may hold NULs */
struct slice field_hex(struct fields *f, const char *name, size_t len); /* exactly len bytes */

/* Bytes as Go reads them: padded base64 with CR and LF skipped, or an array of 0 to 255. */
struct slice field_bytes(struct fields *f, const char *name, size_t max);

/* An array of strings; *num is 0 if absent. An element that is null is "" where names fold. */
char **field_strs(struct fields *f, const char *name, size_t *num);

/* A member that must be an object, or an array; NULL if absent. Of several objects the members are joined,
 * those behind the last null; of several arrays the last one counts. Where the object has fields itself, null
 * takes nothing back: field_struct(). */
json_t *field_object(struct fields *f, const char *name);
json_t *field_struct(struct fields *f, const char *name);
json_t *field_array(struct fields *f, const char *name);

/* Fails the reader: "PATH.name: text". Returns false. */
bool field_fault(struct fields *f, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Requires a member. */
void field_need(struct fields *f, const char *name);

/* Calls `seen` with the path of each member whose name is not in `known` (NULL-terminated). */
void fields_unknown(struct fields *f, const char *const *known, void (*seen)(void *ctx, const char *path),
                    void *ctx);

/* Fails the reader if a member's name is not in `known` (NULL-terminated): for objects of ours, in which a
 * misspelt member must not pass as one that is not there. */
void fields_only(struct fields *f, const char *const *known);

/* Writes a comma, unless nothing stands before it or an object or array was just opened; then "name":. */
void json_put_name(struct buf *b, const char *name);
void json_put_comma(struct buf *b);

/* Writes a JSON string with quotes; '<', '>', '&' and U+2028/9 as \uXXXX like Go's encoder;
 * invalid UTF-8 becomes U+FFFD. */
void json_put_string(struct buf *b, struct slice s);
