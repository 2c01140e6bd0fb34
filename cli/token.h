/* SPDX-License-Identifier: Apache-2.0 */
/* cli/token.h: private keys that never leave a token, through its PKCS#11 module (OASIS PKCS #11 2.40).
 *
 * The configuration is MarbleRun's: JSON with Path (the module), Pin, and one of TokenSerial, TokenLabel and
 * SlotNumber. Errors: E_TOKEN, with the module's code; E_TOKEN_OBJECT; E_CONFIG for the configuration.
 */
#pragma once
#include "cli/command.h"
#include "net/tls.h"
#include "pki/key.h"

struct token_config {
    const char *path, *pin;     /* pin NULL: no login */
    const char *serial, *label; /* NULL: not by it */
    uint64_t slot;              /* if neither */
};
bool token_config_parse(struct slice json, struct arena *a, struct token_config *out, struct err *err);

/* An object's CKA_ID and CKA_LABEL; NULL: whatever it is, but one of them. The id as text or as hexadecimal
 * digits. */
struct token_name {
    const char *id, *label;
};

struct token;
bool token_open(const struct token_config *config, struct token **out, struct err *err);
void token_close(struct token **t); /* accepts NULL inside */

/* The private key that all that follows is done with. */
bool token_use_key(struct token *t, struct token_name name, struct err *err);
enum token_key { TOKEN_EC, TOKEN_RSA };
enum token_key token_key_kind(const struct token *t);

bool token_certificate(struct token *t, struct token_name name, struct arena *a, struct slice *der,
                       struct err *err);

/* A digest (SHA-256, -384 or -512, told by its length) as struct tls_signer has it. */
bool token_sign(struct token *t, enum tls_signature kind, struct slice digest, uint8_t *to, size_t cap,
                size_t *len, struct err *err);

/* RSA-OAEP with SHA-256. E_DECRYPT. */
bool token_decrypt(struct token *t, struct slice encrypted, struct secret *out, struct err *err);

/* ---- the command line ------------------------------------------------------------------------------------
 */

#define TOKEN_KEY_OPTIONS                                                                                    \
    {"pkcs11-config", 0, "FILE", NULL, "the key is in a PKCS#11 token: JSON with Path, Pin, TokenLabel"},    \
        {"pkcs11-key-id", 0, "ID", NULL, "the private key's id in the token, as text or hexadecimal"},       \
    {                                                                                                        \
        "pkcs11-key-label", 0, "LABEL", NULL, "the private key's label in the token"                         \
    }
#define TOKEN_USER_OPTIONS                                                                                   \
    TOKEN_KEY_OPTIONS,                                                                                       \
        {"pkcs11-cert-id", 0, "ID", NULL, "the certificate's id in the token (default: the key's)"},         \
    {                                                                                                        \
        "pkcs11-cert-label", 0, "LABEL", NULL, "the certificate's label in the token (default: the key's)"   \
    }

/* Was --pkcs11-config given? E_USAGE if it does not go with what else was. */
bool token_wanted(struct cli *cli, bool *wanted, struct err *err);

/* The key of these options. */
bool token_of_options(struct cli *cli, struct token **out, struct err *err);

/* Certificate and key as a user's identity. */
bool token_identity(struct cli *cli, struct tls_identity **out, struct err *err);
