# SPDX-License-Identifier: Apache-2.0
# Keys and certificates, held against the standards' vectors and against OpenSSL's command line.

unit_test(hash USES pki)
unit_test(share USES pki)
unit_test(der USES pki)
unit_test(pem USES pki)
unit_test(key SOURCES unit/test_key.c support/peer.c USES pki)
unit_test(key_kinds SOURCES unit/test_key_kinds.c support/peer.c USES pki)
unit_test(cert SOURCES unit/test_cert.c support/peer.c support/x509.c USES pki)
unit_test(chain SOURCES unit/test_chain.c support/x509.c USES pki)
unit_test(csr SOURCES unit/test_csr.c support/peer.c support/x509.c USES pki)
unit_test(crl SOURCES unit/test_crl.c support/peer.c support/x509.c USES pki)
unit_test(pki_genuine SOURCES unit/test_pki_genuine.c support/peer.c USES pki)
plain_test(key_threads USES pki)

foreach(format der pem key cert csr crl share)
  fuzz_target(${format} USES pki)
endforeach()
