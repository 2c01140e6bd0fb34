# SPDX-License-Identifier: Apache-2.0
#
# Tests, for ctest. Source files are named relative to tests/; every function takes [EXTERNAL library...] too.
#
#   unit_test(NAME [SOURCES file...] [USES layer...])      Criterion; default source unit/test_NAME.c
#   plain_test(NAME [SOURCES file...] [USES layer...])     a program that returns 0; default thread/test_NAME.c
#   fuzz_target(NAME [SOURCES file...] [USES layer...])    LLVMFuzzerTestOneInput; default fuzz/fuzz_NAME.c
#   check(NAME COMMAND word...)                            a look at the tree or the build
#   e2e_test(NAME COMMAND word...)                         programs together
#
# Labels (ctest -L): unit, thread, fuzz, check, e2e. Under the thread sanitizer Criterion cannot start, so threads are
# tested by plain programs, and unit tests are left out of such a build.
#
# A fuzz target's seeds stand in tests/fuzz/corpus/NAME. With MARBLEMESH_FUZZ it is a libFuzzer program; in every
# other build fuzz/replay.c runs it over the seeds and a fixed sequence of mutations of them, as a test.

if(NOT MARBLEMESH_SANITIZE STREQUAL "thread")
  external(criterion "criterion>=2.4")
endif()

set(tests_folder ${PROJECT_SOURCE_DIR}/tests)

function(add_test_program target default)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "SOURCES;USES;EXTERNAL")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR
      "${target}: [SOURCES file...] [USES layer...] [EXTERNAL library...], not ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT arg_SOURCES)
    set(arg_SOURCES ${default})
  endif()
  list(TRANSFORM arg_SOURCES PREPEND ${tests_folder}/)
  add_executable(${target} ${arg_SOURCES})
  link_like_a_layer(${target} USES ${arg_USES} EXTERNAL ${arg_EXTERNAL})
  target_compile_definitions(${target} PRIVATE TESTS_FOLDER="${tests_folder}")
  set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
endfunction()

function(label_test name timeout)
  set_tests_properties(${name} PROPERTIES LABELS "${ARGN}" TIMEOUT ${timeout})
endfunction()

function(unit_test name)
  if(MARBLEMESH_SANITIZE STREQUAL "thread")
    return()
  endif()
  add_test_program(test_${name} unit/test_${name}.c ${ARGN})
  target_link_libraries(test_${name} PRIVATE criterion)
  add_test(NAME ${name} COMMAND test_${name})
  label_test(${name} 300 unit)
  # A test that expects a signal has to get it.
  set_property(TEST ${name} PROPERTY ENVIRONMENT ASAN_OPTIONS=handle_segv=0)
endfunction()

function(plain_test name)
  add_test_program(test_${name} thread/test_${name}.c ${ARGN})
  target_link_libraries(test_${name} PRIVATE Threads::Threads)
  add_test(NAME ${name} COMMAND test_${name})
  label_test(${name} 300 thread)
endfunction()

function(fuzz_target name)
  set(corpus ${tests_folder}/fuzz/corpus/${name})
  add_test_program(fuzz_${name} fuzz/fuzz_${name}.c ${ARGN})
  if(MARBLEMESH_FUZZ)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    # What it finds goes to the first folder, in the build; the seeds are only read.
    set(found ${PROJECT_BINARY_DIR}/tests/corpus/${name})
    file(MAKE_DIRECTORY ${found})
    set(command fuzz_${name} -max_total_time=10 -artifact_prefix=${PROJECT_BINARY_DIR}/tests/ ${found})
    if(EXISTS ${corpus})
      list(APPEND command ${corpus})
    endif()
  else()
    target_sources(fuzz_${name} PRIVATE ${tests_folder}/fuzz/replay.c)
    set(command fuzz_${name} ${corpus})
  endif()
  # The driver calls the target by its name; no header declares it.
  get_target_property(sources fuzz_${name} SOURCES)
  set_source_files_properties(${sources} PROPERTIES COMPILE_OPTIONS -Wno-missing-prototypes)
  add_test(NAME fuzz_${name} COMMAND ${command})
  label_test(fuzz_${name} 300 fuzz)
endfunction()

function(add_command_test name label)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "COMMAND")
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_COMMAND)
    message(FATAL_ERROR "${name}: COMMAND word...")
  endif()
  add_test(NAME ${name} COMMAND ${arg_COMMAND} WORKING_DIRECTORY ${tests_folder})
  label_test(${name} 600 ${label})
  set_property(TEST ${name} PROPERTY ENVIRONMENT
    SOURCE_DIR=${PROJECT_SOURCE_DIR} BUILD_DIR=${PROJECT_BINARY_DIR}
    P256_BACKEND=${P256_BACKEND} MARBLEMESH_SANITIZE=${MARBLEMESH_SANITIZE})
endfunction()

function(check name)
  add_command_test(check_${name} check ${ARGN})
endfunction()

function(e2e_test name)
  add_command_test(e2e_${name} e2e ${ARGN})
endfunction()
