# SPDX-License-Identifier: Apache-2.0
#
# Flags of everything that is compiled here, foreign sources included. Warnings are for our own code only:
# link to `warnings`, libraries to `warnings_strict` as well.

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

# assert() stays in every build type, and nothing is ever built with -O3: mbedTLS vets -O2 and below for side
# channels that compilers make.
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Debug, RelWithDebInfo or Release" FORCE)
endif()
set(CMAKE_C_FLAGS_DEBUG "-Og -g")
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g")
set(CMAKE_C_FLAGS_RELEASE "-O2")

include(CheckPIESupported)
check_pie_supported(LANGUAGES C)

add_compile_definitions(_GNU_SOURCE)
# Each function is a section of its own, so that the small programs leave out what they do not call.
add_compile_options(-fstack-protector-strong -fstack-clash-protection -ffunction-sections -fdata-sections)
add_link_options(-Wl,-z,relro,-z,now)

# Symbols of static libraries never leave a program or shared object. Test frameworks load shared libraries that
# bring an mbedTLS of their own; exported symbols of ours would be bound to its calls. The runtimes of clang's
# sanitizers are static libraries too, whose malloc has to be everybody's: there, mbedTLS alone is named.
if(MARBLEMESH_SANITIZE OR MARBLEMESH_FUZZ)
  add_link_options(-Wl,--exclude-libs,libmbedtls_openssl.a:libmbedtls_builtin.a)
else()
  add_link_options(-Wl,--exclude-libs,ALL)
endif()

if(MARBLEMESH_SANITIZE STREQUAL "address")
  set(sanitizers -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
elseif(MARBLEMESH_SANITIZE STREQUAL "thread")
  set(sanitizers -fsanitize=thread -fno-omit-frame-pointer)
elseif(MARBLEMESH_SANITIZE)
  message(FATAL_ERROR "MARBLEMESH_SANITIZE is empty, address or thread, not \"${MARBLEMESH_SANITIZE}\"")
else()
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()
add_compile_options(${sanitizers})
add_link_options(${sanitizers})

if(MARBLEMESH_FUZZ)
  if(NOT CMAKE_C_COMPILER_ID MATCHES Clang)
    message(FATAL_ERROR "MARBLEMESH_FUZZ needs clang (-DCMAKE_C_COMPILER=clang), this is ${CMAKE_C_COMPILER_ID}")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link)
  add_link_options(-fsanitize=fuzzer-no-link)
endif()

if(MARBLEMESH_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
else()
  # The folder a build happens in does not show in its result, whose measurement others compare.
  add_compile_options(-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=)
endif()

add_library(warnings INTERFACE)
target_compile_options(warnings INTERFACE
  -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 -Wundef -Wpointer-arith
  $<$<BOOL:${MARBLEMESH_WERROR}>:-Werror>)
add_library(warnings_strict INTERFACE) # what the macros of the test framework cannot bear
target_compile_options(warnings_strict INTERFACE -Wconversion)
