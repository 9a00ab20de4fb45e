"""Opens an envelope file of the KMS Playground:  python open_envelope.py FILE [DATA_KEY]

DATA_KEY is the plaintext data key in base64. Without it this prints the command that asks KMS for it.
Needs the package `cryptography`. The format is described at the top of src/envelope.rs.
"""
import json, os, shlex, sys
from base64 import b64decode
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

file = open(sys.argv[1], "rb").read()
if file[:8] != b"KMSENV1\n":
    sys.exit("not an envelope file of version 1")
start = 12 + int.from_bytes(file[8:12], "big")  # of the first chunk
prefix, chunks = file[:start], file[start:]
header = json.loads(prefix[12:])
if len(sys.argv) < 3:
    context = shlex.quote(json.dumps(header["encryptionContext"]))
    sys.exit(f"aws kms decrypt --key-id {shlex.quote(header['keyId'])} --encryption-context {context} "
             f"--ciphertext-blob {shlex.quote(header['wrappedDataKey'])} --query Plaintext --output text")

count = max(1, -(-header["plaintextLength"] // header["chunkLength"]))
if len(chunks) != header["plaintextLength"] + 16 * count:
    sys.exit("the file was cut short or has bytes too many")
data_key, sealed_length = AESGCM(b64decode(sys.argv[2])), header["chunkLength"] + 16
plaintext = []
for index in range(count):
    nonce = b64decode(header["noncePrefix"]) + index.to_bytes(4, "big") + bytes([index == count - 1])
    sealed = chunks[index * sealed_length:(index + 1) * sealed_length]
    plaintext.append(data_key.decrypt(nonce, sealed, prefix))  # raises InvalidTag where anything was changed
name = os.path.basename(header["fileName"])
open(name, "xb").writelines(plaintext)  # never over a file that is there
print("wrote", name)
