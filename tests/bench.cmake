# SPDX-License-Identifier: Apache-2.0
#
# scripts/bench runs it; it is no test, because a time on somebody's machine proves nothing.
add_test_program(bench "" SOURCES bench/bench.c support/mesh.c support/peer.c USES coordinator attestation_sim)
set_target_properties(bench PROPERTIES EXCLUDE_FROM_ALL ON)
add_test_program(bench_mesh "" SOURCES bench/mesh.c support/mesh.c support/peer.c USES coordinator attestation_sim)
set_target_properties(bench_mesh PROPERTIES EXCLUDE_FROM_ALL ON)
