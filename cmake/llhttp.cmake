# SPDX-License-Identifier: Apache-2.0

require_pinned(llhttp llhttp_version llhttp_folder)
add_library(llhttp STATIC ${llhttp_folder}/api.c ${llhttp_folder}/http.c ${llhttp_folder}/llhttp.c)
target_include_directories(llhttp SYSTEM PUBLIC ${llhttp_folder})
