"""boto3 and the AWS CLI against `kms-playground serve`, unchanged: only the endpoint's address is theirs to know."""

import base64
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from urllib.request import urlopen

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

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

    def control(self, path):
        with urlopen(self.url + path) as answer:
            return answer.read()

    def boto3(self, arn):
        keys = self.principals[arn]
        return boto3.client(
            "kms",
            endpoint_url=self.url,
            region_name="us-east-1",
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


ADMINISTRATOR = "arn:aws:iam::111122223333:user/Administrator"
STRANGER = "arn:aws:iam::444455556666:user/Administrator"
APPLICATION = "arn:aws:sts::111122223333:assumed-role/OrdersApp/session"


class Boto3(unittest.TestCase):
    def test_every_operation_and_an_error_of_each_class(self):
        told = subprocess.run(["node", "-e", CONVERSATION], cwd=HERE, capture_output=True, text=True, check=True)
        with Server() as server:
            clients = {"administrator": server.boto3(ADMINISTRATOR), "stranger": server.boto3(STRANGER)}
            bound = {}
            for step in json.loads(told.stdout):
                command, wanted = step["command"], fill(step["input"], bound)
                where = f"{command} {step['input']}"
                client = clients[step.get("as", "administrator")]
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
