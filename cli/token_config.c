/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/scope.h"
#include "cli/token.h"

/* What MarbleRun's configuration may have besides, and is of no use to a program that signs once. */
static const char *const known[] = {
    "Path",        "Pin",      "TokenSerial",     "TokenLabel",  "SlotNumber",      "LoginNotSupported",
    "MaxSessions", "UserType", "PoolWaitTimeout", "GCMIVLength", "UseGCMIVFromHSM", "GCMIVFromHSMControl",
    NULL};

bool token_config_parse(struct slice json, struct arena *a, struct token_config *out, struct err *err)
{
    scoped(json_release) json_t *root = NULL;
    struct token_config c = {0};
    struct fields f;
    bool without_login;

    if (!json_parse(json, JSON_NO_DUPLICATES, E_JSON_SYNTAX, &root, err)) {
        json_unquote(err); /* the PIN */
        return false;
    }
    f = fields_of(root, "$", JSON_FOLD, E_CONFIG, a, err);
    fields_only(&f, known);
    field_need(&f, "Path");
    c.path = field_str(&f, "Path");
    c.pin = field_str(&f, "Pin");
    c.serial = field_str(&f, "TokenSerial");
    c.label = field_str(&f, "TokenLabel");
    without_login = field_bool(&f, "LoginNotSupported");
    if ((c.serial != NULL) + (c.label != NULL) + field_present(&f, "SlotNumber") != 1)
        field_fault(&f, "TokenLabel", "expected one of TokenLabel, TokenSerial and SlotNumber");
    c.slot = field_uint(&f, "SlotNumber", UINT32_MAX);
    if (without_login)
        c.pin = NULL;
    else if (c.pin == NULL)
        field_fault(&f, "Pin", "expected the user's PIN, or LoginNotSupported: true");
    if (!fields_done(&f))
        return false;
    *out = c;
    return true;
}
