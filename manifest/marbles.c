/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "base/text.h"
#include "manifest/decode.h"

static const char *const marble_fields[] = {"Package", "MaxActivations",       "Parameters",
                                            "TLS",     "DisableSecretBinding", NULL};
static const char *const parameter_fields[] = {"Files", "Env", "Argv", NULL};
static const char *const content_fields[] = {"Data", "Encoding", "NoTemplates", NULL};

/* ---- a file or a variable ------------------------------------------------------------------------ */

static bool decode_data(struct fields *f, struct arena *a, struct content *c)
{
    const struct slice text = field_text(f, "Data"), encoding = slice_str(decode_text(f, "Encoding"));

    if (!fields_done(f))
        return false;
    c->encoding = arena_strndup(a, encoding);
    if (encoding.len == 0 || text_equal_fold(encoding, slice_str("string"))) {
        c->source = text;
        return true;
    }
    if (text_equal_fold(encoding, slice_str("base64")))
        return base64_decode(text, BASE64_STD, a, &c->source) ||
               field_fault(f, "Data", "not valid base64 (RFC 4648, padded)");
    if (text_equal_fold(encoding, slice_str("hex")))
        return hex_decode(text, a, &c->source) ||
               field_fault(f, "Data", "not an even number of hexadecimal digits");
    return field_fault(f, "Encoding", "\"%s\" is none of string, base64, hex", text_shown(a, encoding));
}

static bool decode_content(struct decoder *d, const json_t *value, const char *path, void *element)
{
    struct content *c = element;
    struct fields f;

    if (json_is_text(value)) {
        c->source = arena_copy(d->arena, slice_of(json_string_value(value), json_string_length(value)));
        c->data = c->source;
        c->encoding = "string";
        return true;
    }
    if (!json_is_object(value))
        return err_set(d->err, E_MANIFEST_SYNTAX, "%s: expected a string, or an object with Data", path);
    f = decode_struct(d, value, path, content_fields);
    if (!decode_data(&f, d->arena, c))
        return false;
    c->data = c->source;
    c->no_templates = field_bool(&f, "NoTemplates");
    return fields_done(&f);
}

/* ---- templates ----------------------------------------------------------------------------------- */

/* Data that does nothing when it runs is kept as what it becomes. */
static bool parse_content(struct decoder *d, enum template_place place, struct content *c, struct err *err)
{
    struct template *t;

    if (c->no_templates || c->source.len == 0 || memmem(c->source.ptr, c->source.len, "{{", 2) == NULL)
        return true;
    if (!template_parse(c->source, place, d->arena, &t, err))
        return false;
    if (!template_has_actions(t))
        return template_run(t, NULL, d->arena, &c->data, err);
    c->template = t;
    return true;
}

static void parse_list(struct decoder *d, const char *path, enum template_place place, struct content *list,
                       size_t num)
{
    for (size_t i = 0; i < num; i++) {
        struct err err = {0};

        if (parse_content(d, place, &list[i], &err) || d->manifest->deferred != NULL)
            continue;
        (void)err_in(&err, "%s",
                     path_entry(d->arena,
                                arena_printf(d->arena, "%s.Parameters.%s", path,
                                             place == TEMPLATE_FILE ? "Files" : "Env"),
                                list[i].name));
        d->manifest->deferred = memcpy(arena_alloc(d->arena, sizeof err), &err, sizeof err);
    }
}

void parse_templates(struct decoder *d)
{
    for (size_t i = 0; i < d->manifest->num_marbles; i++) {
        struct marble *m = &d->manifest->marbles[i];
        const char *path = path_entry(d->arena, "$.Marbles", m->type);

        parse_list(d, path, TEMPLATE_FILE, m->files, m->num_files);
        parse_list(d, path, TEMPLATE_ENV, m->env, m->num_env);
    }
}

/* ---- a marble ----------------------------------------------------------------------------------- */

static bool decode_parameters(struct decoder *d, const json_t *value, const char *path, struct marble *m)
{
    struct fields f = decode_struct(d, value, path, parameter_fields);

    m->files = decode_map(d, &f, "Files", sizeof *m->files, decode_content, &m->num_files);
    m->env = decode_map(d, &f, "Env", sizeof *m->env, decode_content, &m->num_env);
    m->argv = field_strs(&f, "Argv", &m->num_argv);
    return fields_done(&f);
}

bool decode_marble(struct decoder *d, const json_t *value, const char *path, void *element)
{
    struct fields f = decode_struct(d, value, path, marble_fields);
    struct marble *m = element;

    m->package_name = decode_text(&f, "Package");
    m->max_activations = field_uint(&f, "MaxActivations", UINT64_MAX);
    m->tls = field_strs(&f, "TLS", &m->num_tls);
    m->disable_secret_binding = field_bool(&f, "DisableSecretBinding");
    if (!fields_done(&f) || !decode_parameters(d, field(&f, "Parameters"), field_path(&f, "Parameters"), m))
        return false;
    if (m->disable_secret_binding)
        decode_warn(
            d,
            "%s.DisableSecretBinding: private keys are then the same for every type of marble that sets "
            "this and gets the same UUID",
            path);
    return true;
}
