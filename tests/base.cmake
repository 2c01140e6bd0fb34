# SPDX-License-Identifier: Apache-2.0
foreach(name bytes buf text clock uuid err json file secret)
  unit_test(${name} USES base)
endforeach()
plain_test(current USES base)
fuzz_target(json USES base)

# docs/errors.md says what the table of reasons says.
add_executable(print_reasons support/print_reasons.c)
target_link_libraries(print_reasons PRIVATE base warnings)
set_target_properties(print_reasons PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
check(errors_page COMMAND sh -c "'$<TARGET_FILE:print_reasons>' | diff '${PROJECT_SOURCE_DIR}/docs/errors.md' -")
