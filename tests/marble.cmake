# SPDX-License-Identifier: Apache-2.0

foreach(name config uuid_file apply launch delivered)
  unit_test(marble_${name} USES premain)
endforeach()
unit_test(marble_identity SOURCES unit/test_marble_identity.c support/mesh_identity.c support/x509.c USES premain)
if(OPENSSL_FOUND)
  unit_test(marble_api SOURCES unit/test_marble_api.c support/mesh_identity.c support/x509.c ../marble/marble.c
    ../marble/marble_tls.c USES premain attestation_sim)
  if(TARGET test_marble_api)
    target_include_directories(test_marble_api PRIVATE ${PROJECT_SOURCE_DIR}/marble)
    target_link_libraries(test_marble_api PRIVATE OpenSSL::SSL Threads::Threads)
  endif()
endif()
unit_test(marble_ed25519 SOURCES unit/test_marble_ed25519.c ../pki/ed25519_none.c USES pki base)
unit_test(marble_program USES launcher premain)
unit_test(marble_pin USES premain attestation_sim)
unit_test(marble_credentials SOURCES unit/test_marble_credentials.c support/memory_search.c USES premain attestation_sim)
unit_test(marble_no_tee USES premain attestation_production)

check(marble_exports COMMAND checks/library_exports marble marble.h MARBLE libmarble libmarble-sim libmarble-preload
  libmarble-preload-sim)
check(launcher_size COMMAND checks/launcher_size)
check(man_pages COMMAND checks/man_pages)

add_executable(starts bench/starts.c)
target_link_libraries(starts PRIVATE warnings)
set_target_properties(starts PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)

# One service, linked in each way.
foreach(library marble marble-shared marble-sim marble-sim-shared)
  add_executable(probe-${library} support/marble_probe.c support/memory_search.c)
  target_include_directories(probe-${library} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(probe-${library} PRIVATE warnings marblemesh::${library})
  set_target_properties(probe-${library} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
endforeach()

# One that has a policy of its own for the coordinator.
add_executable(probe-pinned support/marble_pinned.c)
target_link_libraries(probe-pinned PRIVATE warnings marblemesh::marble-sim)
set_target_properties(probe-pinned PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)

# One service for each TLS library, of the distribution; which need not have mbedTLS.
find_path(mbedtls_include mbedtls/ssl.h)
find_library(mbedtls_ssl mbedtls)
find_library(mbedtls_x509 mbedx509)
find_library(mbedtls_crypto mbedcrypto)
set(peer_libraries_plain "")
set(peer_libraries_openssl OpenSSL::SSL)
set(peer_libraries_mbedtls ${mbedtls_ssl} ${mbedtls_x509} ${mbedtls_crypto})
set(peers plain)
if(OPENSSL_FOUND)
  list(APPEND peers openssl)
endif()
if(mbedtls_include AND mbedtls_ssl AND mbedtls_x509 AND mbedtls_crypto)
  list(APPEND peers mbedtls)
endif()
foreach(peer ${peers})
  add_executable(marble-peer-${peer} support/marble_peer_main.c support/marble_peer_${peer}.c)
  target_include_directories(marble-peer-${peer} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(marble-peer-${peer} PRIVATE warnings marblemesh::marble-sim ${peer_libraries_${peer}})
  set_target_properties(marble-peer-${peer} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
endforeach()

e2e_test(tees COMMAND e2e/tees.sh $<TARGET_FILE:meshd-sim> $<TARGET_FILE:meshsim> $<TARGET_FILE:meshctl-sim>)
foreach(name marble marble_mesh marble_fallback marble_relay marble_api marble_bad marble_run find_package)
  e2e_test(${name} COMMAND e2e/${name}.sh $<TARGET_FILE:meshd-sim> $<TARGET_FILE:meshsim>)
endforeach()

e2e_test(soak COMMAND e2e/soak.sh 20)
set_property(TEST e2e_soak PROPERTY RUN_SERIAL TRUE) # certificates of 10 seconds go on ageing while others use the machine

foreach(example redis nginx python node go)
  if(NOT MARBLEMESH_SANITIZE OR NOT example MATCHES "redis|nginx") # nothing is preloaded into what has no sanitizer
    e2e_test(example_${example} COMMAND e2e/examples.sh ${example})
    set_property(TEST e2e_example_${example} PROPERTY SKIP_RETURN_CODE 77)
  endif()
endforeach()
