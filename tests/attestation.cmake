# SPDX-License-Identifier: Apache-2.0
#
# The verifier. Genuine evidence is no part of the project; test_vectors says whether it was there.

foreach(name dcap_quote pck policy bundle)
  unit_test(${name} USES attestation)
endforeach()
foreach(name policy_sections platforms)
  unit_test(${name} USES attestation EXTERNAL jansson)
endforeach()
unit_test(tcb USES attestation EXTERNAL jansson)
foreach(name dcap dcap_changed dcap_bad_input tdx)
  unit_test(${name} SOURCES unit/test_${name}.c support/dcap_scene.c USES attestation_sim)
endforeach()
unit_test(evidence USES attestation)
unit_test(memo SOURCES unit/test_memo.c support/dcap_scene.c USES attestation_sim)
plain_test(memo_threads SOURCES thread/test_memo.c USES attestation)
unit_test(certificate_evidence USES attestation_sim)
unit_test(hcl_report USES attestation_sim)
unit_test(tpm_quote USES attestation_sim)
unit_test(azure_sim USES attestation_sim)
fuzz_target(hcl_report USES attestation)
fuzz_target(tpm_quote USES attestation)
fuzz_target(azure USES attestation_sim)

# tests/vectors DIR starts the first; the second is a test, of the folder that MARBLEMESH_VECTORS names.
set(vectors_sources support/vectors.c support/vector_reasons.c)
add_test_program(vectors "" SOURCES support/vectors_main.c ${vectors_sources} USES attestation EXTERNAL jansson)
unit_test(vectors SOURCES unit/test_vectors.c ${vectors_sources} support/peer.c USES attestation EXTERNAL jansson)

fuzz_target(evidence USES attestation)
fuzz_target(dcap_quote USES attestation)
fuzz_target(collateral USES attestation)
fuzz_target(appraise USES attestation_sim)
fuzz_target(certificate_evidence USES attestation_sim)
check(attestation_table COMMAND checks/attestation_table)

# Of AMD and AWS.
unit_test(snp SOURCES unit/test_snp.c support/snp.c support/peer.c USES attestation_sim)
unit_test(snp_chain SOURCES unit/test_snp_chain.c support/snp.c USES attestation_sim)
unit_test(aci SOURCES unit/test_aci.c support/snp.c USES attestation_sim)
unit_test(nitro USES attestation_sim)
unit_test(cose USES attestation_sim)

# The service's own handler, in the test's process.
plain_test(collateral_cache SOURCES thread/test_collateral_cache.c support/tsan.c ../attestation/sim/serve.c
           USES attestation_sim net)
fuzz_target(snp USES attestation_sim)
fuzz_target(snp_parts USES attestation)
fuzz_target(nitro USES attestation_sim)
fuzz_target(cose USES attestation_sim)
