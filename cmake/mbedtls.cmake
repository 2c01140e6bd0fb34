# SPDX-License-Identifier: Apache-2.0
#
# mbedTLS, compiled by these rules and not by its own, which overwrite build-type flags without a word.
#
#   mbedtls_all       what layers link to: one of
#   mbedtls_openssl   P-256 by OpenSSL's libcrypto, through the driver interface of p256-m (pki/p256_openssl.c)
#   mbedtls_builtin   P-256 by mbedTLS itself: the smallest trusted base, about a ninth of the speed
#   mbedtls_small     the same configuration as the chosen one, in as few bytes as may be and without OpenSSL (P-256 by
#                     p256-m's own code): for what has to be small and alone, the launcher and the library to preload
#
# The one that was not chosen is built when its test is.

find_package(OpenSSL 3.0 COMPONENTS Crypto SSL)
if(OPENSSL_FOUND)
  set(default_backend openssl)
else()
  set(default_backend builtin)
endif()
set(P256_BACKEND ${default_backend} CACHE STRING "Who computes on the curve P-256: openssl or builtin")
set_property(CACHE P256_BACKEND PROPERTY STRINGS openssl builtin)
if(NOT P256_BACKEND MATCHES "^(openssl|builtin)$")
  message(FATAL_ERROR "P256_BACKEND is openssl or builtin, not \"${P256_BACKEND}\"")
elseif(P256_BACKEND STREQUAL "openssl" AND NOT OPENSSL_FOUND)
  message(FATAL_ERROR "P256_BACKEND=openssl needs OpenSSL 3 (package libssl-dev)")
endif()

# The tarball was compared with its pin just now; a tree made from another one is not reused.
require_pinned(mbedtls mbedtls_version mbedtls_folder)
set(mbedtls_tarball ${mbedtls_folder}/mbedtls-${mbedtls_version}.tar.bz2)
set(mbedtls_source ${PROJECT_BINARY_DIR}/deps/mbedtls-${mbedtls_version})
file(SHA256 ${mbedtls_tarball} mbedtls_wanted)
set(mbedtls_unpacked "")
if(EXISTS ${mbedtls_source}/.unpacked)
  file(READ ${mbedtls_source}/.unpacked mbedtls_unpacked)
endif()
if(NOT mbedtls_unpacked STREQUAL mbedtls_wanted)
  message(STATUS "Unpacking mbedTLS ${mbedtls_version}")
  file(REMOVE_RECURSE ${mbedtls_source})
  file(ARCHIVE_EXTRACT INPUT ${mbedtls_tarball} DESTINATION ${PROJECT_BINARY_DIR}/deps
    PATTERNS */LICENSE */include/* */library/* */3rdparty/p256-m/*)
  file(WRITE ${mbedtls_source}/.unpacked ${mbedtls_wanted})
endif()

file(GLOB mbedtls_files ${mbedtls_source}/library/*.c)

# Calls that become those of net/tls_seam.c: peers' certificates are bytes and a key, clients may use Ed25519, and a client's
# own key may be elsewhere.
set_source_files_properties(${mbedtls_source}/library/ssl_tls.c
  PROPERTIES COMPILE_DEFINITIONS mbedtls_x509_crt_parse_der=mesh_crt_parse_der)
set_source_files_properties(${mbedtls_source}/library/ssl_tls13_generic.c PROPERTIES COMPILE_DEFINITIONS
  "mbedtls_x509_crt_parse_der=mesh_crt_parse_der;mbedtls_pk_sign_ext=mesh_pk_sign_ext")
set_source_files_properties(${mbedtls_source}/library/ssl_tls12_client.c PROPERTIES COMPILE_DEFINITIONS
  mbedtls_pk_sign_restartable=mesh_pk_sign_restartable)
set_source_files_properties(${mbedtls_source}/library/ssl_tls13_server.c PROPERTIES COMPILE_DEFINITIONS
  "mbedtls_ssl_write_sig_alg_ext=mesh_ssl_write_sig_alg_ext;\
mbedtls_ssl_tls13_process_certificate_verify=mesh_ssl_tls13_process_certificate_verify")

# mbedTLS vets -O2 and -Os for side channels that compilers make.
function(add_mbedtls backend optimization)
  set(target mbedtls_${backend})
  add_library(${target} STATIC EXCLUDE_FROM_ALL ${mbedtls_files})
  set_target_properties(${target} PROPERTIES C_EXTENSIONS ON) # the dialect upstream tests with
  # The configuration decides the size of structures: whoever includes a header has to have the same.
  target_compile_definitions(${target}
    PUBLIC MBEDTLS_USER_CONFIG_FILE="cmake/mbedtls_user_config.h"
    PRIVATE MBEDTLS_ALIGNMENT_DISABLE_EFFICENT_UNALIGNED_ACCESS) # as Debian does, who found it miscompiled
  target_compile_options(${target} PRIVATE ${optimization})
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR} PRIVATE ${mbedtls_source}/library)
  target_include_directories(${target} SYSTEM PUBLIC ${mbedtls_source}/include)
  target_link_libraries(${target} PUBLIC Threads::Threads ed25519)

  add_library(tls_seam_${backend} OBJECT ${PROJECT_SOURCE_DIR}/net/tls_seam.c)
  target_compile_definitions(tls_seam_${backend}
    PRIVATE $<TARGET_PROPERTY:${target},INTERFACE_COMPILE_DEFINITIONS> MBEDTLS_ALLOW_PRIVATE_ACCESS)
  target_include_directories(tls_seam_${backend} PRIVATE ${PROJECT_SOURCE_DIR})
  target_include_directories(tls_seam_${backend} SYSTEM PRIVATE
    ${mbedtls_source}/include ${mbedtls_source}/library)
  target_link_libraries(tls_seam_${backend} PRIVATE warnings warnings_strict)
  target_sources(${target} PRIVATE $<TARGET_OBJECTS:tls_seam_${backend}>)
endfunction()

# P-256 through the interface of p256-m: by its own code, or by the seam, which defines the same functions.
function(use_p256_driver target)
  target_sources(${target} PRIVATE ${mbedtls_source}/3rdparty/p256-m/p256-m_driver_entrypoints.c ${ARGN})
  target_compile_definitions(${target} PUBLIC MARBLEMESH_P256_SEAM)
  target_include_directories(${target} PRIVATE ${mbedtls_source}/3rdparty/p256-m)
endfunction()

add_mbedtls(builtin -O2)
add_mbedtls(small -Os)
target_compile_definitions(mbedtls_small PRIVATE # of no structure's size
  MBEDTLS_ECP_FIXED_POINT_OPTIM=0 MBEDTLS_SHA256_SMALLER MBEDTLS_SHA512_SMALLER)
if(P256_BACKEND STREQUAL "openssl")
  use_p256_driver(mbedtls_small ${mbedtls_source}/3rdparty/p256-m/p256-m/p256-m.c)
endif()

if(OPENSSL_FOUND)
  add_mbedtls(openssl -O2)
  add_library(p256_seam OBJECT ${PROJECT_SOURCE_DIR}/pki/p256_openssl.c)
  target_include_directories(p256_seam SYSTEM PRIVATE ${mbedtls_source}/3rdparty/p256-m)
  target_link_libraries(p256_seam PRIVATE warnings warnings_strict OpenSSL::Crypto Threads::Threads)
  use_p256_driver(mbedtls_openssl $<TARGET_OBJECTS:p256_seam>)
  target_link_libraries(mbedtls_openssl PUBLIC OpenSSL::Crypto)
endif()

add_library(mbedtls_all INTERFACE)
target_link_libraries(mbedtls_all INTERFACE mbedtls_${P256_BACKEND})
set_property(TARGET mbedtls_${P256_BACKEND} PROPERTY EXCLUDE_FROM_ALL OFF)
message(STATUS "mbedTLS ${mbedtls_version}, P-256 by ${P256_BACKEND}")
