# SPDX-License-Identifier: Apache-2.0
unit_test(command USES cli)
unit_test(token_config USES cli attestation_sim)
unit_test(place USES cli attestation_sim)
foreach(what "" _users _offline _v1)
  e2e_test(meshctl${what} COMMAND e2e/meshctl${what}.sh ${PROJECT_BINARY_DIR})
endforeach()
e2e_test(meshctl_terminal COMMAND e2e/meshctl_terminal.py ${PROJECT_BINARY_DIR})
e2e_test(kubernetes COMMAND e2e/kubernetes.sh ${PROJECT_BINARY_DIR})
e2e_test(chart COMMAND e2e/chart.sh ${PROJECT_BINARY_DIR})
set_tests_properties(e2e_chart PROPERTIES SKIP_RETURN_CODE 77)
e2e_test(evidence COMMAND e2e/evidence.sh $<TARGET_FILE:meshd-sim> $<TARGET_FILE:meshsim>)
e2e_test(collateral_service COMMAND e2e/collateral_service.sh $<TARGET_FILE:meshctl-sim> $<TARGET_FILE:meshsim>)

# These have the coordinator make a key of RSA-4096. Under ThreadSanitizer that takes longer than the tool waits, which has one
# thread itself; the coordinator's part is in tests/conformance.
if(NOT MARBLEMESH_SANITIZE STREQUAL "thread")
  e2e_test(meshctl_recover COMMAND e2e/meshctl_recover.sh ${PROJECT_BINARY_DIR})
  e2e_test(pkcs11 COMMAND e2e/pkcs11.sh ${PROJECT_BINARY_DIR})
  set_tests_properties(e2e_pkcs11 PROPERTIES SKIP_RETURN_CODE 77)

  # Every command, word for word: scripts/transcripts writes the golden files anew.
  e2e_test(transcripts COMMAND e2e/transcripts.py ${PROJECT_BINARY_DIR} $<TARGET_FILE:meshsim>)
endif()

# Genuine evidence, if it is there.
e2e_test(cli_vectors COMMAND e2e/cli_vectors.py ${PROJECT_BINARY_DIR})
set_tests_properties(e2e_cli_vectors PROPERTIES SKIP_RETURN_CODE 77)

# What a newcomer sees first.
e2e_test(hello_mesh COMMAND e2e/hello_mesh.sh)
e2e_test(tour COMMAND e2e/tour.sh)
