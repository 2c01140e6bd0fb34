# SPDX-License-Identifier: Apache-2.0
#
# libmeshattest: its functions, what it shows, and a program of somebody else that uses what is installed.

unit_test(attest USES attestation_sim)
if(TARGET test_attest)
  target_link_libraries(test_attest PRIVATE attest_api)
endif()
check(attest_exports COMMAND checks/library_exports attestation/library attestation.h MESH_ATTEST libmeshattest)
e2e_test(attest COMMAND e2e/attest.sh $<TARGET_FILE:meshd-sim> $<TARGET_FILE:meshsim>)
