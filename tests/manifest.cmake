# SPDX-License-Identifier: Apache-2.0
unit_test(activation USES manifest)
fuzz_target(activation USES manifest)
