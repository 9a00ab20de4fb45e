"""How many calls a second moto answers, the mock of AWS that Python's tests use: in process and over HTTP, by boto3.

The playground is asked by the same client over HTTP. `cargo xtask bench` prints the table.
One line per measurement: name, tab, calls per second. The argument is the folder of the npm package.
"""

import os
import subprocess
import sys
import time

import boto3
from botocore.config import Config
from moto import mock_aws
from moto.server import ThreadedMotoServer

CONTEXT = {"tenant": "7"}


def client(endpoint=None):
    return boto3.client(
        "kms",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="AKIA111122223333ADMI",
        aws_secret_access_key="anything",
        config=Config(retries={"max_attempts": 0}),
    )


def measure(where, kms):
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    sealed = kms.encrypt(KeyId=key, Plaintext=b"\0" * 24, EncryptionContext=CONTEXT)["CiphertextBlob"]
    calls = {
        "Encrypt": lambda: kms.encrypt(KeyId=key, Plaintext=b"\0" * 24, EncryptionContext=CONTEXT),
        "Decrypt": lambda: kms.decrypt(CiphertextBlob=sealed, EncryptionContext=CONTEXT),
        "GenerateDataKey": lambda: kms.generate_data_key(KeyId=key, KeySpec="AES_256", EncryptionContext=CONTEXT),
        "CreateKey": lambda: kms.create_key(),
    }
    # In turn, and the best of each, as in wasm.mjs; what makes keys by itself, after the others.
    for together in ["Encrypt", "Decrypt", "GenerateDataKey"], ["CreateKey"]:
        best = dict.fromkeys(together, 0.0)
        for _ in range(4):
            for operation in together:
                per_second(calls[operation], 0.1)
                best[operation] = max(best[operation], per_second(calls[operation], 0.3))
        for operation, most in best.items():
            print(f"{operation}, {where}\t{most:.0f}", flush=True)


def per_second(call, seconds):
    begun, made = time.perf_counter(), 0
    while time.perf_counter() - begun < seconds:
        call()
        made += 1
    return made / (time.perf_counter() - begun)


with mock_aws():
    measure("moto in process", client())

moto = ThreadedMotoServer(port=0, verbose=False)
moto.start()
measure("moto over HTTP", client("http://%s:%d" % moto.get_host_and_port()))
moto.stop()

serve = [os.environ.get("NODE", "node"), f"{sys.argv[1]}/serve.js", "serve", "--port", "0"]
with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True) as playground:
    measure("ours over HTTP", client(playground.stdout.readline().split()[-1]))
    playground.terminate()
