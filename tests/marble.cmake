# SPDX-License-Identifier: Apache-2.0

foreach(name config uuid_file apply launch delivered)
  unit_test(marble_${name} USES premain)
endforeach()
unit_test(marble_program USES launcher premain)
unit_test(marble_credentials USES premain attestation_sim)
unit_test(marble_pin USES premain attestation_sim)
unit_test(marble_no_tee USES premain attestation_production)

check(marble_exports COMMAND checks/library_exports marble marble.h MARBLE libmarble libmarble-sim libmarble-preload
  libmarble-preload-sim)

# One service, linked in each way.
foreach(library marble marble-shared marble-sim marble-sim-shared)
  add_executable(probe-${library} support/marble_probe.c)
  target_link_libraries(probe-${library} PRIVATE warnings marblemesh::${library})
  set_target_properties(probe-${library} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
endforeach()

foreach(name marble marble_run tees find_package)
  e2e_test(${name} COMMAND e2e/${name}.sh $<TARGET_FILE:meshd-sim> $<TARGET_FILE:meshsim>)
endforeach()

foreach(example redis nginx python node go)
  if(NOT MARBLEMESH_SANITIZE OR NOT example MATCHES "redis|nginx") # nothing is preloaded into what has no sanitizer
    e2e_test(example_${example} COMMAND e2e/examples.sh ${example})
    set_property(TEST e2e_example_${example} PROPERTY SKIP_RETURN_CODE 77)
  endif()
endforeach()
