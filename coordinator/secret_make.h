/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator/secret_make.h: one value from its declaration. For secrets.c and secrets_marble.c. */
#pragma once
#include "coordinator/secrets.h"

/* A fresh value: random, or a key pair with its certificate. E_SECRET_VALUE. */
bool secret_make(const struct secret_spec *spec, const struct authority *ca, int64_t now, struct arena *a,
                 struct secret_value *out, struct err *err);

/* The symmetric key that this marble has from this root secret. E_SECRET_VALUE. */
bool secret_derive(const struct secret_spec *spec, struct slice root_secret, struct uuid uuid,
                   const struct marble *marble, struct arena *a, struct secret_value *out, struct err *err);
