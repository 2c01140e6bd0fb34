# SPDX-License-Identifier: Apache-2.0
foreach(name bytes buf text clock uuid err json file secret)
  unit_test(${name} USES base)
endforeach()
fuzz_target(json USES base)
