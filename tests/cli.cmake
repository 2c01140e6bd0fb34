# SPDX-License-Identifier: Apache-2.0
unit_test(command USES cli)
unit_test(place USES cli attestation_sim)
foreach(what "" _users _recover _offline _v1)
  e2e_test(meshctl${what} COMMAND e2e/meshctl${what}.sh ${PROJECT_BINARY_DIR})
endforeach()
e2e_test(evidence COMMAND e2e/evidence.sh $<TARGET_FILE:meshd-sim> $<TARGET_FILE:meshsim>)

# Genuine evidence, if it is there.
e2e_test(cli_vectors COMMAND e2e/cli_vectors.py ${PROJECT_BINARY_DIR})
set_tests_properties(e2e_cli_vectors PROPERTIES SKIP_RETURN_CODE 77)

# What a newcomer sees first.
e2e_test(hello_mesh COMMAND e2e/hello_mesh.sh)
e2e_test(tour COMMAND e2e/tour.sh)
