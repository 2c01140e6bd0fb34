# Keys and certificates, held against the standards' vectors and against OpenSSL's command line.

unit_test(hash USES pki)
unit_test(der USES pki)
unit_test(pem USES pki)
