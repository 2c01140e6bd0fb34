# SPDX-License-Identifier: Apache-2.0
"""Keys and certificates: made and used with the openssl command line, and read with a small reader of DER."""
import hashlib
import os
import subprocess
import tempfile

from harness import Failed


def openssl(*arguments, data=None, ok=True):
    """Its output; of a failure with ok=False None."""
    done = subprocess.run(["openssl", *arguments], input=data, capture_output=True, check=False)
    if done.returncode != 0:
        if not ok:
            return None
        raise Failed(f"openssl {' '.join(arguments)}: {done.stderr.decode(errors='replace')}")
    return done.stdout


def scratch(data):
    """A file with this content, as long as the process lives."""
    f = tempfile.NamedTemporaryFile(delete=False, dir=SCRATCH)
    f.write(data.encode() if isinstance(data, str) else data)
    f.close()
    return f.name


SCRATCH = tempfile.mkdtemp(prefix="marblemesh-conformance-pki-")


def key(algorithm="EC", *options):
    defaults = {"EC": ["-pkeyopt", "ec_paramgen_curve:P-256"], "RSA": ["-pkeyopt", "rsa_keygen_bits:2048"]}
    return scratch(openssl("genpkey", "-algorithm", algorithm, *(options or defaults.get(algorithm, []))))


def self_signed(name="/CN=somebody", key_file=None, *options):
    """(certificate, key) as paths of PEM files."""
    key_file = key_file or key()
    pem = openssl("req", "-x509", "-new", "-key", key_file, "-subj", name, "-days", "30", *options)
    return scratch(pem), key_file


def expired(name="/CN=x", key_file=None):
    """A certificate that is over since yesterday."""
    key_file = key_file or key()
    request = openssl("req", "-new", "-key", key_file, "-subj", name)
    return scratch(openssl("x509", "-req", "-signkey", key_file, "-days", "-1", data=request)), key_file


def issued(name, issuer, issuer_key):
    """One that this certificate's key has signed."""
    key_file = key()
    request = openssl("req", "-new", "-key", key_file, "-subj", name)
    return scratch(openssl("x509", "-req", "-CA", issuer, "-CAkey", issuer_key, "-set_serial", "7", "-days", "30",
                           data=request)), key_file


def go_certificate():
    """As Go programs make them for users: RSA-3096, X.509 v3, empty subject and issuer, serial 42, no extensions."""
    key_file = key("RSA", "-pkeyopt", "rsa_keygen_bits:3096")
    algorithm = sequence(bytes.fromhex("06092a864886f70d01010b0500"))
    dates = sequence(b"\x17\x0d260101000000Z" + b"\x17\x0d460101000000Z")
    spki = openssl("pkey", "-in", key_file, "-pubout", "-outform", "der")
    tbs = sequence(bytes.fromhex("a003020102" + "02012a") + algorithm + sequence(b"") + dates + sequence(b"") + spki)
    signature = sign(key_file, tbs)
    der = sequence(tbs + algorithm + b"\x03" + length_of(signature, 1) + b"\0" + signature)
    return scratch(pem_of(der)), key_file


def text_of(path):
    with open(path, encoding="ascii") as f:
        return f.read()


def der_of(pem):
    """Of the first certificate in PEM text."""
    return openssl("x509", "-outform", "der", data=pem.encode() if isinstance(pem, str) else pem)


def pem_of(der):
    return openssl("x509", "-inform", "der", data=der).decode()


def public_key_pem(cert_der):
    return openssl("x509", "-inform", "der", "-noout", "-pubkey", data=cert_der).decode()


def spki_of_key(pkcs8):
    return openssl("pkey", "-inform", "der", "-pubout", "-outform", "der", data=pkcs8)


def verify(leaf_der, roots, intermediates=(), *options):
    """Is the certificate good under these (DER)? For a server, as Go's verifier has it."""
    arguments = ["verify", "-CAfile", scratch("".join(pem_of(r) for r in roots))]
    if intermediates:
        arguments += ["-untrusted", scratch("".join(pem_of(i) for i in intermediates))]
    return openssl(*arguments, *options, scratch(pem_of(leaf_der)), ok=False) is not None


def signature_holds(cert_der, signature, data):
    """ECDSA or RSA PKCS#1 v1.5 over SHA-256, by the certificate's key."""
    return openssl("dgst", "-sha256", "-verify", scratch(public_key_pem(cert_der)), "-signature", scratch(signature),
                   data=data, ok=False) is not None


def sign(key_file, data):
    return openssl("dgst", "-sha256", "-sign", key_file, data=data)


def public_pem(key_file):
    return openssl("pkey", "-in", key_file, "-pubout").decode()


def oaep_decrypt(key_file, ciphertext):
    return openssl("pkeyutl", "-decrypt", "-inkey", key_file, "-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt",
                   "rsa_oaep_md:sha256", "-pkeyopt", "rsa_mgf1_md:sha256", data=ciphertext)


def oaep_encrypt(spki, plain):
    return openssl("pkeyutl", "-encrypt", "-pubin", "-keyform", "DER", "-inkey", scratch(spki), "-pkeyopt",
                   "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:sha256", "-pkeyopt", "rsa_mgf1_md:sha256", data=plain)


# ---- DER


def length_of(content, more=0):
    n = len(content) + more
    if n < 128:
        return bytes([n])
    size = (n.bit_length() + 7) // 8
    return bytes([0x80 | size]) + n.to_bytes(size, "big")


def sequence(content):
    return b"\x30" + length_of(content) + content


def tlv(data, at=0):
    """(tag, content, where the next one begins)."""
    tag, length, at = data[at], data[at + 1], at + 2
    if length & 0x80:
        n = length & 0x7F
        length, at = int.from_bytes(data[at:at + n], "big"), at + n
    return tag, data[at:at + length], at + length


def parts(content):
    at, found = 0, []
    while at < len(content):
        tag, inner, end = tlv(content, at)
        found.append((tag, inner, content[at:end]))
        at = end
    return found


def oid(content):
    numbers, value = [], 0
    for byte in content:
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            numbers.append(value)
            value = 0
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, [first, numbers[0] - 40 * first, *numbers[1:]]))


class Certificate:
    def __init__(self, der):
        self.der = der
        tbs, algorithm, _ = parts(tlv(der)[1])
        self.algorithm = oid(parts(algorithm[1])[0][1])
        fields = parts(tbs[1])
        self.version = parts(fields[0][1])[0][1][0] + 1 if fields[0][0] == 0xA0 else 1
        fields = fields[1:] if fields[0][0] == 0xA0 else fields
        self.serial = int.from_bytes(fields[0][1], "big", signed=True)
        self.issuer, self.not_before, self.not_after = fields[2][2], *[p[1].decode() for p in parts(fields[3][1])]
        self.subject, self.spki = fields[4][2], fields[5][2]
        algorithm_of_key = parts(parts(self.spki_content())[0][1])
        self.key_algorithm = oid(algorithm_of_key[0][1])
        self.curve = oid(algorithm_of_key[1][1]) if algorithm_of_key[1:] and algorithm_of_key[1][0] == 6 else None
        self.extensions = {}
        for tag, content, _ in fields[6:]:
            if tag == 0xA3:
                for _, extension, _ in parts(tlv(content)[1]):
                    pieces = parts(extension)
                    self.extensions[oid(pieces[0][1])] = (len(pieces) == 3 and pieces[1][1] != b"\0", pieces[-1][1])

    def spki_content(self):
        return tlv(self.spki)[1]

    @staticmethod
    def names(encoded):
        """[(oid, text)] of a Name."""
        found = []
        for _, rdn, _ in parts(tlv(encoded)[1]):
            for _, pair, _ in parts(rdn):
                kind, value = parts(pair)
                found.append((oid(kind[1]), value[1].decode(errors="replace")))
        return found

    def common_name(self):
        return dict(self.names(self.subject)).get("2.5.4.3")

    def alternative_names(self):
        """(DNS names, addresses in hex)."""
        _, content = self.extensions.get("2.5.29.17", (False, b"\x30\x00"))
        general = parts(tlv(content)[1])
        return [v.decode() for t, v, _ in general if t == 0x82], [v.hex() for t, v, _ in general if t == 0x87]

    def key_usage(self):
        """Go's bit mask: the first bit of the bit string is 1."""
        _, content = self.extensions["2.5.29.15"]
        bits = tlv(content)[1][1:]
        return sum(1 << (8 * i + j) for i, byte in enumerate(bits) for j in range(8) if byte & 0x80 >> j)

    def extended_usages(self):
        _, content = self.extensions.get("2.5.29.37", (False, b"\x30\x00"))
        return [oid(v) for _, v, _ in parts(tlv(content)[1])]

    def is_authority(self):
        _, content = self.extensions["2.5.29.19"]
        return parts(tlv(content)[1])[:1] == [(1, b"\xff", b"\x01\x01\xff")]

    def path_length(self):
        _, content = self.extensions["2.5.29.19"]
        numbers = [v for t, v, _ in parts(tlv(content)[1]) if t == 2]
        return int.from_bytes(numbers[0], "big") if numbers else None

    def subject_key_id(self):
        return tlv(self.extensions["2.5.29.14"][1])[1]

    def authority_key_id(self):
        if "2.5.29.35" not in self.extensions:
            return None
        return next(v for t, v, _ in parts(tlv(self.extensions["2.5.29.35"][1])[1]) if t == 0x80)

    def lifetime(self):
        """Seconds from not before to not after."""
        import datetime
        def when(text):
            form = "%y%m%d%H%M%SZ" if len(text) == 13 else "%Y%m%d%H%M%SZ"
            return datetime.datetime.strptime(text, form)
        return (when(self.not_after) - when(self.not_before)).total_seconds()


SERVER_AUTH, CLIENT_AUTH = "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"
P256, P384 = "1.2.840.10045.3.1.7", "1.3.132.0.34"


def hkdf(secret, salt, info, length):
    """HKDF-SHA256, RFC 5869."""
    import hmac
    key_of = hmac.new(salt, secret, hashlib.sha256).digest()
    out, block = b"", b""
    for i in range(1, -(-length // 32) + 1):
        block = hmac.new(key_of, block + info + bytes([i]), hashlib.sha256).digest()
        out += block
    return out[:length]


def clean_up():
    for name in os.listdir(SCRATCH):
        os.unlink(os.path.join(SCRATCH, name))
    os.rmdir(SCRATCH)
