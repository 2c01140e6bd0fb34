# SPDX-License-Identifier: Apache-2.0
unit_test(command USES cli)
e2e_test(meshctl COMMAND e2e/meshctl.sh ${PROJECT_BINARY_DIR})
