# SPDX-License-Identifier: Apache-2.0
#
# scripts/bench runs them; they are built with the tests, so that they stay whole, and are none: a time on somebody's
# machine proves nothing.
add_test_program(bench "" SOURCES bench/bench.c bench/timing.c support/mesh.c support/peer.c USES coordinator attestation_sim)
add_test_program(bench_mesh "" SOURCES bench/mesh.c bench/timing.c support/mesh.c support/peer.c USES coordinator attestation_sim)

# The store alone, so that it can be run on the disk in question.
add_test_program(bench_store "" SOURCES bench/bench_store.c bench/timing.c USES coordinator_store attestation_sim)
target_link_libraries(bench_store PRIVATE Threads::Threads)

# Cold and warm appraisals beside their signatures, which it writes down on their way to pki/verify.c.
add_test_program(bench_appraise "" SOURCES bench/appraise.c bench/timing.c USES attestation_sim)
target_link_options(bench_appraise PRIVATE -Wl,--wrap=spki_verify,--wrap=p256_verify_raw)
