/* SPDX-License-Identifier: Apache-2.0 */
/* tests/support/snp.h: simulated SNP evidence with all that goes with it, to be changed by a test and then
 * judged. */
#pragma once
#include "attestation/memo.h"
#include "attestation/sim/keys.h"
#include "attestation/sim/snp.h"
#include "attestation/sim/vek.h"

enum { SNP_NOW = 1767323045, SNP_DAY = 86400 };
enum { MILAN, GENOA, TURIN };

struct snp_scene {
    struct arena a;
    struct sim_guest guest;
    struct evidence evidence;
    struct collateral collateral;
    struct appraisal what;
    struct verdict v;
};

/* A report of this chip and guest, judged with the collateral of `certified` under `o` (NULL: usual). Faults
 * of the simulation abort. */
void snp_scene_open(struct snp_scene *s, const struct sim_chip *chip, const struct sim_guest *guest,
                    const struct sim_chip *certified, const struct sim_snp_options *o);
void snp_scene_close(struct snp_scene *s);

/* The reason, E_NONE if genuine. */
enum err_code snp_judge(struct snp_scene *s);

/* Flips bits of the report's signed part and signs it again. */
void snp_resign(struct snp_scene *s, const struct sim_chip *chip, size_t at, uint8_t flip);

/* A party of the simulated PKI; and a PEM text of one certificate. */
struct sim_party snp_party(struct snp_scene *s, const char *common_name);
struct slice snp_pem(struct snp_scene *s, struct slice der);

/* The VEK's certificate issued again with other contents. Fields that are not set stay. */
struct snp_reissue {
    const char *drop;    /* the AMD extension "3.1" etc. that is left out */
    const char *replace; /* ... or that gets `value` */
    struct slice value;
    const char *common_name;
    const struct key *key; /* of the certificate */
    bool pkcs1;            /* not signed with PSS */
    bool is_ca;
    const char *issuer; /* common name; NULL: as before */
};
void snp_reissue_vek(struct snp_scene *s, const struct sim_chip *chip, const struct snp_reissue *r);

/* Of the scene `s`: it is refused for this reason, in words that hold `fragment`; or it is genuine. */
#define EXPECT_REFUSED(expected, fragment)                                                                   \
    do {                                                                                                     \
        cr_expect_eq(snp_judge(&s), expected, "%s: %s", reason_of(s.v.reason.code)->name, s.v.reason.text);  \
        cr_expect_not_null(strstr(s.v.reason.text, fragment), "%s", s.v.reason.text);                        \
    } while (0)
#define EXPECT_GENUINE()                                                                                     \
    cr_expect_eq(snp_judge(&s), E_NONE, "%s: %s", reason_of(s.v.reason.code)->name, s.v.reason.text)
