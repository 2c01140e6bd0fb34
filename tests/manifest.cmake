# SPDX-License-Identifier: Apache-2.0
foreach(name activation template manifest)
  unit_test(${name} USES manifest)
  fuzz_target(${name} USES manifest)
endforeach()
