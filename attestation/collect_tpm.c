/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/collect_tpm.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <tss2/tss2_esys.h>
#include <tss2/tss2_tctildr.h>

#include "base/buf.h"
#include "base/limits.h"

/* ---- the stack ---------------------------------------------------------------------- */

#define FUNCTIONS(F)                                                                                         \
    F(Esys_Initialize)                                                                                       \
    F(Esys_Finalize)                                                                                         \
    F(Esys_Free)                                                                                             \
    F(Esys_TR_FromTPMPublic)                                                                                 \
    F(Esys_TR_Close)                                                                                         \
    F(Esys_NV_ReadPublic)                                                                                    \
    F(Esys_NV_Read)                                                                                          \
    F(Esys_PCR_Read)                                                                                         \
    F(Esys_Quote)                                                                                            \
    F(Tss2_TctiLdr_Initialize)                                                                               \
    F(Tss2_TctiLdr_Finalize)

struct stack {
#define POINTER(name) __typeof__(&name) name;
    FUNCTIONS(POINTER)
#undef POINTER
};

static bool find(void *const libraries[2], const char *name, void *pointer, struct err *err)
{
    void *found = dlsym(libraries[0], name);

    if (found == NULL)
        found = dlsym(libraries[1], name);
    if (found == NULL)
        return err_set(err, E_EVIDENCE_UNAVAILABLE, "tpm2-tss has no function %s", name);
    memcpy(pointer, &found, sizeof found); /* ISO C has no conversion from void * to a function's pointer */
    return true;
}

static struct stack stack;
static struct err not_loaded; /* E_NONE: it is */

static bool load_into(struct stack *s, struct err *err)
{
    void *const libraries[2] = {dlopen("libtss2-esys.so.0", RTLD_NOW),
                                dlopen("libtss2-tctildr.so.0", RTLD_NOW)};

    if (libraries[0] == NULL || libraries[1] == NULL)
        return err_set(
            err, E_EVIDENCE_UNAVAILABLE,
            "there is a TPM, and the library to speak with it cannot be loaded: %s (packages libtss2-esys, "
            "libtss2-tctildr)",
            dlerror());
#define LOOK_UP(name)                                                                                        \
    if (!find(libraries, #name, &s->name, err))                                                              \
        return false;
    FUNCTIONS(LOOK_UP)
#undef LOOK_UP
    return true;
}

/* Once, and it stays. The stack writes to standard error of its own accord, also about what is only probed;
 * what it says comes back as a response code as well, so it is told to be silent unless somebody wants to
 * hear it. */
static void load_once(void)
{
    (void)setenv("TSS2_LOG", "all+none", 0);
    (void)load_into(&stack, &not_loaded);
}

static bool load(const struct stack **out, struct err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    if (pthread_once(&once, load_once) != 0)
        abort();
    if (not_loaded.code != E_NONE) {
        *err = not_loaded;
        return false;
    }
    *out = &stack;
    return true;
}

struct tpm {
    const struct stack *tss;
    TSS2_TCTI_CONTEXT *tcti;
    ESYS_CONTEXT *esys;
};

void tpm_close(struct tpm **t)
{
    if (*t == NULL)
        return;
    if ((*t)->esys != NULL)
        (*t)->tss->Esys_Finalize(&(*t)->esys);
    if ((*t)->tcti != NULL)
        (*t)->tss->Tss2_TctiLdr_Finalize(&(*t)->tcti);
    free(*t);
    *t = NULL;
}

/* TSS2_RC: the layer in the third byte, the TPM's own code below. */
static bool failed(TSS2_RC rc, const char *what, struct err *err)
{
    return err_set(err, E_EVIDENCE_UNAVAILABLE, "TPM: %s: response code 0x%08x", what, (unsigned)rc);
}

bool tpm_open(const char *tcti, struct tpm **out, struct err *err)
{
    struct tpm *t = calloc(1, sizeof *t);
    TSS2_RC rc;

    if (t == NULL)
        abort();
    if (!load(&t->tss, err)) {
        free(t);
        return false;
    }
    if ((rc = t->tss->Tss2_TctiLdr_Initialize(tcti, &t->tcti)) != TSS2_RC_SUCCESS ||
        (rc = t->tss->Esys_Initialize(&t->esys, t->tcti, NULL)) != TSS2_RC_SUCCESS) {
        (void)failed(rc, "connecting", err);
        tpm_close(&t);
        return err_in(err, "%s", tcti);
    }
    *out = t;
    return true;
}

/* An object of the TPM, in terms of the stack. */
static bool object(struct tpm *t, uint32_t handle, ESYS_TR *out, struct err *err)
{
    const TSS2_RC rc =
        t->tss->Esys_TR_FromTPMPublic(t->esys, handle, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, out);

    return rc == TSS2_RC_SUCCESS ||
           err_set(err, E_EVIDENCE_UNAVAILABLE, "the TPM has nothing at 0x%08x (response code 0x%08x)",
                   (unsigned)handle, (unsigned)rc);
}

/* ---- NV indices --------------------------------------------------------------------- */

enum { NV_CHUNK = 512 }; /* every TPM gives as much at once */

static bool nv_size(struct tpm *t, ESYS_TR index, uint16_t *out, struct err *err)
{
    TPM2B_NV_PUBLIC *public = NULL;
    const TSS2_RC rc =
        t->tss->Esys_NV_ReadPublic(t->esys, index, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &public, NULL);

    if (rc != TSS2_RC_SUCCESS)
        return failed(rc, "reading the public part of an NV index", err);
    *out = public->nvPublic.dataSize;
    t->tss->Esys_Free(public);
    return true;
}

static bool nv_chunk(struct tpm *t, ESYS_TR index, uint16_t at, uint16_t len, struct buf *b, struct err *err)
{
    TPM2B_MAX_NV_BUFFER *data = NULL;
    const TSS2_RC rc = t->tss->Esys_NV_Read(t->esys, ESYS_TR_RH_OWNER, index, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                                            ESYS_TR_NONE, len, at, &data);

    if (rc != TSS2_RC_SUCCESS)
        return failed(rc, "reading an NV index", err);
    buf_put(b, slice_of(data->buffer, data->size));
    t->tss->Esys_Free(data);
    return true;
}

static bool nv_all(struct tpm *t, ESYS_TR index, struct buf *b, struct err *err)
{
    uint16_t size = 0;

    if (!nv_size(t, index, &size, err))
        return false;
    while (b->len < size) {
        const size_t left = size - b->len;

        if (!nv_chunk(t, index, (uint16_t)b->len, (uint16_t)(left < NV_CHUNK ? left : NV_CHUNK), b, err))
            return false;
    }
    return true;
}

bool tpm_nv_read(struct tpm *t, uint32_t index, struct arena *a, struct slice *out, struct err *err)
{
    scoped(buf_wipe) struct buf b = buf_max(LIMIT_EVIDENCE);
    ESYS_TR handle;
    bool ok;

    if (!object(t, index, &handle, err))
        return false;
    ok = nv_all(t, handle, &b, err);
    (void)t->tss->Esys_TR_Close(t->esys, &handle);
    if (ok)
        *out = arena_copy(a, buf_bytes(&b));
    return ok || err_in(err, "NV index 0x%08x", (unsigned)index);
}

/* ---- a quote ------------------------------------------------------------------------ */

enum { QUOTE_ATTEMPTS = 5 };

static TPML_PCR_SELECTION all_pcrs(void)
{
    return (TPML_PCR_SELECTION){
        .count = 1,
        .pcrSelections = {{.hash = TPM2_ALG_SHA256, .sizeofSelect = 3, .pcrSelect = {0xff, 0xff, 0xff}}},
    };
}

static void drop(TPML_PCR_SELECTION *from, const TPML_PCR_SELECTION *got)
{
    for (size_t i = 0; i < 3; i++)
        from->pcrSelections[0].pcrSelect[i] &= (BYTE)~got->pcrSelections[0].pcrSelect[i];
}

static bool is_nothing(const TPML_PCR_SELECTION *s)
{
    return slice_is_zero(slice_of(s->pcrSelections[0].pcrSelect, 3));
}

/* The values of one answer go to the places that it names. */
static bool place(const TPML_PCR_SELECTION *got, const TPML_DIGEST *values,
                  uint8_t pcrs[TPM_NUM_PCRS][TPM_PCR_LEN])
{
    size_t next = 0;

    if (got->count != 1 || got->pcrSelections[0].sizeofSelect != 3)
        return false;
    for (size_t i = 0; i < TPM_NUM_PCRS; i++) {
        if ((got->pcrSelections[0].pcrSelect[i / 8] >> i % 8 & 1) == 0)
            continue;
        if (next >= values->count || values->digests[next].size != TPM_PCR_LEN)
            return false;
        memcpy(pcrs[i], values->digests[next++].buffer, TPM_PCR_LEN);
    }
    return next > 0 && next == values->count;
}

/* A TPM gives eight at a time, or fewer. */
static bool read_pcrs(struct tpm *t, uint8_t pcrs[TPM_NUM_PCRS][TPM_PCR_LEN], struct err *err)
{
    TPML_PCR_SELECTION wanted = all_pcrs();

    while (!is_nothing(&wanted)) {
        TPML_PCR_SELECTION *got = NULL;
        TPML_DIGEST *values = NULL;
        const TSS2_RC rc = t->tss->Esys_PCR_Read(t->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &wanted,
                                                 NULL, &got, &values);
        bool ok = rc == TSS2_RC_SUCCESS && place(got, values, pcrs);

        if (ok)
            drop(&wanted, got);
        t->tss->Esys_Free(got);
        t->tss->Esys_Free(values);
        if (!ok)
            return failed(rc, "reading PCRs of the SHA-256 bank", err);
    }
    return true;
}

static bool quote_once(struct tpm *t, ESYS_TR key, struct slice extra_data, struct arena *a,
                       struct tpm_evidence *out, struct err *err)
{
    const TPMT_SIG_SCHEME scheme = {.scheme = TPM2_ALG_RSASSA, .details.rsassa.hashAlg = TPM2_ALG_SHA256};
    const TPML_PCR_SELECTION selection = all_pcrs();
    TPM2B_DATA qualifying = {.size = (UINT16)extra_data.len};
    TPM2B_ATTEST *quoted = NULL;
    TPMT_SIGNATURE *signature = NULL;
    TSS2_RC rc;

    memcpy(qualifying.buffer, extra_data.ptr, extra_data.len);
    rc = t->tss->Esys_Quote(t->esys, key, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &qualifying, &scheme,
                            &selection, &quoted, &signature);
    if (rc != TSS2_RC_SUCCESS)
        return failed(rc, "asking for a quote", err);
    out->message = arena_copy(a, slice_of(quoted->attestationData, quoted->size));
    out->signature =
        arena_copy(a, slice_of(signature->signature.rsassa.sig.buffer, signature->signature.rsassa.sig.size));
    t->tss->Esys_Free(quoted);
    t->tss->Esys_Free(signature);
    return true;
}

/* Values are read besides the quote, and a PCR may be extended in between: then both are taken again. */
static bool quote_with_values(struct tpm *t, ESYS_TR key, struct slice extra_data, struct arena *a,
                              struct tpm_evidence *out, struct err *err)
{
    for (int attempt = 0; attempt < QUOTE_ATTEMPTS; attempt++) {
        uint8_t pcrs[TPM_NUM_PCRS][TPM_PCR_LEN] = {{0}};
        struct slice checked[TPM_NUM_PCRS];
        struct tpm_quote q;

        if (!read_pcrs(t, pcrs, err) || !quote_once(t, key, extra_data, a, out, err) ||
            !tpm_quote_parse(out->message, &q, err))
            return false;
        out->pcrs = tpm_pcrs_text(pcrs, a);
        if (tpm_pcrs_verify(out->pcrs, &q, a, checked, err))
            return true;
    }
    return err_as(err, E_EVIDENCE_UNAVAILABLE);
}

bool tpm_quote_all(struct tpm *t, uint32_t key, struct slice extra_data, struct arena *a,
                   struct tpm_evidence *out, struct err *err)
{
    struct tpm_evidence e = {0};
    ESYS_TR handle;
    bool ok;

    if (extra_data.len > sizeof((TPM2B_DATA *)0)->buffer)
        return err_set(err, E_EVIDENCE_UNAVAILABLE, "TPM: extra data of %zu bytes", extra_data.len);
    if (!object(t, key, &handle, err))
        return false;
    ok = quote_with_values(t, handle, extra_data, a, &e, err);
    (void)t->tss->Esys_TR_Close(t->esys, &handle);
    if (ok)
        *out = e;
    return ok;
}
