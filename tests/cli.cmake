# SPDX-License-Identifier: Apache-2.0
unit_test(command USES cli)
e2e_test(meshctl COMMAND e2e/meshctl.sh ${PROJECT_BINARY_DIR})

# What a newcomer sees first.
e2e_test(hello_mesh COMMAND e2e/hello_mesh.sh)
e2e_test(tour COMMAND e2e/tour.sh)
