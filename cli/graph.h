/* SPDX-License-Identifier: Apache-2.0 */
/* cli/graph.h: a manifest as a picture: what runs what, gets what, calls whom, and who may do what. */
#pragma once
#include "base/buf.h"
#include "manifest/manifest.h"

void graph_text(const struct manifest *m, struct buf *b); /* a tree for the terminal */
void graph_dot(const struct manifest *m, struct buf *b);  /* for Graphviz */
