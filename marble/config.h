/* SPDX-License-Identifier: Apache-2.0 */
/* marble/config.h: how a service joins the mesh, as its environment says (the variables: marble/marble.h). */
#pragma once
#include "pki/cert.h"

/* By which of the coordinator's services a marble is activated. */
enum activation_way {
    WAY_EITHER, /* mesh.v1.Mesh; where the coordinator does not know that, and no policy pins it, rpc.Marble
                 */
    WAY_MESH,
    WAY_MARBLERUN,
};

/* What follows from a renewal, or from being told that there will be none. */
struct renewal_settings {
    int signal; /* that tells the program of new files; 0: none */
    bool keeps_running_when_revoked;
};

struct config {
    const char *coordinator; /* "host:port" */
    const char *type;
    const char *uuid_file; /* absolute */
    struct san san;        /* names for the certificate; 127.0.0.1 and ::1 are always among them */
    unsigned timeout_s;
    bool has_evidence;       /* false: a simulation without evidence, as MarbleRun's */
    const char *policy_file; /* of the coordinator; NULL: none is named */
    enum activation_way way;
    struct renewal_settings renewal;
};

/* Reads and checks all of it. `simulated`: MESH_SIM counts. Strings live in the arena. E_MARBLE_CONFIG, with
 * the variable's name. */
bool config_read(bool simulated, struct arena *a, struct config *out, struct err *err);

/* The names of settings that the manifest may have among the service's variables, where they decide. */
#define RENEW_SIGNAL "MESH_RENEW_SIGNAL"
#define ON_REVOKE    "MESH_ON_REVOKE"

/* Their values; NULL or "": as if not set, which leaves *out as it is. E_MARBLE_CONFIG. */
bool config_renew_signal(const char *text, struct renewal_settings *out, struct err *err);
bool config_on_revoke(const char *text, struct renewal_settings *out, struct err *err);
