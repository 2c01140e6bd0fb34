/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/token.h"

#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/scope.h"
#include "base/text.h"
#include "pki/hash.h"
#include "pki/oaep.h"

enum { SLOTS_MAX = 256, SIGNATURE_MAX = 1024 };

struct token {
    void *module;
    CK_FUNCTION_LIST *f;
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE key;
    CK_KEY_TYPE type;
    bool initialized, has_session;
};

/* ---- what the module says ----------------------------------------------------------------------------- */

static const char *words_for(CK_RV rv)
{
    static const struct {
        CK_RV rv;
        const char *words;
    } rows[] = {
        {CKR_PIN_INCORRECT, "the PIN is wrong"},
        {CKR_PIN_LOCKED, "the PIN is locked"},
        {CKR_PIN_LEN_RANGE, "the PIN is too short or too long"},
        {CKR_TOKEN_NOT_PRESENT, "there is no token in the slot"},
        {CKR_SLOT_ID_INVALID, "there is no such slot"},
        {CKR_MECHANISM_INVALID, "the token does not know the algorithm"},
        {CKR_KEY_TYPE_INCONSISTENT, "the algorithm does not go with the key"},
        {CKR_KEY_FUNCTION_NOT_PERMITTED, "the key may not be used for this"},
        {CKR_USER_NOT_LOGGED_IN, "it wants a PIN"},
        {CKR_DEVICE_REMOVED, "the token was removed"},
        {CKR_DEVICE_ERROR, "the token failed"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].rv == rv)
            return rows[i].words;
    return "it refused";
}

static bool said(struct err *err, CK_RV rv, const char *doing)
{
    return rv == CKR_OK ||
           err_set(err, E_TOKEN, "PKCS#11 token, %s: %s (CKR 0x%lx)", doing, words_for(rv), rv);
}

/* ---- opening ------------------------------------------------------------------------------------------ */

static bool load(struct token *t, const char *path, struct err *err)
{
    CK_RV (*get_functions)(CK_FUNCTION_LIST * *list);
    void *symbol;
    CK_RV rv;

    t->module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (t->module == NULL)
        return err_set(err, E_TOKEN, "PKCS#11 module %s: %s", path, dlerror());
    symbol = dlsym(t->module, "C_GetFunctionList");
    if (symbol == NULL)
        return err_set(err, E_TOKEN, "%s is no PKCS#11 module: it has no C_GetFunctionList", path);
    memcpy(&get_functions, &symbol,
           sizeof get_functions); /* POSIX's way from an object's pointer to a function's */
    if (!said(err, get_functions(&t->f), "listing the module's functions"))
        return false;
    rv = t->f->C_Initialize(NULL);
    t->initialized = rv == CKR_OK;
    return rv == CKR_CRYPTOKI_ALREADY_INITIALIZED || said(err, rv, "starting the module");
}

/* The module's texts are padded with blanks. */
static bool is_padded(const unsigned char *text, size_t size, const char *wanted)
{
    const size_t len = strlen(wanted);

    if (len > size || memcmp(text, wanted, len) != 0)
        return false;
    for (size_t i = len; i < size; i++)
        if (text[i] != ' ' && text[i] != '\0')
            return false;
    return true;
}

static bool is_wanted(struct token *t, CK_SLOT_ID slot, const struct token_config *c)
{
    CK_TOKEN_INFO info;

    if (c->serial == NULL && c->label == NULL)
        return slot == c->slot;
    if (t->f->C_GetTokenInfo(slot, &info) != CKR_OK)
        return false;
    return c->serial != NULL ? is_padded(info.serialNumber, sizeof info.serialNumber, c->serial)
                             : is_padded(info.label, sizeof info.label, c->label);
}

static bool find_slot(struct token *t, const struct token_config *c, CK_SLOT_ID *out, struct err *err)
{
    CK_SLOT_ID slots[SLOTS_MAX];
    CK_ULONG num = SLOTS_MAX;

    if (!said(err, t->f->C_GetSlotList(CK_TRUE, slots, &num), "listing the slots"))
        return false;
    for (CK_ULONG i = 0; i < num; i++)
        if (is_wanted(t, slots[i], c)) {
            *out = slots[i];
            return true;
        }
    if (c->serial == NULL && c->label == NULL)
        return err_set(err, E_TOKEN, "of %lu PKCS#11 tokens none is in slot %llu", num,
                       (unsigned long long)c->slot);
    return err_set(err, E_TOKEN, "of %lu PKCS#11 tokens none has the %s \"%.80s\"", num,
                   c->serial != NULL ? "serial number" : "label", c->serial != NULL ? c->serial : c->label);
}

static bool log_in(struct token *t, const char *pin, struct err *err)
{
    const CK_RV rv = t->f->C_Login(t->session, CKU_USER, (CK_UTF8CHAR *)(uintptr_t)pin, strlen(pin));

    return rv == CKR_USER_ALREADY_LOGGED_IN || said(err, rv, "logging in");
}

bool token_open(const struct token_config *config, struct token **out, struct err *err)
{
    scoped(token_close) struct token *t = calloc(1, sizeof *t);
    CK_SLOT_ID slot;

    if (t == NULL)
        abort();
    if (!load(t, config->path, err) || !find_slot(t, config, &slot, err) ||
        !said(err, t->f->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &t->session),
              "opening a session"))
        return false;
    t->has_session = true;
    if (config->pin != NULL && !log_in(t, config->pin, err))
        return false;
    *out = t;
    t = NULL;
    return true;
}

void token_close(struct token **t)
{
    struct token *mine = *t;

    *t = NULL;
    if (mine == NULL)
        return;
    if (mine->has_session)
        (void)mine->f->C_CloseSession(mine->session);
    if (mine->initialized)
        (void)mine->f->C_Finalize(NULL);
    if (mine->module != NULL)
        (void)dlclose(mine->module);
    free(mine);
}

/* ---- objects ------------------------------------------------------------------------------------------ */

/* How many there are with these attributes, two at most; the first of them. */
static bool search(struct token *t, CK_ATTRIBUTE *wanted, CK_ULONG num_wanted, CK_OBJECT_HANDLE *found,
                   CK_ULONG *num, struct err *err)
{
    CK_OBJECT_HANDLE handles[2];
    CK_RV rv;

    if (!said(err, t->f->C_FindObjectsInit(t->session, wanted, num_wanted), "searching"))
        return false;
    rv = t->f->C_FindObjects(t->session, handles, 2, num);
    (void)t->f->C_FindObjectsFinal(t->session);
    if (!said(err, rv, "searching"))
        return false;
    if (*num > 0)
        *found = handles[0];
    return true;
}

static CK_ATTRIBUTE attribute(CK_ATTRIBUTE_TYPE type, struct slice value)
{
    return (CK_ATTRIBUTE){type, (void *)(uintptr_t)value.ptr, value.len};
}

static bool find_object(struct token *t, CK_OBJECT_CLASS class, struct token_name name, const char *what,
                        CK_OBJECT_HANDLE *out, struct err *err)
{
    scoped(arena_wipe) struct arena a = {0};
    CK_ATTRIBUTE wanted[3] = {{CKA_CLASS, &class, sizeof class}};
    struct slice id = name.id != NULL ? slice_str(name.id) : (struct slice){0};
    CK_ULONG num_wanted = 1, num = 0;

    if (name.label != NULL)
        wanted[num_wanted++] = attribute(CKA_LABEL, slice_str(name.label));
    if (name.id != NULL)
        wanted[num_wanted++] = attribute(CKA_ID, id);
    if (!search(t, wanted, num_wanted, out, &num, err))
        return false;
    if (num == 0 && name.id != NULL && hex_decode(id, &a, &id)) {
        wanted[num_wanted - 1] = attribute(CKA_ID, id);
        if (!search(t, wanted, num_wanted, out, &num, err))
            return false;
    }
    return num == 1 || err_set(err, E_TOKEN_OBJECT, "the PKCS#11 token has %s %s with%s%.80s%s%.80s",
                               num == 0 ? "no" : "more than one", what, name.id != NULL ? " id " : "",
                               name.id != NULL ? name.id : "", name.label != NULL ? " label " : "",
                               name.label != NULL ? name.label : "");
}

bool token_use_key(struct token *t, struct token_name name, struct err *err)
{
    CK_ATTRIBUTE type = {CKA_KEY_TYPE, &t->type, sizeof t->type};

    if (!find_object(t, CKO_PRIVATE_KEY, name, "private key", &t->key, err) ||
        !said(err, t->f->C_GetAttributeValue(t->session, t->key, &type, 1), "reading the key's type"))
        return false;
    return t->type == CKK_RSA || t->type == CKK_EC ||
           err_set(err, E_TOKEN_OBJECT, "the key in the PKCS#11 token is neither RSA nor EC (CKK 0x%lx)",
                   t->type);
}

enum token_key token_key_kind(const struct token *t) { return t->type == CKK_RSA ? TOKEN_RSA : TOKEN_EC; }

bool token_certificate(struct token *t, struct token_name name, struct arena *a, struct slice *der,
                       struct err *err)
{
    CK_ATTRIBUTE value = {CKA_VALUE, NULL, 0};
    CK_OBJECT_HANDLE object;

    if (!find_object(t, CKO_CERTIFICATE, name, "certificate", &object, err) ||
        !said(err, t->f->C_GetAttributeValue(t->session, object, &value, 1), "reading the certificate"))
        return false;
    if (value.ulValueLen == CK_UNAVAILABLE_INFORMATION || value.ulValueLen > LIMIT_CERTIFICATE)
        return err_set(err, E_TOKEN_OBJECT, "the certificate in the PKCS#11 token has more than %d bytes",
                       LIMIT_CERTIFICATE);
    value.pValue = arena_alloc(a, value.ulValueLen + 1);
    if (!said(err, t->f->C_GetAttributeValue(t->session, object, &value, 1), "reading the certificate"))
        return false;
    *der = slice_of(value.pValue, value.ulValueLen);
    return true;
}

/* ---- signing ------------------------------------------------------------------------------------------ */

static bool sign_with(struct token *t, CK_MECHANISM *how, struct slice in, uint8_t out[SIGNATURE_MAX],
                      size_t *len, struct err *err)
{
    CK_ULONG num = SIGNATURE_MAX;

    if (!said(err, t->f->C_SignInit(t->session, how, t->key), "signing") ||
        !said(err, t->f->C_Sign(t->session, (CK_BYTE *)(uintptr_t)in.ptr, in.len, out, &num), "signing"))
        return false;
    *len = num;
    return true;
}

/* DigestInfo of SHA-2 without parameters' surprises (RFC 8017 9.2, note 1): only the length and the last arc
 * differ. */
static struct slice digest_info(struct arena *a, struct slice digest)
{
    const uint8_t arc = digest.len == SHA256_LEN ? 1 : digest.len == SHA384_LEN ? 2 : 3;
    const uint8_t start[] = {0x30,
                             (uint8_t)(17 + digest.len),
                             0x30,
                             0x0d,
                             0x06,
                             0x09,
                             0x60,
                             0x86,
                             0x48,
                             0x01,
                             0x65,
                             0x03,
                             0x04,
                             0x02,
                             arc,
                             0x05,
                             0x00,
                             0x04,
                             (uint8_t)digest.len};
    uint8_t *whole = arena_alloc(a, sizeof start + digest.len);

    memcpy(whole, start, sizeof start);
    memcpy(whole + sizeof start, digest.ptr, digest.len);
    return slice_of(whole, sizeof start + digest.len);
}

static bool sign_pss(struct token *t, struct slice digest, uint8_t out[SIGNATURE_MAX], size_t *len,
                     struct err *err)
{
    CK_RSA_PKCS_PSS_PARAMS p = {CKM_SHA512, CKG_MGF1_SHA512, digest.len};
    CK_MECHANISM how = {CKM_RSA_PKCS_PSS, &p, sizeof p};

    if (digest.len == SHA256_LEN)
        p = (CK_RSA_PKCS_PSS_PARAMS){CKM_SHA256, CKG_MGF1_SHA256, digest.len};
    else if (digest.len == SHA384_LEN)
        p = (CK_RSA_PKCS_PSS_PARAMS){CKM_SHA384, CKG_MGF1_SHA384, digest.len};
    return sign_with(t, &how, digest, out, len, err);
}

bool token_sign(struct token *t, enum tls_signature kind, struct slice digest, uint8_t *to, size_t cap,
                size_t *len, struct err *err)
{
    scoped(arena_wipe) struct arena a = {0};
    CK_MECHANISM ecdsa = {CKM_ECDSA, NULL, 0}, pkcs1 = {CKM_RSA_PKCS, NULL, 0};
    uint8_t raw[SIGNATURE_MAX];
    struct slice signature;
    size_t num;

    if (digest.len != SHA256_LEN && digest.len != SHA384_LEN && digest.len != SHA512_LEN)
        return err_set(err, E_TOKEN, "expected a digest of SHA-256, SHA-384 or SHA-512, found %zu bytes",
                       digest.len);
    if (!(kind == TLS_ECDSA       ? sign_with(t, &ecdsa, digest, raw, &num, err)
          : kind == TLS_RSA_PKCS1 ? sign_with(t, &pkcs1, digest_info(&a, digest), raw, &num, err)
                                  : sign_pss(t, digest, raw, &num, err)))
        return false;
    signature = slice_of(raw, num);
    if (kind == TLS_ECDSA)
        signature = signature_from_raw(&a, signature);
    if (signature.len > cap)
        return err_set(err, E_TOKEN, "the PKCS#11 token's signature has %zu bytes, expected %zu at most",
                       signature.len, cap);
    memcpy(to, signature.ptr, signature.len);
    *len = signature.len;
    return true;
}

/* ---- decrypting --------------------------------------------------------------------------------------- */

static bool decrypt_with(struct token *t, CK_MECHANISM *how, struct slice in, uint8_t out[SIGNATURE_MAX],
                         size_t *len, CK_RV *rv)
{
    CK_ULONG num = SIGNATURE_MAX;

    *rv = t->f->C_DecryptInit(t->session, how, t->key);
    if (*rv == CKR_OK)
        *rv = t->f->C_Decrypt(t->session, (CK_BYTE *)(uintptr_t)in.ptr, in.len, out, &num);
    *len = *rv == CKR_OK ? num : 0;
    return *rv == CKR_OK;
}

static bool is_about_data(CK_RV rv)
{
    return rv == CKR_ENCRYPTED_DATA_INVALID || rv == CKR_ENCRYPTED_DATA_LEN_RANGE;
}

/* A token that knows OAEP with SHA-1 alone computes the power, and the padding is taken off here. */
static bool decrypt_bare(struct token *t, struct slice encrypted, struct secret *out, struct err *err)
{
    CK_MECHANISM bare = {CKM_RSA_X_509, NULL, 0};
    uint8_t plain[SIGNATURE_MAX];
    size_t len;
    CK_RV rv;
    bool ok;

    if (!decrypt_with(t, &bare, encrypted, plain, &len, &rv)) {
        /* SoftHSM's word for a number that is greater than the modulus, as one in several for another key is.
         */
        if (rv == CKR_GENERAL_ERROR || is_about_data(rv))
            return err_set(err, E_DECRYPT, "it does not open with this key");
        return said(err, rv, "decrypting");
    }
    ok = oaep_decode(slice_of(plain, len), out, err);
    wipe(plain, sizeof plain);
    return ok;
}

bool token_decrypt(struct token *t, struct slice encrypted, struct secret *out, struct err *err)
{
    CK_RSA_PKCS_OAEP_PARAMS p = {CKM_SHA256, CKG_MGF1_SHA256, CKZ_DATA_SPECIFIED, NULL, 0};
    CK_MECHANISM oaep = {CKM_RSA_PKCS_OAEP, &p, sizeof p};
    uint8_t plain[SIGNATURE_MAX];
    size_t len;
    CK_RV rv;

    if (decrypt_with(t, &oaep, encrypted, plain, &len, &rv)) {
        secret_copy(out, slice_of(plain, len));
        wipe(plain, sizeof plain);
        return true;
    }
    if (is_about_data(rv))
        return err_set(err, E_DECRYPT, "it does not open with this key");
    return decrypt_bare(t, encrypted, out, err);
}
