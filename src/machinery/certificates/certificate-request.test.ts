import assert from "node:assert/strict"
import { test } from "node:test"
import { parseCertificateRequest } from "./certificate-request.ts"
import { pemBlocks } from "./pem.ts"
import * as requests from "./testing.ts"

const accepted: readonly (readonly [string, string, readonly string[]])[] = [
  [requests.EC_REQUEST, "jane", ["devs"]],
  [requests.RSA_REQUEST, "root", ["system:masters"]],
  [requests.PSS_REQUEST, "pss", []],
  [requests.ED25519_REQUEST, "ed", []],
]
for (const [pem, commonName, organizations] of accepted) {
  test(`a request of ${commonName}`, () => {
    const request = parseCertificateRequest(pem)
    assert.deepEqual([request.commonName, request.organizations], [commonName, organizations])
    request.checkSignature()
  })
}

/** The request with another subject, so that the signature no longer fits. */
function forged(pem: string, from: string, to: string): string {
  const der = pemBlocks(pem)[0]?.bytes ?? Buffer.alloc(0)
  const text = Buffer.from(der.toString("latin1").replace(from, to), "latin1").toString("base64")
  return `-----BEGIN CERTIFICATE REQUEST-----\n${text}\n-----END CERTIFICATE REQUEST-----\n`
}

const refused: readonly (readonly [string, string, string])[] = [
  ["no PEM", "hello", "PEM block type must be CERTIFICATE REQUEST"],
  ["another block", "-----BEGIN X-----\nAAAA\n-----END X-----\n", "PEM block type must be CERTIFICATE REQUEST"],
  [
    "no request inside",
    "-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n",
    "asn1: structure error: the request is no PKCS#10",
  ],
  ["a broken algorithm", requests.SHA1_REQUEST, "x509: cannot verify signature: insecure algorithm SHA1-RSA"],
  ["a forged name", forged(requests.EC_REQUEST, "jane", "john"), "x509: ECDSA verification failure"],
  ["a forged RSA request", forged(requests.RSA_REQUEST, "root", "boot"), "crypto/rsa: verification error"],
]
for (const [name, pem, message] of refused) {
  test(`${name} is refused`, () => {
    assert.throws(() => parseCertificateRequest(pem).checkSignature(), { name: "CertificateRequestError", message })
  })
}

test("PEM blocks stand among other text, some with headers", () => {
  const text =
    "before\n-----BEGIN A-----\nK: v\n\nAQI=\n-----END A-----\nbetween\r\n-----BEGIN B-----\r\nAw==\r\n-----END B-----"
  assert.deepEqual(pemBlocks(text), [
    { type: "A", hasHeaders: true, bytes: Buffer.from([1, 2]) },
    { type: "B", hasHeaders: false, bytes: Buffer.from([3]) },
  ])
})
