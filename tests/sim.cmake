# SPDX-License-Identifier: Apache-2.0
#
# The simulated TEE, trust domains, and what collects evidence.

unit_test(sigstruct SOURCES unit/test_sigstruct.c support/peer.c USES attestation)
unit_test(gramine SOURCES unit/test_gramine.c support/peer.c USES attestation_production)
unit_test(sim USES attestation_sim)
unit_test(sim_program SOURCES unit/test_sim_program.c support/peer.c USES attestation_sim)
