# SPDX-License-Identifier: Apache-2.0
#
# The verifier. Genuine evidence is no part of the project; test_vectors says whether it was there.

foreach(name dcap_quote pck policy bundle)
  unit_test(${name} USES attestation)
endforeach()
unit_test(tcb USES attestation EXTERNAL jansson)
unit_test(dcap USES attestation_sim)
unit_test(certificate_evidence USES attestation_sim)

fuzz_target(dcap_quote USES attestation)
fuzz_target(collateral USES attestation)
fuzz_target(appraise USES attestation_sim)
fuzz_target(certificate_evidence USES attestation_sim)

# Of AMD and AWS.
unit_test(amd_vectors SOURCES unit/test_amd_vectors.c support/peer.c USES attestation EXTERNAL jansson)
unit_test(snp SOURCES unit/test_snp.c support/snp.c USES attestation_sim)
unit_test(aci SOURCES unit/test_aci.c support/snp.c USES attestation_sim)
unit_test(nitro USES attestation_sim)
unit_test(cose USES attestation_sim)
