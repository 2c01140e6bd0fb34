/* SPDX-License-Identifier: Apache-2.0 */
/* cli/graph.h: a manifest as a picture: what runs what, gets what, calls whom, and who may do what. The same
 * manifest gives the same bytes.
 */
#pragma once
#include "base/buf.h"
#include "base/json.h"
#include "manifest/manifest.h"

void graph_text(const struct manifest *m, struct buf *b); /* a tree for the terminal */
void graph_dot(const struct manifest *m, struct buf *b);  /* for Graphviz */
void graph_svg(const struct manifest *m, struct buf *b);  /* in light and dark, text as text */
json_t *graph_json(const struct manifest *m); /* {"packages": [...], ...}; the caller releases it */

/* Each outgoing connection of a marble's TLS tags, and the marble that listens there; NULL: none of this
 * manifest. */
typedef void on_call(void *ctx, const struct marble *from, const struct tls_end *end,
                     const struct marble *to);
void graph_each_call(const struct manifest *m, const struct marble *from, on_call *on, void *ctx);
