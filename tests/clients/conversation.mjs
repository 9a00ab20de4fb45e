// What every client says to a new world, and what it must hear: each operation once or more, and an error of each class.
//
// Data only, the same in Node, in the page and, as JSON, in Python. A value `$name` stands for what an earlier step bound.

const context = { tenant: "7" };
const trustAll = { Version: "2012-10-17", Statement: { Effect: "Allow", Principal: { AWS: "arn:aws:iam::111122223333:root" }, Action: "kms:*", Resource: "*" } };

const developer = "arn:aws:iam::111122223333:user/Developer";
const foreigner = "arn:aws:iam::444455556666:user/Administrator";

const cluster = {
  CustomKeyStoreName: "cluster",
  CloudHsmClusterId: "cluster-playground7",
  KeyStorePassword: "not-a-secret",
  TrustAnchorCertificate:
    "-----BEGIN CERTIFICATE-----\nMIIBjTCCATKgAwIBAgIBATAKBggqhkjOPQQDAjAkMSIwIAYDVQQDDBlLTVMgUGxh\neWdyb3VuZCBjbHVzdGVyIENBMCAXDTI2MTEyNDIwMDgxMloYDzIxMjYxMDMxMjAw\nODEyWjAkMSIwIAYDVQQDDBlLTVMgUGxheWdyb3VuZCBjbHVzdGVyIENBMFkwEwYH\nKoZIzj0CAQYIKoZIzj0DAQcDQgAEKb88h9v0nDgaUM4TGrr9JyjHAciNDPRSvkrg\n73lc+/BX1k1/HBh2VM6DvNxkP9BGSokQUnDkD7kPOvLs8otmJ6NTMFEwHQYDVR0O\nBBYEFDrkyTB8y7k3wIL5x2XFgEBYAvXHMB8GA1UdIwQYMBaAFDrkyTB8y7k3wIL5\nx2XFgEBYAvXHMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhALKw\nthp1SW1NVFMmoF6s/nWAxAq5IPe96qhOtqyG5yyFAiEA0ptXjyOZXSJyrQsbVwO+\nHEndD9oBgjRFNUdSfaLVgM0=\n-----END CERTIFICATE-----\n",
};
const proxy = {
  CustomKeyStoreName: "outside",
  CustomKeyStoreType: "EXTERNAL_KEY_STORE",
  XksProxyUriEndpoint: "https://xks.playground.example",
  XksProxyUriPath: "/kms/xks/v1",
  XksProxyConnectivity: "PUBLIC_ENDPOINT",
  XksProxyAuthenticationCredential: { AccessKeyId: "PLAYGROUNDXKSPROXY23", RawSecretAccessKey: "this/is/not/a/secret/of/the/playground/proxy" },
};

/** `{wait, command, input, bind: {name: path}, expect: {path: value}, error, as}`; `wait` is how much time passes before. */
export const STEPS = [
  { command: "CreateKey", input: { Description: "orders", Tags: [{ TagKey: "team", TagValue: "shop" }] }, bind: { key: "KeyMetadata.KeyId", arn: "KeyMetadata.Arn" }, expect: { "KeyMetadata.KeyState": "Enabled" } },
  { command: "CreateKey", input: {}, bind: { other: "KeyMetadata.KeyId" } },
  { command: "CreateKey", input: {}, bind: { third: "KeyMetadata.KeyId" } },
  { command: "DescribeKey", input: { KeyId: "$key" }, expect: { "KeyMetadata.Arn": "$arn", "KeyMetadata.Description": "orders" } },
  { command: "DescribeKey", input: { KeyId: "alias/none" }, error: "NotFoundException" },
  { command: "DescribeKey", input: { KeyId: "arn:aws:kms:nowhere" }, error: "NotFoundException" },
  { command: "DescribeKey", input: { KeyId: "$arn" }, as: "stranger", error: "AccessDeniedException" },
  { command: "ListKeys", input: { Limit: 2 }, bind: { marker: "NextMarker" }, expect: { Truncated: true } },
  { command: "ListKeys", input: { Limit: 2, Marker: "$marker" }, expect: { Truncated: false } },
  { command: "ListKeys", input: { Marker: "no marker" }, error: "InvalidMarkerException" },
  { command: "ListKeys", input: { Limit: 1001 }, error: "ValidationException" },
  { command: "UpdateKeyDescription", input: { KeyId: "$key", Description: "all orders" } },
  { command: "CreateAlias", input: { AliasName: "alias/orders", TargetKeyId: "$key" } },
  { command: "CreateAlias", input: { AliasName: "alias/orders", TargetKeyId: "$other" }, error: "AlreadyExistsException" },
  { command: "CreateAlias", input: { AliasName: "alias/aws/mine", TargetKeyId: "$other" }, error: "InvalidAliasNameException" },
  { command: "ListAliases", input: { KeyId: "$key" }, expect: { "Aliases.0.AliasName": "alias/orders" } },
  { command: "GenerateDataKey", input: { KeyId: "alias/orders", KeySpec: "AES_256", EncryptionContext: context }, bind: { dataKey: "Plaintext", wrapped: "CiphertextBlob" }, expect: { KeyId: "$arn" } },
  { command: "GenerateDataKey", input: { KeyId: "alias/orders", KeySpec: "AES_256", NumberOfBytes: 32 }, error: "ValidationException" },
  { command: "GenerateDataKey", input: { KeyId: "alias/orders", KeySpec: "AES_256", DryRun: true }, error: "DryRunOperationException" },
  { command: "Decrypt", input: { CiphertextBlob: "$wrapped", EncryptionContext: context }, expect: { Plaintext: "$dataKey", KeyId: "$arn" } },
  { command: "Decrypt", input: { CiphertextBlob: "$wrapped" }, error: "InvalidCiphertextException" },
  { command: "Decrypt", input: { CiphertextBlob: "$wrapped", KeyId: "$other", EncryptionContext: context }, error: "IncorrectKeyException" },
  { command: "GenerateDataKeyWithoutPlaintext", input: { KeyId: "$key", NumberOfBytes: 1024 }, bind: { sealed: "CiphertextBlob" } },
  { command: "GenerateRandom", input: { NumberOfBytes: 32 }, bind: { random: "Plaintext" } },
  { command: "Encrypt", input: { KeyId: "$key", Plaintext: "$random" }, bind: { sealed: "CiphertextBlob" } },
  { command: "ReEncrypt", input: { CiphertextBlob: "$sealed", DestinationKeyId: "$other", DestinationEncryptionContext: context }, bind: { moved: "CiphertextBlob" }, expect: { SourceKeyId: "$arn" } },
  { command: "Decrypt", input: { CiphertextBlob: "$moved", EncryptionContext: context }, expect: { Plaintext: "$random" } },
  { command: "CreateKey", input: { KeySpec: "HMAC_256", KeyUsage: "GENERATE_VERIFY_MAC" }, bind: { hmac: "KeyMetadata.KeyId" } },
  { command: "GenerateMac", input: { KeyId: "$hmac", Message: "$sealed", MacAlgorithm: "HMAC_SHA_256" }, bind: { tag: "Mac" } },
  { command: "VerifyMac", input: { KeyId: "$hmac", Message: "$sealed", MacAlgorithm: "HMAC_SHA_256", Mac: "$tag" }, expect: { MacValid: true } },
  { command: "VerifyMac", input: { KeyId: "$hmac", Message: "$moved", MacAlgorithm: "HMAC_SHA_256", Mac: "$tag" }, error: "KMSInvalidMacException" },
  { command: "GenerateMac", input: { KeyId: "$hmac", Message: "$sealed", MacAlgorithm: "HMAC_SHA_384" }, error: "InvalidKeyUsageException" },
  { command: "CreateKey", input: { KeySpec: "ECC_NIST_P384", KeyUsage: "SIGN_VERIFY" }, bind: { signer: "KeyMetadata.KeyId" } },
  { command: "GetPublicKey", input: { KeyId: "$signer" }, expect: { KeySpec: "ECC_NIST_P384", "SigningAlgorithms.0": "ECDSA_SHA_384" } },
  { command: "Sign", input: { KeyId: "$signer", Message: "$sealed", SigningAlgorithm: "ECDSA_SHA_384" }, bind: { signature: "Signature" } },
  { command: "Verify", input: { KeyId: "$signer", Message: "$sealed", SigningAlgorithm: "ECDSA_SHA_384", Signature: "$signature" }, expect: { SignatureValid: true } },
  { command: "Verify", input: { KeyId: "$signer", Message: "$moved", SigningAlgorithm: "ECDSA_SHA_384", Signature: "$signature" }, error: "KMSInvalidSignatureException" },
  { command: "CreateKey", input: { KeySpec: "ECC_NIST_P521", KeyUsage: "KEY_AGREEMENT" }, bind: { agreeing: "KeyMetadata.KeyId" } },
  { command: "GetPublicKey", input: { KeyId: "$agreeing" }, bind: { public: "PublicKey" } },
  { command: "DeriveSharedSecret", input: { KeyId: "$agreeing", KeyAgreementAlgorithm: "ECDH", PublicKey: "$public" }, expect: { KeyOrigin: "AWS_KMS" } },
  { command: "GenerateDataKeyPair", input: { KeyId: "$key", KeyPairSpec: "ECC_NIST_EDWARDS25519" }, bind: { private: "PrivateKeyPlaintext", wrappedPrivate: "PrivateKeyCiphertextBlob" } },
  { command: "Decrypt", input: { CiphertextBlob: "$wrappedPrivate" }, expect: { Plaintext: "$private" } },
  { command: "GenerateDataKeyPairWithoutPlaintext", input: { KeyId: "$key", KeyPairSpec: "ECC_SECG_P256K1" }, expect: { KeyPairSpec: "ECC_SECG_P256K1" } },
  { command: "CreateKey", input: { KeySpec: "ML_KEM_768", KeyUsage: "ENCAPSULATE_DECAPSULATE" }, bind: { kem: "KeyMetadata.KeyId" } },
  { command: "Encapsulate", input: { KeyId: "$kem", EncapsulationAlgorithm: "ML_KEM" }, bind: { shared: "SharedSecret", capsule: "SharedSecretCiphertextBlob" } },
  { command: "Decapsulate", input: { KeyId: "$kem", EncapsulationAlgorithm: "ML_KEM", SharedSecretCiphertextBlob: "$capsule" }, expect: { SharedSecret: "$shared" } },
  { command: "Decapsulate", input: { KeyId: "$kem", EncapsulationAlgorithm: "ML_KEM", SharedSecretCiphertextBlob: "$sealed" }, error: "InvalidCiphertextException" },
  { command: "CreateKey", input: { KeySpec: "ML_DSA_65", KeyUsage: "SIGN_VERIFY" }, bind: { lattice: "KeyMetadata.KeyId" } },
  { command: "Sign", input: { KeyId: "$lattice", Message: "$sealed", SigningAlgorithm: "ML_DSA_SHAKE_256" }, bind: { signature: "Signature" } },
  { command: "Verify", input: { KeyId: "$lattice", Message: "$sealed", SigningAlgorithm: "ML_DSA_SHAKE_256", Signature: "$signature" }, expect: { SignatureValid: true } },
  { command: "CreateKey", input: { KeySpec: "RSA_2048", KeyUsage: "ENCRYPT_DECRYPT" }, bind: { rsa: "KeyMetadata.KeyId" } },
  { command: "Encrypt", input: { KeyId: "$rsa", Plaintext: "$random", EncryptionAlgorithm: "RSAES_OAEP_SHA_256" }, bind: { sealedByRsa: "CiphertextBlob" } },
  { command: "Decrypt", input: { KeyId: "$rsa", CiphertextBlob: "$sealedByRsa", EncryptionAlgorithm: "RSAES_OAEP_SHA_256" }, expect: { Plaintext: "$random" } },
  { command: "Decrypt", input: { KeyId: "$rsa", CiphertextBlob: "$sealedByRsa", EncryptionAlgorithm: "RSAES_OAEP_SHA_1" }, error: "InvalidCiphertextException" },
  { command: "CreateKey", input: { MultiRegion: true }, bind: { set: "KeyMetadata.KeyId" }, expect: { "KeyMetadata.MultiRegionConfiguration.MultiRegionKeyType": "PRIMARY" } },
  { command: "Encrypt", input: { KeyId: "$set", Plaintext: "$random" }, bind: { sealedHere: "CiphertextBlob" } },
  { command: "ReplicateKey", input: { KeyId: "$set", ReplicaRegion: "eu-west-1" }, bind: { replica: "ReplicaKeyMetadata.Arn" }, expect: { "ReplicaKeyMetadata.KeyState": "Creating" } },
  { command: "ReplicateKey", input: { KeyId: "$set", ReplicaRegion: "eu-west-1" }, error: "AlreadyExistsException" },
  { wait: "10s", command: "Decrypt", input: { CiphertextBlob: "$sealedHere" }, as: "european", expect: { Plaintext: "$random", KeyId: "$replica" } },
  { command: "UpdatePrimaryRegion", input: { KeyId: "$set", PrimaryRegion: "eu-west-1" } },
  { command: "UpdatePrimaryRegion", input: { KeyId: "$set", PrimaryRegion: "eu-west-1" }, error: "UnsupportedOperationException" },
  { command: "DescribeKey", input: { KeyId: "$replica" }, as: "european", expect: { "KeyMetadata.KeyState": "Updating", "KeyMetadata.MultiRegionConfiguration.MultiRegionKeyType": "PRIMARY" } },
  { command: "CreateKey", input: { Origin: "EXTERNAL" }, bind: { own: "KeyMetadata.KeyId", ownArn: "KeyMetadata.Arn" }, expect: { "KeyMetadata.KeyState": "PendingImport" } },
  { command: "GetParametersForImport", input: { KeyId: "$own", WrappingAlgorithm: "RSAES_OAEP_SHA_256", WrappingKeySpec: "RSA_2048" }, bind: { importToken: "ImportToken" }, expect: { KeyId: "$ownArn" } },
  { command: "ImportKeyMaterial", input: { KeyId: "$own", ImportToken: "$importToken", EncryptedKeyMaterial: "$random", ExpirationModel: "KEY_MATERIAL_DOES_NOT_EXPIRE" }, error: "InvalidCiphertextException" },
  { command: "ImportKeyMaterial", input: { KeyId: "$own", ImportToken: "$sealed", EncryptedKeyMaterial: "$random", ExpirationModel: "KEY_MATERIAL_DOES_NOT_EXPIRE" }, error: "InvalidImportTokenException" },
  { command: "DeleteImportedKeyMaterial", input: { KeyId: "$own" }, expect: { KeyId: "$ownArn" } },
  { command: "DeleteImportedKeyMaterial", input: { KeyId: "$key" }, error: "UnsupportedOperationException" },
  { command: "EnableKeyRotation", input: { KeyId: "$hmac" }, error: "UnsupportedOperationException" },
  { command: "CreateCustomKeyStore", input: proxy, bind: { outside: "CustomKeyStoreId" } },
  { command: "DeleteCustomKeyStore", input: { CustomKeyStoreId: "$outside" } },
  { command: "CreateCustomKeyStore", input: cluster, bind: { store: "CustomKeyStoreId" } },
  { command: "CreateCustomKeyStore", input: { ...proxy, CustomKeyStoreName: cluster.CustomKeyStoreName }, error: "CustomKeyStoreNameInUseException" },
  { command: "CreateCustomKeyStore", input: { ...proxy, XksProxyUriPath: "/elsewhere/kms/xks/v1" }, error: "XksProxyInvalidConfigurationException" },
  { command: "DescribeCustomKeyStores", input: {}, expect: { "CustomKeyStores.0.CustomKeyStoreId": "$store", "CustomKeyStores.0.ConnectionState": "DISCONNECTED" } },
  { command: "UpdateCustomKeyStore", input: { CustomKeyStoreId: "$store", NewCustomKeyStoreName: "hsm" } },
  { command: "ConnectCustomKeyStore", input: { CustomKeyStoreId: "$store" } },
  { command: "DescribeCustomKeyStores", input: { CustomKeyStoreName: "hsm" }, expect: { "CustomKeyStores.0.ConnectionState": "CONNECTING" } },
  { command: "CreateKey", input: { CustomKeyStoreId: "$store", Origin: "AWS_CLOUDHSM" }, error: "CustomKeyStoreInvalidStateException" },
  { wait: "20m", command: "CreateKey", input: { CustomKeyStoreId: "$store", Origin: "AWS_CLOUDHSM" }, bind: { inCluster: "KeyMetadata.KeyId" }, expect: { "KeyMetadata.CloudHsmClusterId": cluster.CloudHsmClusterId } },
  { command: "Encrypt", input: { KeyId: "$inCluster", Plaintext: "$random" }, bind: { sealedInCluster: "CiphertextBlob" } },
  { command: "Decrypt", input: { CiphertextBlob: "$sealedInCluster" }, expect: { Plaintext: "$random" } },
  { command: "DeleteCustomKeyStore", input: { CustomKeyStoreId: "$store" }, error: "CustomKeyStoreHasCMKsException" },
  { command: "DisconnectCustomKeyStore", input: { CustomKeyStoreId: "$store" } },
  { command: "Decrypt", input: { CiphertextBlob: "$sealedInCluster" }, error: "KMSInvalidStateException" },
  { command: "DeleteCustomKeyStore", input: { CustomKeyStoreId: "$outside" }, error: "CustomKeyStoreNotFoundException" },
  { command: "UpdateAlias", input: { AliasName: "alias/orders", TargetKeyId: "$other" } },
  { command: "DeleteAlias", input: { AliasName: "alias/orders" } },
  { command: "GetKeyPolicy", input: { KeyId: "$key" }, expect: { PolicyName: "default" } },
  { command: "ListKeyPolicies", input: { KeyId: "$key" }, expect: { "PolicyNames.0": "default" } },
  { command: "PutKeyPolicy", input: { KeyId: "$key", Policy: JSON.stringify(trustAll) } },
  { command: "PutKeyPolicy", input: { KeyId: "$key", Policy: "{“Version”: 1}" }, error: "ValidationException" },
  { command: "PutKeyPolicy", input: { KeyId: "$key", Policy: '{"Version": 1}' }, error: "MalformedPolicyDocumentException" },
  { command: "TagResource", input: { KeyId: "$key", Tags: [{ TagKey: "stage", TagValue: "test" }] } },
  { command: "TagResource", input: { KeyId: "$key", Tags: [{ TagKey: "aws:stage", TagValue: "test" }] }, error: "TagException" },
  { command: "ListResourceTags", input: { KeyId: "$key" }, expect: { "Tags.0.TagKey": "stage", "Tags.1.TagKey": "team" } },
  { command: "UntagResource", input: { KeyId: "$key", TagKeys: ["team"] } },
  { command: "EnableKeyRotation", input: { KeyId: "$key", RotationPeriodInDays: 90 } },
  { command: "GetKeyRotationStatus", input: { KeyId: "$key" }, expect: { KeyRotationEnabled: true, RotationPeriodInDays: 90 } },
  { command: "RotateKeyOnDemand", input: { KeyId: "$key" }, expect: { KeyId: "$arn" } },
  { command: "ListKeyRotations", input: { KeyId: "$key" }, expect: { "Rotations.0.RotationType": "ON_DEMAND" } },
  { command: "DisableKeyRotation", input: { KeyId: "$key" } },
  { command: "CreateGrant", input: { KeyId: "$key", GranteePrincipal: foreigner, RetiringPrincipal: developer, Operations: ["Decrypt", "DescribeKey"], Constraints: { EncryptionContextSubset: context }, Name: "audit" }, bind: { grant: "GrantId", token: "GrantToken" } },
  { command: "CreateGrant", input: { KeyId: "$key", GranteePrincipal: foreigner, RetiringPrincipal: developer, Operations: ["DescribeKey", "Decrypt"], Constraints: { EncryptionContextSubset: context }, Name: "audit" }, expect: { GrantId: "$grant" } },
  { command: "CreateGrant", input: { KeyId: "$key", GranteePrincipal: "arn:aws:iam::111122223333:user/Nobody", Operations: ["Decrypt"] }, error: "InvalidArnException" },
  { command: "CreateGrant", input: { KeyId: "$key", GranteePrincipal: developer, Operations: ["Sign"] }, error: "ValidationException" },
  { command: "DescribeKey", input: { KeyId: "$arn", GrantTokens: ["$token"] }, as: "stranger", expect: { "KeyMetadata.Arn": "$arn" } },
  { command: "DescribeKey", input: { KeyId: "$arn", GrantTokens: ["AAAA"] }, as: "stranger", error: "InvalidGrantTokenException" },
  { command: "Decrypt", input: { CiphertextBlob: "$wrapped", EncryptionContext: { tenant: "8" } }, as: "stranger", error: "AccessDeniedException" },
  { command: "Decrypt", input: { CiphertextBlob: "$wrapped", EncryptionContext: context }, as: "stranger", expect: { Plaintext: "$dataKey" } },
  { command: "ListGrants", input: { KeyId: "$key", GranteePrincipal: foreigner }, expect: { "Grants.0.GrantId": "$grant", "Grants.0.Name": "audit", "Grants.0.Constraints.EncryptionContextSubset.tenant": "7" } },
  { command: "ListGrants", input: { KeyId: "$key", GrantId: "no id" }, error: "InvalidGrantIdException" },
  { command: "ListRetirableGrants", input: { RetiringPrincipal: developer }, expect: { "Grants.0.GrantId": "$grant", Truncated: false } },
  { command: "RetireGrant", input: { GrantToken: "$token" } },
  { command: "RetireGrant", input: { KeyId: "$key", GrantId: "$grant" }, error: "NotFoundException" },
  { command: "CreateGrant", input: { KeyId: "$key", GranteePrincipal: foreigner, Operations: ["Encrypt"] }, bind: { grant: "GrantId" } },
  { command: "RevokeGrant", input: { KeyId: "$key", GrantId: "$grant" } },
  { command: "GetKeyLastUsage", input: { KeyId: "$key" }, expect: { KeyId: "$key", "KeyLastUsage.Operation": "Decrypt" } },
  { command: "GetKeyLastUsage", input: { KeyId: "alias/orders" }, error: "NotFoundException" },
  { command: "DisableKey", input: { KeyId: "$key" } },
  { command: "Encrypt", input: { KeyId: "$key", Plaintext: "$random" }, error: "DisabledException" },
  { command: "EnableKey", input: { KeyId: "$key" } },
  { command: "ScheduleKeyDeletion", input: { KeyId: "$key", PendingWindowInDays: 7 }, expect: { KeyState: "PendingDeletion" } },
  { command: "Encrypt", input: { KeyId: "$key", Plaintext: "$random" }, error: "KMSInvalidStateException" },
  { command: "CancelKeyDeletion", input: { KeyId: "$key" }, expect: { KeyId: "$arn" } },
  { command: "DescribeKey", input: { KeyId: "alias/aws/s3" }, bind: { managed: "KeyMetadata.KeyId" }, expect: { "KeyMetadata.KeyManager": "AWS" } },
  { command: "Encrypt", input: { KeyId: "alias/aws/s3", Plaintext: "$random" }, error: "AccessDeniedException" },
  { command: "DisableKey", input: { KeyId: "$managed" }, error: "AccessDeniedException" },
];

/** The operations that this version refuses. */
export const NOT_YET = [
];

/** Says every step with the clients `{administrator, european, stranger}`, `send(client, command, input)`, `pass(span)` for
 * time and `assert.deepEqual`. */
export async function converse(clients, send, pass, deepEqual) {
  const bound = new Map();
  for (const { wait, command, input, bind = {}, expect = {}, error = null, as = "administrator" } of STEPS) {
    if (wait) {
      pass(wait);
      // The SDK learns from a refusal how late it has become, and a request that shows it that changes nothing.
      for (const client of Object.values(clients)) await send(client, "ListKeys", {}).catch(() => {});
    }
    const filled = fill(input, bound);
    const where = `${command} ${JSON.stringify(input)}`;
    let answer = {};
    let heard = null;
    try {
      answer = await send(clients[as], command, filled);
    } catch (fault) {
      heard = fault.name;
    }
    deepEqual(heard, error, where);
    for (const [name, path] of Object.entries(bind)) bound.set(`$${name}`, at(answer, path));
    for (const [path, value] of Object.entries(expect)) deepEqual(at(answer, path), fill(value, bound), `${where}: ${path}`);
  }
}

function fill(value, bound) {
  if (typeof value === "string") return bound.get(value) ?? value;
  if (Array.isArray(value)) return value.map((item) => fill(item, bound));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, fill(item, bound)]));
}

function at(value, path) {
  return path.split(".").reduce((inner, name) => inner?.[name], value);
}
