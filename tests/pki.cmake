# Keys and certificates, held against the standards' vectors and against OpenSSL's command line.

unit_test(hash USES pki)
unit_test(der USES pki)
unit_test(pem USES pki)
unit_test(key SOURCES unit/test_key.c support/peer.c USES pki)
unit_test(cert SOURCES unit/test_cert.c support/peer.c support/x509.c USES pki)
