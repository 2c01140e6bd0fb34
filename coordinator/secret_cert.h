/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator/secret_cert.h: a certificate secret from its template.
 *
 * Filled in where the template is silent: DNS name "localhost", addresses 127.0.0.1 and ::1, key usage
 * digitalSignature and certSign, extended usage serverAuth and clientAuth, the CN (the DNS name if
 * there is one, else "MarbleRun Generated Certificate"), 365 days. Always ours: serial, notBefore,
 * issuer, critical basic constraints, authority key id.
 */
#pragma once
#include "coordinator/ca.h"
#include "manifest/secret.h"

/* A fresh key of the declared type and size, and its certificate. E_SECRET_VALUE, E_UNSUPPORTED. */
bool secret_cert_issue(const struct secret_spec *spec, const struct authority *ca, int64_t now,
                       struct arena *a, struct issued *out, struct err *err);
