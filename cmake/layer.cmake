# SPDX-License-Identifier: Apache-2.0
#
#   layer(NAME SOURCES file... [USES layer...] [EXTERNAL library...])
#
# One static, position-independent library per folder, its sources listed by name. USES are other layers, whose
# headers one's own may include. EXTERNAL are the names in externals.cmake, mbedtls_all and llhttp; they stay a matter
# of the layer's own sources: who uses the layer does not see their headers. Includes read "folder/file.h".
#
#   program(NAME SOURCES file... [USES layer...] [EXTERNAL library...])
#
# An executable under the same rules.

function(link_like_a_layer target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "USES;EXTERNAL")
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(${target} PUBLIC ${arg_USES} PRIVATE ${arg_EXTERNAL} warnings)
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
