/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "base/text.h"
#include "manifest/decode.h"

static const char *const marble_fields[] = {"Package", "MaxActivations",       "Parameters",
                                            "TLS",     "DisableSecretBinding", NULL};
static const char *const parameter_fields[] = {"Files", "Env", "Argv", NULL};
static const char *const content_fields[] = {"Data", "Encoding", "NoTemplates", NULL};

/* ---- a file or a variable ------------------------------------------------------------------------ */

static bool decode_data(struct fields *f, struct arena *a, struct slice *out)
{
    const struct slice text = field_text(f, "Data"), encoding = field_text(f, "Encoding");

    if (!fields_done(f))
        return false;
    if (encoding.len == 0 || text_equal_fold(encoding, slice_str("string"))) {
        *out = text;
        return true;
    }
    if (text_equal_fold(encoding, slice_str("base64")))
        return base64_decode(text, BASE64_STD, a, out) ||
               field_fault(f, "Data", "not valid base64 (RFC 4648, padded)");
    if (text_equal_fold(encoding, slice_str("hex")))
        return hex_decode(text, a, out) || field_fault(f, "Data", "not an even number of hexadecimal digits");
    return field_fault(f, "Encoding", "\"%s\" is none of string, base64, hex", text_shown(a, encoding));
}

/* Data that does nothing when it runs is kept as what it would become. */
static bool find_template(struct decoder *d, enum template_place place, const char *path, struct content *c)
{
    if (c->data.len == 0 || memmem(c->data.ptr, c->data.len, "{{", 2) == NULL)
        return true;
    if (!template_parse(c->data, place, d->arena, &c->template, d->err))
        return err_in(d->err, "%s", path);
    if (template_has_actions(c->template))
        return true;
    if (!template_run(c->template, NULL, d->arena, &c->data, d->err))
        return err_in(d->err, "%s", path);
    c->template = NULL;
    return true;
}

static bool decode_content(struct decoder *d, const json_t *value, const char *path,
                           enum template_place place, struct content *c)
{
    struct fields f;

    if (json_is_string(value)) {
        c->data = arena_copy(d->arena, slice_of(json_string_value(value), json_string_length(value)));
        return find_template(d, place, path, c);
    }
    if (!json_is_object(value))
        return err_set(d->err, E_MANIFEST_SYNTAX, "%s: expected a string, or an object with Data", path);
    f = decode_struct(d, value, path, content_fields);
    if (!decode_data(&f, d->arena, &c->data))
        return false;
    if (field_bool(&f, "NoTemplates"))
        return true;
    return fields_done(&f) && find_template(d, place, path, c);
}

static bool decode_file(struct decoder *d, const json_t *value, const char *path, void *element)
{
    return decode_content(d, value, path, TEMPLATE_FILE, element);
}

static bool decode_variable(struct decoder *d, const json_t *value, const char *path, void *element)
{
    return decode_content(d, value, path, TEMPLATE_ENV, element);
}

/* ---- a marble ----------------------------------------------------------------------------------- */

static bool decode_parameters(struct decoder *d, const json_t *value, const char *path, struct marble *m)
{
    struct fields f = decode_struct(d, value, path, parameter_fields);

    m->files = decode_map(d, &f, "Files", sizeof *m->files, decode_file, &m->num_files);
    m->env = decode_map(d, &f, "Env", sizeof *m->env, decode_variable, &m->num_env);
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
