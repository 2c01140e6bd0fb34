/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/snp.h"

#include <stdio.h>
#include <stdlib.h>

#include "attestation/snp_report.h"
#include "base/buf.h"
#include "pki/der.h"
#include "pki/hash.h"
#include "pki/pem.h"

static const uint8_t report_data[64] = {0xda, 0x7a};

static void must(bool done, const struct err *err)
{
    if (done)
        return;
    (void)fprintf(stderr, "%s\n", err->text);
    abort();
}

void snp_scene_open(struct snp_scene *s, const struct sim_chip *chip, const struct sim_guest *guest,
                    const struct sim_chip *certified, const struct sim_snp_options *o)
{
    const struct sim_snp_options usual = {.vlek = guest->vlek};
    struct err err;

    pki_init();
    *s = (struct snp_scene){.guest = *guest};
    s->evidence.kind = EVIDENCE_SNP;
    must(sim_snp_report(chip, guest, report_data, &s->a, &s->evidence.report, &err), &err);
    must(sim_snp_collateral(certified, o == NULL ? &usual : o, SNP_NOW, &s->a, &s->collateral, &err), &err);
    s->what = (struct appraisal){
        .evidence = &s->evidence, .collateral = &s->collateral, .roots = sim_roots(), .now = SNP_NOW};
}

void snp_scene_close(struct snp_scene *s) { arena_wipe(&s->a); }

enum err_code snp_judge(struct snp_scene *s)
{
    appraise(&s->what, &s->a, &s->v);
    if (s->v.genuine != (s->v.reason.code == E_NONE))
        abort();
    return s->v.reason.code;
}

void snp_resign(struct snp_scene *s, const struct sim_chip *chip, size_t at, uint8_t flip)
{
    uint8_t body[SNP_SIGNED_LEN];
    struct err err;

    memcpy(body, s->evidence.report.ptr, sizeof body);
    body[at] ^= flip;
    must(sim_snp_sign(chip, s->guest.vlek, slice_of(body, sizeof body), &s->a, &s->evidence.report, &err),
         &err);
}

struct sim_party snp_party(struct snp_scene *s, const char *common_name)
{
    struct sim_party p = {0};
    struct err err;

    must(sim_embedded(common_name, &s->a, &p, &err), &err);
    return p;
}

struct slice snp_pem(struct snp_scene *s, struct slice der)
{
    return slice_str(pem_text(&s->a, "CERTIFICATE", der));
}

static struct slice oid_of(struct arena *a, const char *suffix)
{
    scoped(buf_wipe) struct buf b = buf_max(64);

    if (!oid_from_text(arena_printf(a, "1.3.6.1.4.1.3704.1.%s", suffix), &b))
        abort();
    return arena_copy(a, buf_bytes(&b));
}

/* The extensions of the certificate as they are to be; one that is replaced and was not there is added. */
static size_t edit(struct snp_scene *s, const struct cert *c, const struct snp_reissue *r,
                   struct extension *out)
{
    size_t num = 0;

    for (size_t i = 0; i < c->num_extensions; i++)
        if ((r->drop == NULL || !slice_equal(c->extensions[i].oid, oid_of(&s->a, r->drop))) &&
            (r->replace == NULL || !slice_equal(c->extensions[i].oid, oid_of(&s->a, r->replace))))
            out[num++] = c->extensions[i];
    if (r->replace != NULL)
        out[num++] = (struct extension){oid_of(&s->a, r->replace), r->value, false};
    return num;
}

void snp_reissue_vek(struct snp_scene *s, const struct sim_chip *chip, const struct snp_reissue *r)
{
    const char *usual = arena_printf(&s->a, s->guest.vlek ? "SEV-VLEK-%s" : "SEV-%s", chip->product);
    struct sim_party issuer = snp_party(s, r->issuer != NULL ? r->issuer : usual);
    struct extension extensions[32];
    const struct name_part name = {OID_COMMON_NAME, r->common_name};
    struct cert_spec spec;
    struct cert c;
    struct err err;

    must(cert_parse(s->collateral.vek, &s->a, &c, &err), &err);
    spec = (struct cert_spec){
        .subject_name = r->common_name == NULL ? c.subject : name_build(&s->a, &name, 1),
        .serial = c.serial,
        .not_before = c.not_before,
        .not_after = c.not_after,
        .basic_constraints = r->is_ca,
        .is_ca = r->is_ca,
        .path_len = -1,
        .extra = extensions,
        .num_extra = edit(s, &c, r, extensions),
        .rsa_pss = !r->pkcs1,
    };
    must(cert_issue(&spec, r->key != NULL ? key_spki(r->key, &s->a) : c.spki, &issuer.cert, &issuer.key,
                    &s->a, &s->collateral.vek, &err),
         &err);
    sim_party_wipe(&issuer);
}
