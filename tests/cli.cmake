# SPDX-License-Identifier: Apache-2.0
unit_test(command USES cli)
unit_test(place USES cli attestation_sim)
foreach(what "" _users _recover _offline _v1)
  e2e_test(meshctl${what} COMMAND e2e/meshctl${what}.sh ${PROJECT_BINARY_DIR})
endforeach()

# What a newcomer sees first.
e2e_test(hello_mesh COMMAND e2e/hello_mesh.sh)
e2e_test(tour COMMAND e2e/tour.sh)
