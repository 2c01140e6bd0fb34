# SPDX-License-Identifier: Apache-2.0
#
# The coordinator: its parts, and the real program.

unit_test(config USES coordinator attestation_sim)
unit_test(store SOURCES unit/test_store.c support/peer.c USES coordinator attestation_sim)
unit_test(ca SOURCES unit/test_ca.c support/peer.c USES coordinator attestation_sim)
