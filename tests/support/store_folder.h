/* SPDX-License-Identifier: Apache-2.0 */
/* tests/support/store_folder.h: a store in the folder "state" of tests/support/peer.h, for Criterion tests.
 */
#pragma once
#include "coordinator/store/store.h"
#include "tests/support/peer.h"

/* Of the test at hand. */
extern struct arena in_test;
extern struct err err, why;
extern struct store *store;
extern enum store_condition condition;

void store_folder_begin(void); /* for .init and .fini */
void store_folder_end(void);

struct sealer in_tee(void);        /* the simulated one */
struct sealer other_machine(void); /* gives other keys, quickly: what another processor does */

bool open_with(struct sealer s);
void must_open(struct sealer s, enum store_condition expected);

/* "state" 3 and "manifest" {}; under a new key, which is returned if key is not NULL. */
bool begin_with(enum store_mode mode, struct data_key *key, struct slice recovery_data);
void must_begin(enum store_mode mode);

bool put(const char *key, const char *value); /* NULL removes */
void must_put(const char *key, const char *value);

/* Begins, puts "activations:x" 1, closes. */
void make_state(struct sealer s, enum store_mode mode);

void expect_value(const char *key, const char *value);                /* NULL: there is none */
char *sh(const char *fmt, ...) __attribute__((format(printf, 1, 2))); /* in the folder above; must return 0 */
void expect_text(const char *text, const char *part);
