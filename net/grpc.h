/* SPDX-License-Identifier: Apache-2.0 */
/* net/grpc.h: gRPC unary calls over HTTP/2 (the gRPC HTTP/2 protocol specification), messages as bytes. */
#pragma once
#include "net/client.h"
#include "net/http.h"

/* Server side. If `request` is a gRPC call (POST, content-type application/grpc[+proto]), takes its one
 * message. E_GRPC_FORMAT, E_HTTP_TOO_LARGE; compressed messages are E_UNSUPPORTED. */
bool grpc_is_call(const struct http_request *request);
bool grpc_message(const struct http_request *request, struct slice *message, struct err *err);

/* Writes the answer: 200, content-type application/grpc, message, trailers grpc-status and, percent-encoded,
 * grpc-message ("text [reason]") and mesh-reason. */
void grpc_reply(struct http_response *r, struct arena *a, struct slice message);
void grpc_refuse(struct http_response *r, struct arena *a, int status, const struct err *err);

/* Client side: calls "/package.Service/Method". A status other than 0 becomes an error: the code from
 * mesh-reason if the peer sent one that we know, else by grpc-status; the text is the peer's. */
bool grpc_call(struct client *c, const char *method, struct slice message, struct arena *a, struct slice *reply,
               struct err *err);
