/* SPDX-License-Identifier: Apache-2.0 */
/* base/log.h: levelled lines on stderr; the only printer outside cli/.
 *
 * On a terminal a line is for people; otherwise, or with EDG_LOG_FORMAT=json, it is one JSON
 * object: {"level","ts","msg", fields...}, the shape that MarbleRun's log has. Library code
 * never logs: programs do. Fields are public strings; a secret has no way here.
 *
 *     log_info("marble activated", "type", type, "uuid", uuid);
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR, LOG_FATAL /* the program ends */ };
enum log_format { LOG_AUTO, LOG_TEXT, LOG_JSON };

/* LOG_AUTO: text if stderr is a terminal, else JSON. Without this call: AUTO, from LOG_INFO up. */
void log_setup(enum log_format format, enum log_level least);

/* From the environment: EDG_LOG_FORMAT=json|text, EDG_DEBUG_LOGGING=1. */
void log_setup_from_env(void);

/* Field names and values alternate and end with NULL; a NULL value is left out. Thread-safe:
 * one write(2) a line. */
void log_write(enum log_level level, const char *msg, ...) __attribute__((sentinel));

/* The same with an error's code and text as the fields "reason" and "error". */
void log_write_err(enum log_level level, const struct err *err, const char *msg, ...)
    __attribute__((sentinel));

#define log_debug(...)               log_write(LOG_DEBUG, __VA_ARGS__, NULL)
#define log_info(...)                log_write(LOG_INFO, __VA_ARGS__, NULL)
#define log_warn(...)                log_write(LOG_WARN, __VA_ARGS__, NULL)
#define log_error(...)               log_write(LOG_ERROR, __VA_ARGS__, NULL)
#define log_refusal(level, err, ...) log_write_err(level, err, __VA_ARGS__, NULL)
