# SPDX-License-Identifier: Apache-2.0
#
# Libraries of the system, each under its own plain name: jansson, sodium, libuv, nghttp2, protobuf-c,
# libyaml.

find_package(PkgConfig REQUIRED)
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)

function(external name module)
  string(TOUPPER ${name} prefix)
  pkg_check_modules(${prefix} REQUIRED IMPORTED_TARGET GLOBAL "${module}")
  add_library(${name} INTERFACE)
  target_link_libraries(${name} INTERFACE PkgConfig::${prefix})
endfunction()

external(jansson "jansson>=2.13")
external(sodium "libsodium>=1.0.18")
external(libuv "libuv>=1.44")
external(nghttp2 "libnghttp2>=1.52")
external(protobuf-c "libprotobuf-c>=1.4")

# The TPM software stack is loaded at run time: nothing is linked.
pkg_check_modules(TSS2 REQUIRED "tss2-esys>=3.0" "tss2-tctildr>=3.0")
add_library(tss2_headers INTERFACE)
target_include_directories(tss2_headers SYSTEM INTERFACE ${TSS2_INCLUDE_DIRS})
external(libyaml "yaml-0.1>=0.2.5")
