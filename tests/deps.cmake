# SPDX-License-Identifier: Apache-2.0
#
# The libraries we build ourselves, both backends of P-256.

# Named even if they are not there: then the test fails and says how to fetch them.
file(STRINGS ${pins_file} line REGEX "^wycheproof " LIMIT_COUNT 1)
string(REGEX MATCH "[0-9]+" version "${line}")
set(wycheproof_folder ${deps_folder}/wycheproof-${version})

foreach(backend openssl builtin)
  if(TARGET mbedtls_${backend})
    unit_test(wycheproof_${backend} SOURCES unit/test_wycheproof.c EXTERNAL mbedtls_${backend} jansson sodium)
    if(TARGET test_wycheproof_${backend})
      target_compile_definitions(test_wycheproof_${backend} PRIVATE WYCHEPROOF_FOLDER="${wycheproof_folder}")
    endif()
  endif()
endforeach()

# What the launcher and the library to preload compute with.
unit_test(wycheproof_small SOURCES unit/test_wycheproof.c EXTERNAL mbedtls_small jansson sodium)
if(TARGET test_wycheproof_small)
  target_compile_definitions(test_wycheproof_small PRIVATE WYCHEPROOF_FOLDER="${wycheproof_folder}")
endif()

# Both implementations are in each of these: the one as PSA's, the other called directly.
if(OPENSSL_FOUND)
  unit_test(p256_openssl SOURCES unit/test_p256.c EXTERNAL mbedtls_openssl)
  unit_test(p256_builtin SOURCES unit/test_p256.c EXTERNAL mbedtls_builtin)
  foreach(backend openssl builtin)
    if(TARGET test_p256_${backend})
      target_include_directories(test_p256_${backend} SYSTEM PRIVATE ${mbedtls_source}/3rdparty/p256-m)
      target_link_libraries(test_p256_${backend} PRIVATE OpenSSL::Crypto)
    endif()
  endforeach()
  if(TARGET test_p256_builtin)
    target_sources(test_p256_builtin PRIVATE $<TARGET_OBJECTS:p256_seam>)
  endif()
endif()

# docs/dependencies.md numbers the traps that these guard.
add_test_program(test_mbedtls_config checks/test_mbedtls_config.c EXTERNAL mbedtls_all)
check(mbedtls_config COMMAND test_mbedtls_config)
check(exported_symbols COMMAND checks/exported_symbols)
check(mbedtls_flags COMMAND checks/mbedtls_flags)
check(foreign_archives COMMAND checks/foreign_archives)
check(mbedtls_use COMMAND checks/mbedtls_use)
check(p256_seam COMMAND checks/p256_seam)
check(tls_seam COMMAND checks/tls_seam)
check(layers COMMAND checks/layers)
check(layers_self_test COMMAND checks/layers --self-test)
