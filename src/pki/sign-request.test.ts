import assert from "node:assert/strict"
import { X509Certificate } from "node:crypto"
import { test } from "node:test"
import { parseCertificateRequest } from "../machinery/certificates/certificate-request.ts"
import { EC_REQUEST, NAMED_REQUEST } from "../machinery/certificates/testing.ts"
import { createSimPlatform } from "../platform/sim/platform.ts"
import { makeCertificate } from "./certificate.ts"
import { signRequest } from "./sign-request.ts"

const HOUR_MS = 3_600_000
const platform = createSimPlatform({ seed: 1 })
const ca = makeCertificate({ commonName: "ca", usage: "ca", validMs: 1000 * HOUR_MS }, undefined, platform)
const signed = (request: string, usages: readonly string[], validMs = 24 * HOUR_MS) =>
  new X509Certificate(signRequest(parseCertificateRequest(request), { usages, validMs }, ca, platform))

test("a signed certificate has the subject, names and key of its request, and no more", () => {
  const certificate = signed(NAMED_REQUEST, ["digital signature", "key encipherment", "server auth"])
  assert.equal(certificate.verify(new X509Certificate(ca.cert).publicKey), true)
  assert.equal(certificate.checkIssued(new X509Certificate(ca.cert)), true)
  assert.equal(certificate.subject, "O=system:nodes\nCN=system:node:n1")
  assert.equal(certificate.subjectAltName, "DNS:n1, IP Address:10.0.0.1, email:a@b.c, URI:spiffe://x/y")
  assert.deepEqual(certificate.keyUsage, ["1.3.6.1.5.5.7.3.1"])
  assert.equal(certificate.ca, false)
  assert.equal(signed(EC_REQUEST, ["client auth"]).subjectAltName, undefined)
})

test("short certificates are dated back without losing time, and none outlives its issuer", () => {
  const spanOf = (validMs: number) => {
    const { validFromDate, validToDate } = signed(EC_REQUEST, ["client auth"], validMs)
    return [validFromDate, validToDate].map((date) => (date.getTime() - platform.clock.nowMs()) / 60_000)
  }
  assert.deepEqual(spanOf(HOUR_MS), [-5, 60])
  assert.deepEqual(spanOf(24 * HOUR_MS), [-5, 24 * 60 - 5])
  assert.deepEqual(spanOf(9000 * HOUR_MS), [-5, 1000 * 60])
})

test("usages that X.509 does not know are refused", () => {
  assert.throws(() => signed(EC_REQUEST, ["client auth", "fun"]), { message: 'unrecognized usage values: ["fun"]' })
})
