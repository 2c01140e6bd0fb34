/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/policy_sections.h: the sections of a policy that describe TEEs other than SGX.
 *
 * Private to attestation/. Each section is read from its member, checked by itself, matched and written.
 */
#pragma once
#include "attestation/policy.h"

/* Reads all properties of a table into the list. */
bool accepted_list_parse(struct fields *f, const struct measured *table, size_t num, struct accepted_list *out);
bool accepted_list_match(const struct accepted_list *l, const struct claims *c, int64_t now, struct err *err);
const struct accepted *accepted_list_find(const struct accepted_list *l, const char *name); /* or NULL */
void accepted_list_put(struct buf *b, const struct accepted_list *l);

/* The section's object, with a reader over it; false if the member is absent or the reader is bad. */
bool section_open(struct fields *f, const char *name, struct fields *section);

bool tdx_policy_parse(struct fields *f, struct tdx_policy *out);
bool snp_policy_parse(struct fields *f, struct snp_policy *out);
bool uvm_policy_parse(struct fields *f, struct uvm_policy *out);
bool vtpm_policy_parse(struct fields *f, struct vtpm_policy *out);
bool nitro_policy_parse(struct fields *f, struct nitro_policy *out);

/* Each E_PACKAGE_INCOMPLETE. */
bool sections_check(const struct package_policy *p, struct err *err);

/* By the kind of TEE that the claims are of. */
bool sections_match(const struct package_policy *p, const struct claims *c, int64_t now, struct err *err);

bool tdx_policy_match(const struct tdx_policy *p, const struct claims *c, int64_t now, struct err *err);
bool snp_policy_match(const struct snp_policy *p, const struct claims *c, int64_t now, struct err *err);
bool uvm_policy_match(const struct uvm_policy *p, const struct claims *c, struct err *err);
bool vtpm_policy_match(const struct vtpm_policy *p, const struct claims *c, int64_t now, struct err *err);
bool nitro_policy_match(const struct nitro_policy *p, const struct claims *c, int64_t now, struct err *err);

/* Appends "TDX":{...} and so on, for those that are given. */
void sections_put(struct buf *b, const struct package_policy *p);
void snp_policy_put(struct buf *b, const struct snp_policy *p);

/* TCB statuses with conditions. */
bool accepted_tcb_parse(struct fields *f, struct accepted_tcb **out, size_t *num);
bool accepted_tcb_match(const struct package_policy *p, const struct dcap_claims *c, int64_t now, struct err *err);
void accepted_tcb_put(struct buf *b, const struct package_policy *p);

void policy_put_strings(struct buf *b, const char *name, char *const *list, size_t num);
