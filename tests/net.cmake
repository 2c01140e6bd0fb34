# SPDX-License-Identifier: Apache-2.0

# A server for scripts, on the real stack.
add_executable(net_echo support/net_echo.c)
link_like_a_layer(net_echo USES net)
set_target_properties(net_echo PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)

unit_test(http SOURCES unit/test_http.c USES net)
unit_test(http1 SOURCES unit/test_http1.c support/talk.c USES net)
unit_test(http2 SOURCES unit/test_http2.c support/talk.c USES net EXTERNAL nghttp2)
unit_test(grpc USES net)
unit_test(tls SOURCES unit/test_tls.c support/peer.c support/keys.c USES net)
plain_test(net_server SOURCES thread/test_net_server.c support/tsan.c support/peer.c support/keys.c USES net)
fuzz_target(http1 SOURCES fuzz/fuzz_http1.c support/talk.c USES net)
fuzz_target(http2 SOURCES fuzz/fuzz_http2.c support/talk.c USES net)
fuzz_target(grpc USES net)
fuzz_target(tls_certificate USES pki EXTERNAL mbedtls_all)
e2e_test(net_interop COMMAND e2e/net_interop.sh)
