/* SPDX-License-Identifier: Apache-2.0 */
/* marble/config.h: how a service joins the mesh, as its environment says (the variables: marble/marble.h). */
#pragma once
#include "pki/cert.h"

struct config {
    const char *coordinator; /* "host:port" */
    const char *type;
    const char *uuid_file; /* absolute */
    struct san san;        /* names for the certificate; 127.0.0.1 and ::1 are always among them */
    unsigned timeout_s;
    bool has_evidence; /* false: a simulation without evidence, as MarbleRun's */
};

/* Reads and checks all of it. `simulated`: MESH_SIM counts. Strings live in the arena. E_MARBLE_CONFIG, with
 * the variable's name. */
bool config_read(bool simulated, struct arena *a, struct config *out, struct err *err);
