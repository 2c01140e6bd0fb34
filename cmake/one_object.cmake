# SPDX-License-Identifier: Apache-2.0
#
#   one_object_library(NAME OBJECTS target... LAYERS layer... SYSTEM library... NEEDS target EXPORT set
#                      [EXPORT_NAME name])
#
# A library for others, as archive and as shared object (NAME-shared), with nothing to be seen from outside but what
# exports.map of the calling folder lists: both are made of one relocatable object that holds OBJECTS, whatever refers to
# them, and of LAYERS (archives of ours, mbedTLS among them) what these need. Libraries of the system stay outside,
# shared: SYSTEM in our own build, PkgConfig::NEEDS for who has it installed (cmake/marblemesh-config.cmake.in).
# Outside they are marblemesh::EXPORT_NAME and marblemesh::EXPORT_NAME-shared.

#   one_object(NAME OBJECTS file... ARCHIVES file... [DEPENDS target...])
#
# That object: sets `object` to it and `exports_map`, and makes the target NAME-object, for what is made of it.

function(one_object name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "OBJECTS;ARCHIVES;DEPENDS")
  set(exports_map ${CMAKE_CURRENT_SOURCE_DIR}/exports.map)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${exports_map})
  file(STRINGS ${exports_map} keep_exports REGEX "^ +[a-z_]+;$")
  list(TRANSFORM keep_exports REPLACE "^ +([a-z_]+);$" "--keep-global-symbol=\\1")
  set(object ${CMAKE_CURRENT_BINARY_DIR}/${name}.o)
  add_custom_command(OUTPUT ${object}
    COMMAND ${CMAKE_LINKER} -r -o ${object}.all ${arg_OBJECTS} --start-group ${arg_ARCHIVES} --end-group
    COMMAND ${CMAKE_OBJCOPY} ${keep_exports} ${object}.all ${object}
    DEPENDS ${arg_DEPENDS} ${arg_OBJECTS} ${arg_ARCHIVES} ${exports_map}
    COMMENT "Linking ${name}.o" COMMAND_EXPAND_LISTS VERBATIM)
  set_source_files_properties(${object} PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
  add_custom_target(${name}-object DEPENDS ${object}) # made once, whoever uses it
  set(object ${object} PARENT_SCOPE)
  set(exports_map ${exports_map} PARENT_SCOPE)
endfunction()

function(one_object_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "NEEDS;EXPORT;EXPORT_NAME" "OBJECTS;LAYERS;SYSTEM")
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_OBJECTS OR NOT arg_EXPORT)
    message(FATAL_ERROR "one_object_library(${name}): see cmake/one_object.cmake")
  endif()
  if(NOT arg_EXPORT_NAME)
    set(arg_EXPORT_NAME ${name})
  endif()
  list(TRANSFORM arg_LAYERS REPLACE "(.+)" "$<TARGET_FILE:\\1>" OUTPUT_VARIABLE archives)
  list(TRANSFORM arg_OBJECTS REPLACE "(.+)" "$<TARGET_OBJECTS:\\1>" OUTPUT_VARIABLE objects)
  one_object(${name} OBJECTS ${objects} ARCHIVES ${archives} DEPENDS ${arg_LAYERS})

  add_library(${name} STATIC ${object})
  add_library(${name}-shared SHARED ${object})
  add_dependencies(${name} ${name}-object)
  add_dependencies(${name}-shared ${name}-object)
  set_target_properties(${name} ${name}-shared PROPERTIES LINKER_LANGUAGE C OUTPUT_NAME ${name})
  set_target_properties(${name} PROPERTIES EXPORT_NAME ${arg_EXPORT_NAME})
  set_target_properties(${name}-shared PROPERTIES EXPORT_NAME ${arg_EXPORT_NAME}-shared VERSION ${PROJECT_VERSION}
    SOVERSION ${PROJECT_VERSION_MAJOR} LINK_DEPENDS ${exports_map})
  add_library(marblemesh::${arg_EXPORT_NAME} ALIAS ${name})
  add_library(marblemesh::${arg_EXPORT_NAME}-shared ALIAS ${name}-shared)
  foreach(target ${name} ${name}-shared)
    target_include_directories(${target} INTERFACE
      $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  endforeach()
  target_link_libraries(${name} INTERFACE
    "$<BUILD_INTERFACE:${arg_SYSTEM}>" $<INSTALL_INTERFACE:PkgConfig::${arg_NEEDS}>)
  target_link_libraries(${name}-shared PRIVATE ${arg_SYSTEM})
  target_link_options(${name}-shared PRIVATE -Wl,--version-script=${exports_map})
  install(TARGETS ${name} ${name}-shared EXPORT ${arg_EXPORT})
endfunction()
