# SPDX-License-Identifier: Apache-2.0
#
# The coordinator: its parts, and the real program.

unit_test(config USES coordinator attestation_sim)
unit_test(entries USES coordinator_store)
unit_test(store SOURCES unit/test_store.c support/store_folder.c support/peer.c USES coordinator_store attestation_sim)
unit_test(store_start SOURCES unit/test_store_start.c support/store_folder.c support/peer.c
  USES coordinator_store attestation_sim)
plain_test(store_threads USES coordinator_store attestation_sim)
plain_test(store_faults SOURCES thread/test_store_faults.c support/faulty_disk.c USES coordinator_store attestation_sim)
unit_test(ca SOURCES unit/test_ca.c support/peer.c USES coordinator attestation_sim)
unit_test(activate SOURCES unit/test_activate.c support/mesh.c support/peer.c USES coordinator attestation_sim)
unit_test(api SOURCES unit/test_api.c support/mesh.c support/peer.c USES coordinator attestation_sim)
unit_test(secrets SOURCES unit/test_secrets.c support/peer.c USES coordinator attestation_sim)
unit_test(core SOURCES unit/test_core.c support/mesh.c support/peer.c USES coordinator attestation_sim)

e2e_test(meshd COMMAND e2e/meshd.sh)
e2e_test(stock_grpc COMMAND e2e/stock_grpc.sh)

plain_test(coordinator SOURCES thread/test_coordinator.c support/mesh.c support/peer.c USES coordinator attestation_sim)
fuzz_target(entries USES coordinator_store)
fuzz_target(sealed USES coordinator_store attestation_sim)
fuzz_target(log USES coordinator_store attestation_sim)
