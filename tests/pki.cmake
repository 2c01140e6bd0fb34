# Keys and certificates, held against the standards' vectors and against OpenSSL's command line.

unit_test(hash USES pki)
unit_test(der USES pki)
unit_test(pem USES pki)
unit_test(key SOURCES unit/test_key.c support/peer.c USES pki)
