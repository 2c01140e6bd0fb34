# SPDX-License-Identifier: Apache-2.0
#
# The simulated TEE, trust domains, and what collects evidence.

unit_test(sigstruct SOURCES unit/test_sigstruct.c support/peer.c USES attestation)
unit_test(gramine SOURCES unit/test_gramine.c support/peer.c USES attestation_production)
# What collectors ask of kernels and runtimes answers the shim, which is preloaded.
add_library(tee_shim SHARED support/tee_shim.c)
target_link_libraries(tee_shim PRIVATE attestation_sim warnings ${CMAKE_DL_LIBS})
set_target_properties(tee_shim PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
unit_test(collect SOURCES unit/test_collect.c support/peer.c USES attestation_production attestation_sim)
if(TARGET test_collect)
  set_property(TEST collect PROPERTY ENVIRONMENT
    LD_PRELOAD=$<TARGET_FILE:tee_shim> ASAN_OPTIONS=handle_segv=0:verify_asan_link_order=0)
endif()
# A TPM in software, if the machine has one to run.
unit_test(azure_vtpm SOURCES unit/test_azure_vtpm.c support/peer.c USES attestation_sim)
if(TARGET test_azure_vtpm)
  target_compile_definitions(test_azure_vtpm PRIVATE MESHSIM="$<TARGET_FILE:meshsim>")
  add_dependencies(test_azure_vtpm meshsim)
endif()
unit_test(sim USES attestation_sim)
unit_test(sim_program SOURCES unit/test_sim_program.c support/peer.c USES attestation_sim)
unit_test(sim_peers SOURCES unit/test_sim_peers.c support/peer.c USES attestation_sim EXTERNAL jansson)
fuzz_target(sigstruct USES attestation)
fuzz_target(sim_signature USES attestation_sim)
e2e_test(meshsim COMMAND e2e/meshsim $<TARGET_FILE:meshsim>)

# What is of the production domain has nothing of the simulation in it; what is of the other has.
set(without $<TARGET_FILE:attestation> $<TARGET_FILE:attestation_production>)
set(with $<TARGET_FILE:attestation_sim> $<TARGET_FILE:meshsim>)
foreach(target meshd meshctl marble marble-shared marble-preload marble-run meshattest meshattest-shared meshclient
    meshclient-shared)
  if(TARGET ${target})
    list(APPEND without $<TARGET_FILE:${target}>)
  endif()
endforeach()
foreach(target meshd-sim meshctl-sim marble-sim marble-sim-shared marble-preload-sim marble-run-sim meshclient-sim
    meshclient-sim-shared)
  if(TARGET ${target})
    list(APPEND with $<TARGET_FILE:${target}>)
  endif()
endforeach()
check(sim_symbols COMMAND checks/sim_symbols --without ${without} --with ${with})
check(sim_symbols_self_test COMMAND checks/sim_symbols_self_test $<TARGET_FILE:meshsim> $<TARGET_FILE:attestation>)
