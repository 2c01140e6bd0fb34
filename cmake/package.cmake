# SPDX-License-Identifier: Apache-2.0
#
# What others build with: find_package(marblemesh), marblemesh.pc, meshattest.pc and meshclient.pc. Programs and libraries
# are installed by the folders that make them.

include(CMakePackageConfigHelpers)

# pkg-config's names of the libraries that libmeshattest.a, libmeshclient.a and libmarble.a leave to the program.
set(attest_modules libsodium jansson)
if(P256_BACKEND STREQUAL "openssl")
  list(APPEND attest_modules libcrypto)
endif()
list(JOIN attest_modules " " attest_modules)
set(client_modules "${attest_modules} libuv libnghttp2")
string(REPLACE "libsodium " "" marble_modules "${client_modules} libprotobuf-c") # marbles compute no Ed25519

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/marblemesh)
configure_package_config_file(cmake/marblemesh-config.cmake.in marblemesh-config.cmake
  INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(marblemesh-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/marblemesh-config.cmake ${PROJECT_BINARY_DIR}/marblemesh-config-version.cmake
  DESTINATION ${package_folder})
foreach(set marblemesh marblemesh-attest marblemesh-client)
  install(EXPORT ${set} NAMESPACE marblemesh:: FILE ${set}-targets.cmake DESTINATION ${package_folder})
endforeach()

# Where the prefix is, the .pc files find out themselves, so that the whole can be moved.
file(RELATIVE_PATH prefix_from_pc /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
function(pkg_config_file module library needed_modules description)
  configure_file(cmake/marblemesh.pc.in ${module}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${module}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endfunction()
foreach(twin "" -sim)
  pkg_config_file(marblemesh${twin} marble${twin} "${marble_modules}"
    "Makes a program a service of an attested mesh, before its main()")
  pkg_config_file(meshclient${twin} meshclient${twin} "${client_modules}"
    "Verifies the coordinator of an attested mesh, and calls it and its services")
endforeach()
pkg_config_file(meshattest meshattest "${attest_modules}"
  "Verifies evidence of trusted execution environments: SGX, TDX, SEV-SNP, Azure, Nitro")
install(FILES LICENSE TYPE DOC)
