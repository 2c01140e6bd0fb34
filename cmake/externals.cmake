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
external(libyaml "yaml-0.1>=0.2.5")
