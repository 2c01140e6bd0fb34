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
unit_test(activate_mesh SOURCES unit/test_activate_mesh.c support/mesh.c support/peer.c USES coordinator attestation_sim)
unit_test(api SOURCES unit/test_api.c support/mesh.c support/peer.c USES coordinator attestation_sim)
unit_test(metrics USES coordinator attestation_sim)
unit_test(events USES coordinator attestation_sim)
unit_test(secrets SOURCES unit/test_secrets.c support/peer.c USES coordinator attestation_sim)
set(mesh support/mesh.c support/people.c support/keys.c support/peer.c)
foreach(noun core update recover import secret_access counters)
  unit_test(${noun} SOURCES unit/test_${noun}.c ${mesh} USES coordinator attestation_sim)
endforeach()
unit_test(shamir USES coordinator attestation_sim)
unit_test(pending USES coordinator attestation_sim)
unit_test(cert_templates SOURCES unit/test_cert_templates.c support/peer.c USES coordinator attestation_sim)
unit_test(secret_updates USES coordinator attestation_sim)
unit_test(params USES coordinator attestation_sim)

e2e_test(meshd COMMAND e2e/meshd.sh)
e2e_test(stock_grpc COMMAND e2e/stock_grpc.sh)
e2e_test(conformance COMMAND conformance/run)
set_tests_properties(e2e_conformance PROPERTIES TIMEOUT 1200)

plain_test(changes SOURCES thread/test_changes.c ${mesh} USES coordinator attestation_sim)
plain_test(coordinator SOURCES thread/test_coordinator.c support/mesh.c support/peer.c USES coordinator attestation_sim)
fuzz_target(entries USES coordinator_store)
fuzz_target(sealed USES coordinator_store attestation_sim)
fuzz_target(log USES coordinator_store attestation_sim)
fuzz_target(secret USES coordinator attestation_sim)
