/* SPDX-License-Identifier: Apache-2.0 */
/* The chains of the keys that sign SNP reports, made by the simulated TEE: what is genuine says what it says,
 * and each rule that is broken has its refusal. */
#include <criterion/criterion.h>

#include "attestation/snp_certificates.h"
#include "attestation/snp_report.h"
#include "base/buf.h"
#include "base/text.h"
#include "pki/der.h"
#include "pki/hash.h"
#include "pki/pem.h"
#include "tests/support/snp.h"

static const struct sim_guest plain = {.measurement = {0x3e}, .host_data = {0x40}, .guest_svn = 7};
static const struct sim_guest of_cloud = {.measurement = {0x3e}, .vmpl = 1, .vlek = true};

static struct snp_scene s;

static void open_usual(void) { snp_scene_open(&s, &sim_chips[MILAN], &plain, &sim_chips[MILAN], NULL); }
static void end(void) { snp_scene_close(&s); }

/* ---- roots and chains --------------------------------------------------------------- */

Test(snp_chain, the_trust_domains_do_not_know_each_other, .init = open_usual, .fini = end)
{
    s.what.roots = roots_production();
    EXPECT_REFUSED(E_ROOT, "none of the 3 trust anchors of this program's trust domain (production)");
}

Test(snp_chain, a_root_of_the_right_name_is_not_the_root, .init = open_usual, .fini = end)
{
    struct sim_party ark = snp_party(&s, "ARK-Milan"), ask = snp_party(&s, "SEV-Milan");
    const struct cert_spec spec = {.subject_name = ark.cert.subject,
                                   .not_before = ark.cert.not_before,
                                   .not_after = ark.cert.not_after,
                                   .key_usage = KU_CERT_SIGN | KU_CRL_SIGN,
                                   .basic_constraints = true,
                                   .is_ca = true,
                                   .path_len = -1,
                                   .rsa_pss = true};
    scoped(buf_wipe) struct buf b = buf_max(1 << 16);
    struct slice forged;
    struct err err;

    /* The attacker's own key, and the same key: only the certificate itself is the anchor. */
    for (int own = 0; own < 2; own++) {
        const struct key *k = own != 0 ? &ark.key : &ask.key;

        cr_assert(cert_issue(&spec, key_spki(k, &s.a), NULL, k, &s.a, &forged, &err), "%s", err.text);
        b.len = 0;
        buf_put(&b, forged);
        buf_put(&b, ask.cert.der);
        s.collateral.vek_chain = buf_bytes(&b);
        EXPECT_REFUSED(E_ROOT, "ARK: it is none");
    }
    sim_party_wipe(&ark);
    sim_party_wipe(&ask);
}

static void use_chain(const char *ask, const char *ark)
{
    struct sim_party parties[2] = {snp_party(&s, ask), snp_party(&s, ark)};
    scoped(buf_wipe) struct buf b = buf_max(1 << 16);

    for (size_t i = 0; i < 2; i++) {
        buf_put(&b, parties[i].cert.der);
        sim_party_wipe(&parties[i]);
    }
    s.collateral.vek_chain = arena_copy(&s.a, buf_bytes(&b));
}

Test(snp_chain, swapped_certificates_are_refused)
{
    open_usual();
    use_chain("SEV-Genoa", "ARK-Genoa"); /* another product's chain */
    EXPECT_REFUSED(E_VEK_CHAIN, "issued by");
    use_chain("SEV-Milan", "ARK-Genoa");
    EXPECT_REFUSED(E_VEK_CHAIN, "issued by");
    use_chain("SEV-VLEK-Milan", "ARK-Milan");
    EXPECT_REFUSED(E_VEK_CHAIN, "issued by");
    end();
    for (unsigned vlek = 0; vlek < 2; vlek++) { /* the other kind of key, with its own sound chain */
        const struct sim_snp_options other = {.vlek = vlek == 0};

        snp_scene_open(&s, &sim_chips[MILAN], vlek != 0 ? &of_cloud : &plain, &sim_chips[MILAN], &other);
        EXPECT_REFUSED(E_VEK_CHAIN,
                       vlek != 0 ? "ASVK: expected the common name" : "ASK: expected the common name");
        end();
    }
}

Test(snp_chain, a_chain_that_is_not_whole_is_refused, .init = open_usual, .fini = end)
{
    struct sim_party ask = snp_party(&s, "SEV-Milan"), ark = snp_party(&s, "ARK-Milan"),
                     other = snp_party(&s, "SEV-Genoa");
    const struct slice vek = s.collateral.vek, chain = s.collateral.vek_chain;
    scoped(buf_wipe) struct buf b = buf_max(1 << 16);

    s.collateral = (struct collateral){0};
    EXPECT_REFUSED(E_COLLATERAL_MISSING, "neither the evidence nor the collateral has the VCEK");
    s.collateral.vek = vek;
    EXPECT_REFUSED(E_VEK_CHAIN, "expected one ARK, which is self-issued, found 0");
    s.collateral.vek_chain = ark.cert.der;
    EXPECT_REFUSED(E_VEK_CHAIN, "expected one ASK or ASVK, found 0");
    s.collateral.vek_chain = ask.cert.der;
    EXPECT_REFUSED(E_VEK_CHAIN, "expected one ARK");
    s.collateral = (struct collateral){.vek_chain = chain};
    EXPECT_REFUSED(E_VEK_CHAIN, "expected one certificate of a VEK");
    buf_put(&b, ask.cert.der);
    buf_put(&b, ark.cert.der);
    buf_put(&b, other.cert.der);
    s.collateral = (struct collateral){.vek = vek, .vek_chain = buf_bytes(&b)};
    EXPECT_REFUSED(E_VEK_CHAIN, "expected one ASK or ASVK, found 2");
    s.collateral = (struct collateral){.vek = buf_bytes(&b), .vek_chain = chain};
    EXPECT_REFUSED(E_VEK_CHAIN, "VEK: expected one certificate, found 3");
    for (size_t i = 0; i < 3; i++)
        sim_party_wipe((struct sim_party *[]){&ask, &ark, &other}[i]);
}

Test(snp_chain, certificates_that_cannot_be_read_are_refused, .init = open_usual, .fini = end)
{
    const struct slice vek = s.collateral.vek, chain = s.collateral.vek_chain;
    scoped(buf_wipe) struct buf b = buf_max(1 << 17);

    for (size_t len = 1; len < vek.len; len++) {
        s.collateral.vek = slice_of(vek.ptr, len);
        EXPECT_REFUSED(E_COLLATERAL_FORMAT, "");
    }
    buf_put(&b, vek);
    buf_u8(&b, 0);
    s.collateral.vek = buf_bytes(&b);
    EXPECT_REFUSED(E_COLLATERAL_FORMAT, "expected certificates in PEM or DER");
    s.collateral.vek = vek;
    for (size_t len = 1; len < chain.len - 1; len += 7) {
        s.collateral.vek_chain = slice_of(chain.ptr, len);
        cr_expect_neq(snp_judge(&s), E_NONE);
    }
    buf_zero(&b, 1 << 16);
    s.collateral.vek_chain = buf_bytes(&b);
    EXPECT_REFUSED(E_COLLATERAL_FORMAT, "more than the 65536 allowed");
}

Test(snp_chain, the_vek_has_its_name_use_key_and_algorithm)
{
    scoped(key_wipe) struct key p256 = {0};
    struct err err;

    pki_init();
    cr_assert(key_generate(KEY_P256, &p256, &err));
    {
        const struct {
            struct snp_reissue how;
            const char *fragment;
        } rows[] = {
            {{.common_name = "SEV-VLEK"}, "VCEK: expected the common name \"SEV-VCEK\", found \"SEV-VLEK\""},
            {{.common_name = "VCEK"}, "expected the common name \"SEV-VCEK\""},
            {{.key = &p256}, "VEK: expected a key on P-384"},
            {{.pkcs1 = true}, "RSASSA-PSS with SHA-384"},
            {{.is_ca = true}, "authority's certificate"},
            {{.issuer = "ARK-Milan"}, "issued by"},
            {{.issuer = "SEV-VLEK-Milan"}, "issued by"},
        };

        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            open_usual();
            snp_reissue_vek(&s, &sim_chips[MILAN], &rows[i].how);
            EXPECT_REFUSED(E_VEK_CHAIN, rows[i].fragment);
            end();
        }
    }
}

/* ---- extensions --------------------------------------------------------------------- */

Test(snp_chain, each_extension_has_to_be_there_and_well_formed)
{
    static const uint8_t minus_one[] = {2, 1, 0xff}, large[] = {2, 2, 1, 0}, text[] = {0x16, 1, 'x'},
                         two[] = {2, 1, 4, 2, 1, 4}, short_id[63] = {1};
    static const struct {
        struct snp_reissue how;
        const char *fragment;
    } rows[] = {
        {{.drop = "2"}, "product name: expected an IA5String"},
        {{.replace = "2", .value = {minus_one, 3}}, "product name: expected an IA5String"},
        {{.drop = "3.1"}, "boot loader SPL"},
        {{.drop = "3.2"}, "TEE SPL"},
        {{.drop = "3.3"}, "SNP SPL"},
        {{.drop = "3.8"}, "microcode SPL"},
        {{.replace = "3.1", .value = {minus_one, sizeof minus_one}}, "boot loader SPL"},
        {{.replace = "3.1", .value = {large, sizeof large}}, "boot loader SPL"},
        {{.replace = "3.1", .value = {text, sizeof text}}, "boot loader SPL"},
        {{.replace = "3.1", .value = {two, sizeof two}}, "boot loader SPL"},
        {{.drop = "4"}, "expected the extension hardware id"},
        {{.replace = "4", .value = {short_id, sizeof short_id}}, "hardware id: expected 64 octets"},
        {{.replace = "5", .value = {text, sizeof text}},
         "expected the extension hardware id and not the other's"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        open_usual();
        snp_reissue_vek(&s, &sim_chips[MILAN], &rows[i].how);
        EXPECT_REFUSED(E_VEK_CHAIN, rows[i].fragment);
        end();
    }
}

Test(snp_chain, a_vlek_has_the_clouds_name_and_no_chip)
{
    static const uint8_t id[64] = {1};

    for (int i = 0; i < 2; i++) {
        const struct snp_reissue how = i == 0
                                           ? (struct snp_reissue){.drop = "5"}
                                           : (struct snp_reissue){.replace = "4", .value = {id, sizeof id}};

        snp_scene_open(&s, &sim_chips[MILAN], &of_cloud, &sim_chips[MILAN], NULL);
        EXPECT_GENUINE();
        cr_expect_str_eq(s.v.claims.snp.csp_id, "CN=simulated-1.cloud.invalid");
        snp_reissue_vek(&s, &sim_chips[MILAN], &how);
        EXPECT_REFUSED(E_VEK_CHAIN, "VLEK: expected the extension CSP id");
        end();
    }
}

Test(snp_chain, turin_needs_the_fmc)
{
    static const struct snp_reissue without = {.drop = "3.9"};

    snp_scene_open(&s, &sim_chips[TURIN], &plain, &sim_chips[TURIN], NULL);
    snp_reissue_vek(&s, &sim_chips[TURIN], &without);
    EXPECT_REFUSED(E_VEK_CHAIN, "FMC SPL");
    end();
}

/* The key is of chip and TCB, so it is given to the other certificate: only what that says is wrong. */
static void expect_mismatch(size_t product, const struct sim_chip *other, const char *fragment)
{
    const struct sim_chip *chip = &sim_chips[product];
    scoped(key_wipe) struct key k = {0};
    struct err err;

    snp_scene_open(&s, chip, &plain, other, NULL);
    cr_assert(sim_vek_key(chip, false, &k, &err), "%s", err.text);
    snp_reissue_vek(&s, other, &(struct snp_reissue){.key = &k});
    EXPECT_REFUSED(E_VEK_MISMATCH, fragment);
    end();
}

Test(snp_chain, a_certificate_for_another_tcb_or_chip_is_refused)
{
    static const char *const milan[8] = {"boot loader", "TEE", NULL, NULL, NULL, NULL, "SNP", "microcode"};
    static const char *const turin[8] = {"FMC", "boot loader", "TEE", "SNP", NULL, NULL, NULL, "microcode"};
    struct sim_chip other;

    for (size_t product = MILAN; product <= TURIN; product++)
        for (size_t i = 0; i < 8; i++) {
            const char *name = (product == TURIN ? turin : milan)[i];

            other = sim_chips[product];
            other.tcb[i] ^= 1;
            if (name != NULL)
                expect_mismatch(product, &other, name);
        }
    for (size_t product = MILAN; product <= TURIN; product++) {
        other = sim_chips[product];
        other.hwid[7] ^= 1;
        expect_mismatch(product, &other, "chip id: the certificate is another chip's");
    }
}

Test(snp_chain, a_vek_of_another_tcb_is_refused_before_its_signature)
{
    struct sim_chip other = sim_chips[MILAN];

    other.tcb[7]--;
    snp_scene_open(&s, &sim_chips[MILAN], &plain, &other, NULL);
    EXPECT_REFUSED(E_VEK_MISMATCH, "microcode: the certificate is for 218, the report says 219");
    end();
}

Test(snp_chain, turins_chip_id_is_zero_behind_its_eight_bytes)
{
    snp_scene_open(&s, &sim_chips[TURIN], &plain, &sim_chips[TURIN], NULL);
    snp_resign(&s, &sim_chips[TURIN], 0x1a0 + 8, 1);
    EXPECT_REFUSED(E_VEK_MISMATCH, "chip id");
    end();
}

Test(snp_chain, the_product_is_the_same_in_processor_certificate_and_chain)
{
    static const uint8_t genoa[] = {0x16, 5, 'G', 'e', 'n', 'o', 'a'}, rome[] = {0x16, 4, 'R', 'o', 'm', 'e'},
                         siena[] = {0x16, 8, 'S', 'i', 'e', 'n', 'a', '-', 'B', '0'};
    struct sim_guest guest = plain;
    struct sim_chip chip;

    guest.version = 3;
    chip = sim_chips[MILAN];
    chip.cpuid[1] = 0x11;
    snp_scene_open(&s, &chip, &guest, &chip, NULL);
    EXPECT_REFUSED(E_VEK_MISMATCH, "a processor of the product Genoa, the chain is for Milan");
    end();
    chip.cpuid[0] = 0x1a;
    chip.cpuid[1] = 0x50; /* a generation without roots */
    snp_scene_open(&s, &chip, &guest, &chip, NULL);
    EXPECT_REFUSED(E_EVIDENCE_FORMAT, "CPU family 0x1a model 0x50");
    end();
    chip = sim_chips[GENOA];
    chip.cpuid[1] = 0xa0; /* Bergamo and Siena */
    snp_scene_open(&s, &chip, &guest, &chip, NULL);
    EXPECT_GENUINE();
    snp_reissue_vek(&s, &chip, &(struct snp_reissue){.replace = "2", .value = {siena, sizeof siena}});
    EXPECT_GENUINE();
    end();
    open_usual();
    snp_reissue_vek(&s, &sim_chips[MILAN],
                    &(struct snp_reissue){.replace = "2", .value = {genoa, sizeof genoa}});
    EXPECT_REFUSED(E_VEK_MISMATCH, "product name: expected one of Milan, found \"Genoa\"");
    snp_reissue_vek(&s, &sim_chips[MILAN],
                    &(struct snp_reissue){.replace = "2", .value = {rome, sizeof rome}});
    EXPECT_REFUSED(E_VEK_MISMATCH, "product name: expected one of Milan, found \"Rome\"");
    end();
}

/* ---- dates and revocation ----------------------------------------------------------- */

Test(snp_chain, certificates_are_valid_from_their_first_to_their_last_second)
{
    static const struct sim_snp_options o = {.valid_from = SNP_NOW - 100, .valid_to = SNP_NOW + 100};
    static const struct {
        int64_t at;
        enum err_code code;
    } rows[] = {{SNP_NOW - 101, E_CERT_EXPIRED},
                {SNP_NOW - 100, E_NONE},
                {SNP_NOW + 100, E_NONE},
                {SNP_NOW + 101, E_CERT_EXPIRED}};

    snp_scene_open(&s, &sim_chips[MILAN], &plain, &sim_chips[MILAN], &o);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        s.what.now = rows[i].at;
        cr_expect_eq(snp_judge(&s), rows[i].code, "row %zu: %s", i, s.v.reason.text);
    }
    end();
}

Test(snp_chain, authorities_expire_too)
{
    static const struct sim_snp_options o = {.valid_from = 1, .valid_to = INT64_C(4000000000)};

    snp_scene_open(&s, &sim_chips[MILAN], &plain, &sim_chips[MILAN], &o);
    s.what.now = INT64_C(2524608000); /* 2050 */
    EXPECT_REFUSED(E_CERT_EXPIRED, "CN=ARK-Milan");
    s.what.now = 1000000000; /* 2001 */
    EXPECT_REFUSED(E_CERT_EXPIRED, "CN=ARK-Milan");
    end();
}

Test(snp_chain, a_revocation_list_counts_if_it_is_given)
{
    static const struct {
        struct sim_snp_options o;
        bool vlek;
        enum err_code code;
        const char *fragment;
    } rows[] = {
        {{.crl = true}, false, E_NONE, ""},
        {{.crl = true, .revoke_asvk = true}, false, E_NONE, ""},
        {{.crl = true, .revoke_ask = true}, false, E_CERT_REVOKED, "lists the ASK or ASVK"},
        {{.crl = true, .vlek = true, .revoke_ask = true}, true, E_NONE, ""},
        {{.crl = true, .vlek = true, .revoke_asvk = true}, true, E_CERT_REVOKED, "lists the ASK or ASVK"},
        {{.crl = true, .crl_to = SNP_NOW - 1}, false, E_CRL_EXPIRED, "AMD's revocation list: valid from"},
        {{.crl = true, .crl_from = SNP_NOW + 1}, false, E_CRL_EXPIRED, "AMD's revocation list: valid from"},
        {{.crl = true, .crl_from = SNP_NOW, .crl_to = SNP_NOW}, false, E_NONE, ""},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        snp_scene_open(&s, &sim_chips[MILAN], rows[i].vlek ? &of_cloud : &plain, &sim_chips[MILAN],
                       &rows[i].o);
        EXPECT_REFUSED(rows[i].code, rows[i].code == E_NONE ? "" : rows[i].fragment);
        end();
    }
}

Test(snp_chain, a_revocation_list_is_by_this_root_and_whole)
{
    static const struct sim_snp_options with_crl = {.crl = true};
    struct collateral genoa;
    struct slice crl;
    struct err err;

    snp_scene_open(&s, &sim_chips[MILAN], &plain, &sim_chips[MILAN], &with_crl);
    crl = s.collateral.vek_crl;
    cr_expect_eq(snp_judge(&s), E_NONE);
    cr_expect_eq(s.v.not_after, SNP_NOW + 90 * SNP_DAY);
    cr_assert(sim_snp_collateral(&sim_chips[GENOA], &with_crl, SNP_NOW, &s.a, &genoa, &err), "%s", err.text);
    s.collateral.vek_crl = genoa.vek_crl;
    EXPECT_REFUSED(E_CRL, "expected it to be issued by");
    for (size_t len = 1; len < crl.len; len++) {
        s.collateral.vek_crl = slice_of(crl.ptr, len);
        cr_expect_eq(snp_judge(&s), E_CRL, "%zu: %s", len, s.v.reason.text);
    }
    s.collateral.vek_crl = slice_str(hex_text(&s.a, crl));
    EXPECT_GENUINE();
    s.collateral.vek_crl = slice_str(pem_text(&s.a, "X509 CRL", crl));
    EXPECT_GENUINE();
    end();
}

/* ---- the host's certificate table --------------------------------------------------- */

Test(snp_chain, a_certificate_table_tells_its_certificates_apart, .init = open_usual, .fini = end)
{
    const struct snp_certificates certs = {slice_str("vcek"), slice_str("vlek"), slice_str("ask"),
                                           slice_str("ark"), slice_str("crl")};
    struct snp_certificates got;
    struct slice table, vek, chain;
    struct err err;

    table = snp_certificates_make(&certs, &s.a);
    cr_expect_eq(table.len, 6 * 24 + 17);
    cr_expect_eq(table.ptr[0], 0x8d, "the first group is little endian");
    cr_assert(snp_certificates_parse(table, &got, &err), "%s", err.text);
    cr_expect(slice_equal(got.vcek, certs.vcek) && slice_equal(got.vlek, certs.vlek) &&
              slice_equal(got.ask, certs.ask) && slice_equal(got.ark, certs.ark) &&
              slice_equal(got.crl, certs.crl));
    snp_certificates_parts(&got, "VLEK", &s.a, &vek, &chain);
    cr_expect(slice_equal(vek, certs.vlek) && slice_equal(chain, slice_str("askark")));
    cr_assert(snp_certificates_parse((struct slice){0}, &got, &err), "no table is one without certificates");
    cr_expect_eq(got.vcek.len, 0);
    for (size_t len = 1; len < table.len; len++)
        cr_expect(!snp_certificates_parse(slice_of(table.ptr, len), &got, &err), "%zu", len);
}

Test(snp_chain, a_certificate_table_that_points_outside_is_refused, .init = open_usual, .fini = end)
{
    const struct snp_certificates certs = {.vcek = slice_str("vcek"), .ask = slice_str("ask")};
    const struct slice table = snp_certificates_make(&certs, &s.a);
    static const uint8_t huge[4] = {0xff, 0xff, 0xff, 0xff};
    uint8_t bytes[128];
    struct snp_certificates got;
    struct err err;

    for (size_t at = 16; at <= 20; at += 4) {
        memcpy(bytes, table.ptr, table.len);
        memcpy(bytes + at, huge, sizeof huge);
        cr_expect(!snp_certificates_parse(slice_of(bytes, table.len), &got, &err));
        cr_expect_eq(err.code, E_EVIDENCE_FORMAT);
        cr_expect_not_null(strstr(err.text, "does not lie in its"), "%s", err.text);
    }
    memcpy(bytes, table.ptr, table.len);
    memcpy(bytes + 24, bytes, 16); /* the same GUID again */
    cr_expect(!snp_certificates_parse(slice_of(bytes, table.len), &got, &err));
    cr_expect_not_null(strstr(err.text, "twice"), "%s", err.text);
    memcpy(bytes, table.ptr, table.len);
    bytes[0] ^= 1; /* a GUID that is not known is passed over */
    cr_assert(snp_certificates_parse(slice_of(bytes, table.len), &got, &err), "%s", err.text);
    cr_expect_eq(got.vcek.len, 0);
    cr_expect_eq(got.ask.len, 3);
}
