"""boto3 and the AWS CLI against `kms-playground serve`, unchanged: only the endpoint's address is theirs to know."""

import base64
import hmac
import json
import os
import subprocess
import sys
import tempfile
import unittest
from datetime import timedelta
from pathlib import Path
from unittest import mock
from urllib.request import urlopen

import boto3
import botocore.auth
from botocore.config import Config
from botocore.exceptions import ClientError
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.keywrap import aes_key_wrap_with_padding
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)

HERE = Path(__file__).parent
SERVER = [os.environ.get("NODE", "node"), str(HERE / "../../target/npm/serve.js"), "serve", "--port", "0"]
CONVERSATION = "import('./conversation.mjs').then(({ STEPS }) => console.log(JSON.stringify(STEPS)))"


class Server:
    """A server of its own, with the signatures of every client verified."""

    def __enter__(self):
        self.process = subprocess.Popen([*SERVER, "--strict", "--seed", "7"], stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().split()[-1]
        accounts = json.loads(self.control("/_kms/accounts"))
        self.principals = {each["arn"]: each for account in accounts for each in account["principals"]}
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()

    def control(self, path, body=None):
        with urlopen(self.url + path, body and json.dumps(body).encode()) as answer:
            return answer.read()

    def boto3(self, arn, region="us-east-1"):
        keys = self.principals[arn]
        return boto3.client(
            "kms",
            endpoint_url=self.url,
            region_name=region,
            aws_access_key_id=keys["accessKeyId"],
            aws_secret_access_key=keys["secretAccessKey"],
            aws_session_token=keys.get("sessionToken"),
            config=Config(retries={"max_attempts": 1}),
        )

    def cli(self, arn, *words):
        keys = self.principals[arn]
        own = {
            "AWS_ENDPOINT_URL_KMS": self.url,
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": keys["accessKeyId"],
            "AWS_SECRET_ACCESS_KEY": keys["secretAccessKey"],
            "AWS_SESSION_TOKEN": keys.get("sessionToken", ""),
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }
        aws = str(Path(sys.executable).parent / "aws")
        return subprocess.run([aws, "kms", *words], env={**os.environ, **own}, capture_output=True, text=True)


UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
ADMINISTRATOR = "arn:aws:iam::111122223333:user/Administrator"
STRANGER = "arn:aws:iam::444455556666:user/Administrator"
APPLICATION = "arn:aws:sts::111122223333:assumed-role/OrdersApp/session"


class Boto3(unittest.TestCase):
    def test_every_operation_and_an_error_of_each_class(self):
        told = subprocess.run(["node", "-e", CONVERSATION], cwd=HERE, capture_output=True, text=True, check=True)
        # boto3 signs with the time of this machine, which the server's leaves behind.
        late, now = timedelta(), botocore.auth.get_current_datetime
        watch = mock.patch("botocore.auth.get_current_datetime", lambda *given, **named: now(*given, **named) + late)
        with Server() as server, watch:
            clients = {
                "administrator": server.boto3(ADMINISTRATOR),
                "european": server.boto3(ADMINISTRATOR, "eu-west-1"),
                "stranger": server.boto3(STRANGER),
            }
            bound = {}
            for step in json.loads(told.stdout):
                command, wanted = step["command"], fill(step["input"], bound)
                where = f"{command} {step['input']}"
                client = clients[step.get("as", "administrator")]
                if "wait" in step:
                    server.control("/_kms/advance", {"span": step["wait"]})
                    late += timedelta(**{UNITS[step["wait"][-1]]: int(step["wait"][:-1])})
                answer, heard = {}, None
                try:
                    answer = getattr(client, snake(command))(**wanted)
                except ClientError as fault:
                    heard = fault.response["Error"]["Code"]
                self.assertEqual(heard, step.get("error"), where)
                for name, path in step.get("bind", {}).items():
                    bound["$" + name] = at(answer, path)
                for path, value in step.get("expect", {}).items():
                    self.assertEqual(at(answer, path), fill(value, bound), f"{where}: {path}")

    def test_pages_of_results_follow_each_other(self):
        with Server() as server:
            kms = server.boto3(ADMINISTRATOR)
            for _ in range(7):
                kms.create_key()
            pages = kms.get_paginator("list_keys").paginate(PaginationConfig={"PageSize": 3})
            self.assertEqual([len(page["Keys"]) for page in pages], [3, 3, 1])


class FromOutside(unittest.TestCase):
    """Cryptography that OpenSSL, by way of the package `cryptography`, and Python's own hmac agree with."""

    CURVES = {
        "ECC_NIST_P256": (ec.SECP256R1(), hashes.SHA256()),
        "ECC_NIST_P384": (ec.SECP384R1(), hashes.SHA384()),
        "ECC_NIST_P521": (ec.SECP521R1(), hashes.SHA512()),
        "ECC_SECG_P256K1": (ec.SECP256K1(), hashes.SHA256()),
    }

    def setUp(self):
        self.server = self.enterContext(Server())
        self.kms = self.server.boto3(ADMINISTRATOR)

    def key(self, spec, usage):
        return self.kms.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]["KeyId"]

    def public(self, key):
        return load_der_public_key(self.kms.get_public_key(KeyId=key)["PublicKey"])

    def test_signatures_verify_outside(self):
        for spec, (curve, hashed) in self.CURVES.items():
            key, algorithm = self.key(spec, "SIGN_VERIFY"), f"ECDSA_SHA_{hashed.digest_size * 8}"
            signature = self.kms.sign(KeyId=key, Message=b"hello", SigningAlgorithm=algorithm)["Signature"]
            public = self.public(key)
            self.assertEqual(public.curve.name, curve.name)
            public.verify(signature, b"hello", ec.ECDSA(hashed))
            with self.assertRaises(InvalidSignature):
                public.verify(signature, b"hallo", ec.ECDSA(hashed))
        key = self.key("ECC_NIST_EDWARDS25519", "SIGN_VERIFY")
        signature = self.kms.sign(KeyId=key, Message=b"hello", SigningAlgorithm="ED25519_SHA_512")["Signature"]
        self.public(key).verify(signature, b"hello")

    def test_rsa_signs_and_opens_what_the_outside_verifies_and_seals(self):
        key = self.key("RSA_2048", "SIGN_VERIFY")
        for hashed in [hashes.SHA256(), hashes.SHA384(), hashes.SHA512()]:
            pss = padding.PSS(mgf=padding.MGF1(hashed), salt_length=hashed.digest_size)
            for name, scheme in {"RSASSA_PSS": pss, "RSASSA_PKCS1_V1_5": padding.PKCS1v15()}.items():
                algorithm = f"{name}_SHA_{hashed.digest_size * 8}"
                signature = self.kms.sign(KeyId=key, Message=b"hello", SigningAlgorithm=algorithm)["Signature"]
                self.public(key).verify(signature, b"hello", scheme, hashed)
        key = self.key("RSA_3072", "ENCRYPT_DECRYPT")
        for hashed, name in [(hashes.SHA1(), "RSAES_OAEP_SHA_1"), (hashes.SHA256(), "RSAES_OAEP_SHA_256")]:
            oaep = padding.OAEP(mgf=padding.MGF1(hashed), algorithm=hashed, label=None)
            sealed = self.public(key).encrypt(b"hello", oaep)
            opened = self.kms.decrypt(KeyId=key, CiphertextBlob=sealed, EncryptionAlgorithm=name)
            self.assertEqual(opened["Plaintext"], b"hello")

    def test_private_keys_of_data_key_pairs_sign_outside(self):
        wrapping = self.kms.create_key()["KeyMetadata"]["KeyId"]
        for spec, (_, hashed) in self.CURVES.items():
            pair = self.kms.generate_data_key_pair(KeyId=wrapping, KeyPairSpec=spec)
            private = load_der_private_key(pair["PrivateKeyPlaintext"], password=None)
            signature = private.sign(b"hello", ec.ECDSA(hashed))
            load_der_public_key(pair["PublicKey"]).verify(signature, b"hello", ec.ECDSA(hashed))
        pair = self.kms.generate_data_key_pair(KeyId=wrapping, KeyPairSpec="ECC_NIST_EDWARDS25519")
        private = load_der_private_key(pair["PrivateKeyPlaintext"], password=None)
        load_der_public_key(pair["PublicKey"]).verify(private.sign(b"hello"), b"hello")

    def test_both_sides_of_an_agreement_have_the_same_secret(self):
        for spec in ["ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521"]:
            curve, _ = self.CURVES[spec]
            key, outside = self.key(spec, "KEY_AGREEMENT"), ec.generate_private_key(curve)
            theirs = outside.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            derived = self.kms.derive_shared_secret(KeyId=key, KeyAgreementAlgorithm="ECDH", PublicKey=theirs)
            self.assertEqual(derived["SharedSecret"], outside.exchange(ec.ECDH(), self.public(key)))

    def test_an_enclave_with_a_key_of_ones_own_opens_what_is_for_it(self):
        private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        public = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        enclave = json.loads(self.server.control("/_kms/enclave", {"publicKey": base64.b64encode(public).decode()}))
        self.assertNotIn("privateKey", enclave)
        recipient = {
            "KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256",
            "AttestationDocument": base64.b64decode(enclave["attestationDocument"]),
        }
        key = self.kms.create_key()["KeyMetadata"]["KeyId"]
        for size in [1, 16, 1024]:
            made = self.kms.generate_data_key(KeyId=key, NumberOfBytes=size, Recipient=recipient)
            self.assertFalse(made.get("Plaintext"))
            opened = self.kms.decrypt(CiphertextBlob=made["CiphertextBlob"])["Plaintext"]
            self.assertEqual(openssl_cms_decrypt(made["CiphertextForRecipient"], private), opened)

    def test_a_mac_is_that_of_any_library_with_the_same_key(self):
        # The key cannot be had from KMS, but is in a snapshot of the world, as the page says.
        key = self.key("HMAC_384", "GENERATE_VERIFY_MAC")
        tag = self.kms.generate_mac(KeyId=key, Message=b"hello", MacAlgorithm="HMAC_SHA_384")["Mac"]
        keys = json.loads(self.server.control("/_kms/snapshot"))["state"]["start"]["keys"]
        [held] = [each for arn, each in keys.items() if arn.endswith(key)]
        material = base64.b64decode(held["materials"][0]["secret"])
        self.assertEqual(tag, hmac.digest(material, b"hello", "sha384"))

    def import_into(self, key, material, algorithm, **options):
        """What an owner of key material does: asks for a wrapping key, wraps, sends."""
        given = self.kms.get_parameters_for_import(KeyId=key, WrappingAlgorithm=algorithm, WrappingKeySpec="RSA_3072")
        hashed = hashes.SHA1() if algorithm.endswith("SHA_1") else hashes.SHA256()
        oaep = padding.OAEP(mgf=padding.MGF1(hashed), algorithm=hashed, label=None)
        wrapping = load_der_public_key(given["PublicKey"])
        if algorithm.startswith("RSA_AES_KEY_WRAP"):
            ephemeral = os.urandom(32)
            wrapped = wrapping.encrypt(ephemeral, oaep) + aes_key_wrap_with_padding(ephemeral, material)
        else:
            wrapped = wrapping.encrypt(material, oaep)
        options = options or {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
        return self.kms.import_key_material(
            KeyId=key, ImportToken=given["ImportToken"], EncryptedKeyMaterial=wrapped, **options
        )

    def own(self, spec, usage):
        created = self.kms.create_key(Origin="EXTERNAL", KeySpec=spec, KeyUsage=usage)["KeyMetadata"]
        self.assertEqual(created["KeyState"], "PendingImport")
        return created["KeyId"]

    def test_imported_hmac_keys_make_the_macs_of_their_owner(self):
        for spec, hashed, length in [("HMAC_256", "sha256", 32), ("HMAC_512", "sha512", 128)]:
            for algorithm in ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"]:
                key, material = self.own(spec, "GENERATE_VERIFY_MAC"), os.urandom(length)
                self.import_into(key, material, algorithm)
                mac = f"HMAC_SHA_{spec[-3:]}"
                tag = self.kms.generate_mac(KeyId=key, Message=b"hello", MacAlgorithm=mac)["Mac"]
                self.assertEqual(tag, hmac.digest(material, b"hello", hashed))

    def test_imported_private_keys_are_those_of_their_owner(self):
        pkcs8 = Encoding.DER, PrivateFormat.PKCS8, NoEncryption()
        for spec, (curve, hashed) in self.CURVES.items():
            key, private = self.own(spec, "SIGN_VERIFY"), ec.generate_private_key(curve)
            self.import_into(key, private.private_bytes(*pkcs8), "RSA_AES_KEY_WRAP_SHA_256")
            algorithm = f"ECDSA_SHA_{hashed.digest_size * 8}"
            signature = self.kms.sign(KeyId=key, Message=b"hello", SigningAlgorithm=algorithm)["Signature"]
            private.public_key().verify(signature, b"hello", ec.ECDSA(hashed))
        key, private = self.own("ECC_NIST_EDWARDS25519", "SIGN_VERIFY"), ed25519.Ed25519PrivateKey.generate()
        self.import_into(key, private.private_bytes(*pkcs8), "RSAES_OAEP_SHA_256")
        signature = self.kms.sign(KeyId=key, Message=b"hello", SigningAlgorithm="ED25519_SHA_512")["Signature"]
        self.assertEqual(signature, private.sign(b"hello"))
        key, private = self.own("RSA_2048", "ENCRYPT_DECRYPT"), rsa.generate_private_key(65537, 2048)
        self.import_into(key, private.private_bytes(*pkcs8), "RSA_AES_KEY_WRAP_SHA_1")
        oaep = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)
        sealed = self.kms.encrypt(KeyId=key, Plaintext=b"hello", EncryptionAlgorithm="RSAES_OAEP_SHA_256")
        self.assertEqual(private.decrypt(sealed["CiphertextBlob"], oaep), b"hello")
        opened = self.kms.decrypt(
            KeyId=key,
            CiphertextBlob=private.public_key().encrypt(b"hallo", oaep),
            EncryptionAlgorithm="RSAES_OAEP_SHA_256",
        )
        self.assertEqual(opened["Plaintext"], b"hallo")

    def test_imported_symmetric_material_goes_and_only_the_same_comes_back(self):
        key, material = self.own("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"), os.urandom(32)
        imported = self.import_into(key, material, "RSAES_OAEP_SHA_256")
        sealed = self.kms.encrypt(KeyId=key, Plaintext=b"hello")["CiphertextBlob"]
        self.kms.delete_imported_key_material(KeyId=key)
        with self.assertRaises(self.kms.exceptions.KMSInvalidStateException):
            self.kms.decrypt(CiphertextBlob=sealed)
        with self.assertRaises(self.kms.exceptions.IncorrectKeyMaterialException):
            self.import_into(key, os.urandom(32), "RSAES_OAEP_SHA_256")
        again = self.import_into(key, material, "RSAES_OAEP_SHA_1")
        self.assertEqual(again["KeyMaterialId"], imported["KeyMaterialId"])
        self.assertEqual(self.kms.decrypt(CiphertextBlob=sealed)["Plaintext"], b"hello")
        forever = {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
        options = {"ImportType": "NEW_KEY_MATERIAL", "KeyMaterialDescription": "of 2026", **forever}
        self.import_into(key, os.urandom(32), "RSAES_OAEP_SHA_256", **options)
        self.kms.rotate_key_on_demand(KeyId=key)
        listed = self.kms.list_key_rotations(KeyId=key, IncludeKeyMaterial="ALL_KEY_MATERIAL")["Rotations"]
        self.assertEqual([each["KeyMaterialState"] for each in listed], ["NON_CURRENT", "CURRENT"])
        self.assertEqual(listed[1]["KeyMaterialDescription"], "of 2026")
        self.assertEqual(self.kms.decrypt(CiphertextBlob=sealed)["Plaintext"], b"hello")


class CommandLine(unittest.TestCase):
    def test_a_file_makes_its_way_through_encrypt_and_decrypt(self):
        with Server() as server, tempfile.TemporaryDirectory() as folder:
            plaintext, sealed_file = Path(folder, "plaintext"), Path(folder, "sealed")
            plaintext.write_bytes(b"a file")
            created = server.cli(ADMINISTRATOR, "create-key", "--description", "orders")
            self.assertEqual(created.returncode, 0, created.stderr)
            key = json.loads(created.stdout)["KeyMetadata"]["KeyId"]
            sealed = server.cli(ADMINISTRATOR, "encrypt", "--key-id", key, "--plaintext", f"fileb://{plaintext}")
            self.assertEqual(sealed.returncode, 0, sealed.stderr)
            sealed_file.write_bytes(base64.b64decode(json.loads(sealed.stdout)["CiphertextBlob"]))
            opened = server.cli(ADMINISTRATOR, "decrypt", "--ciphertext-blob", f"fileb://{sealed_file}")
            self.assertEqual(opened.returncode, 0, opened.stderr)
            self.assertEqual(base64.b64decode(json.loads(opened.stdout)["Plaintext"]), b"a file")
            denied = server.cli(APPLICATION, "disable-key", "--key-id", key)
            self.assertNotEqual(denied.returncode, 0)
            self.assertIn("(AccessDeniedException) when calling the DisableKey operation", denied.stderr)
            self.assertIn("assumed-role/OrdersApp/session is not authorized to perform: kms:DisableKey", denied.stderr)


def openssl_cms_decrypt(message, private):
    """By the command, for the package `cryptography` reads no CMS with OAEP."""
    with tempfile.TemporaryDirectory() as folder:
        key = Path(folder, "key.pem")
        key.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        words = ["openssl", "cms", "-decrypt", "-inform", "DER", "-inkey", str(key)]
        return subprocess.run(words, input=message, capture_output=True, check=True).stdout


def fill(value, bound):
    if isinstance(value, str):
        return bound.get(value, value)
    if isinstance(value, list):
        return [fill(item, bound) for item in value]
    if isinstance(value, dict):
        return {name: fill(item, bound) for name, item in value.items()}
    return value


def at(value, path):
    for name in path.split("."):
        value = value[int(name)] if isinstance(value, list) else value[name]
    return value


def snake(name):
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in name).lstrip("_")


if __name__ == "__main__":
    tests = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__])
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(tests)
    failed = len(result.failures) + len(result.errors)
    # The two lines that Node's test runner ends with.
    print(f"ℹ pass {result.testsRun - failed}\nℹ fail {failed}")
    sys.exit(failed != 0)
