# SPDX-License-Identifier: Apache-2.0
#
#   layer(NAME SOURCES file... [USES layer...] [EXTERNAL library...])
#
# One static, position-independent library per folder, its sources listed by name. USES are other layers,
# EXTERNAL the names in externals.cmake (sodium jansson libuv nghttp2 protobuf-c), mbedtls_all and llhttp. Includes
# read "folder/file.h": the include root is the repository's.
#
#   program(NAME SOURCES file... [USES layer...] [EXTERNAL library...])
#
# An executable under the same rules.

function(link_like_a_layer target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "USES;EXTERNAL")
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(${target} PUBLIC ${arg_USES} ${arg_EXTERNAL} PRIVATE warnings)
endfunction()

function(layer name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;USES;EXTERNAL")
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_SOURCES)
    message(FATAL_ERROR "layer(${name}): SOURCES file... [USES layer...] [EXTERNAL library...]")
  endif()
  add_library(${name} STATIC ${arg_SOURCES})
  link_like_a_layer(${name} USES ${arg_USES} EXTERNAL ${arg_EXTERNAL})
  target_link_libraries(${name} PRIVATE warnings_strict)
endfunction()

function(program name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;USES;EXTERNAL")
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_SOURCES)
    message(FATAL_ERROR "program(${name}): SOURCES file... [USES layer...] [EXTERNAL library...]")
  endif()
  add_executable(${name} ${arg_SOURCES})
  link_like_a_layer(${name} USES ${arg_USES} EXTERNAL ${arg_EXTERNAL})
  target_link_libraries(${name} PRIVATE warnings_strict)
endfunction()
