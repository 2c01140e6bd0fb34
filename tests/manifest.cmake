# SPDX-License-Identifier: Apache-2.0
foreach(name activation template)
  unit_test(${name} USES manifest)
  fuzz_target(${name} USES manifest)
endforeach()
