# SPDX-License-Identifier: Apache-2.0

# A server for scripts, on the real stack.
add_executable(net_echo support/net_echo.c)
link_like_a_layer(net_echo USES net)
set_target_properties(net_echo PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
