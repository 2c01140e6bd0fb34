# SPDX-License-Identifier: Apache-2.0
#
# What others build with: find_package(marblemesh), and marblemesh.pc. Programs and libraries are installed by the
# folders that make them.

include(CMakePackageConfigHelpers)

# pkg-config's names of the libraries that libmarble.a leaves to the program.
set(needed_modules libsodium jansson libuv libnghttp2 libprotobuf-c)
if(P256_BACKEND STREQUAL "openssl")
  list(APPEND needed_modules libcrypto)
endif()
list(JOIN needed_modules " " needed_modules)

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/marblemesh)
configure_package_config_file(cmake/marblemesh-config.cmake.in marblemesh-config.cmake
  INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(marblemesh-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/marblemesh-config.cmake ${PROJECT_BINARY_DIR}/marblemesh-config-version.cmake
  DESTINATION ${package_folder})
install(EXPORT marblemesh NAMESPACE marblemesh:: FILE marblemesh-targets.cmake DESTINATION ${package_folder})

# Where the prefix is, the .pc files find out themselves, so that the whole can be moved.
file(RELATIVE_PATH prefix_from_pc /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
foreach(library marble marble-sim)
  string(REPLACE "marble" "marblemesh" module ${library})
  configure_file(cmake/marblemesh.pc.in ${module}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${module}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()
install(FILES LICENSE TYPE DOC)
