/* SPDX-License-Identifier: Apache-2.0 */
/* manifest/template_functions.h: what can be called in templates.
 *
 * Private to the template language. Source: docs/marblerun.md, "Templates"; documentation of Go's package
 * text/template, "Functions".
 */
#pragma once
#include "manifest/template_value.h"

#define TEMPLATE_FUNCTION(name)                                                                              \
    bool apply_##name(struct run *run, const struct node *call, const struct value *args, struct value *out)
/* MarbleRun's. */
TEMPLATE_FUNCTION(pem);
TEMPLATE_FUNCTION(hex);
TEMPLATE_FUNCTION(base64);
TEMPLATE_FUNCTION(raw);
TEMPLATE_FUNCTION(string);
/* Go's. */
TEMPLATE_FUNCTION(not);
TEMPLATE_FUNCTION(len);
TEMPLATE_FUNCTION(index);
TEMPLATE_FUNCTION(slice);
TEMPLATE_FUNCTION(print);
TEMPLATE_FUNCTION(println);
TEMPLATE_FUNCTION(printf);
TEMPLATE_FUNCTION(html);
TEMPLATE_FUNCTION(urlquery);
/* Go's comparisons. */
TEMPLATE_FUNCTION(eq);
TEMPLATE_FUNCTION(ne);
TEMPLATE_FUNCTION(lt);
TEMPLATE_FUNCTION(le);
TEMPLATE_FUNCTION(gt);
TEMPLATE_FUNCTION(ge);
#undef TEMPLATE_FUNCTION
