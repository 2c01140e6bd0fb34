# SPDX-License-Identifier: Apache-2.0
#
# libmeshclient: its functions, what it shows, and a program of somebody else that uses what is installed.

unit_test(client USES client attestation_sim)
if(TARGET test_client)
  target_link_libraries(test_client PRIVATE client_api)
  target_compile_definitions(test_client PRIVATE MARBLEMESH_VERSION="${PROJECT_VERSION}")
endif()
check(client_exports COMMAND checks/library_exports cli/client meshclient.h MESH_CLIENT libmeshclient libmeshclient-sim)
e2e_test(client COMMAND e2e/client.sh $<TARGET_FILE:meshd-sim> $<TARGET_FILE:meshsim>)

# A client that tells what it found, and a service for it to call.
foreach(program client_probe marble_exec)
  add_executable(${program} support/${program}.c)
  set_target_properties(${program} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
endforeach()
target_compile_definitions(client_probe PRIVATE _GNU_SOURCE)
target_link_libraries(client_probe PRIVATE warnings marblemesh::client-sim Threads::Threads)
target_link_libraries(marble_exec PRIVATE warnings marblemesh::marble-sim)
