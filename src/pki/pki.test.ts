import assert from "node:assert/strict"
import { X509Certificate } from "node:crypto"
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { createNodePlatform } from "../platform/node/platform.ts"
import { makeCertificate } from "./certificate.ts"
import { DamagedKeyError, ensureNodePki, ensurePki } from "./pki.ts"

const platform = createNodePlatform()
const dir = mkdtempSync(join(tmpdir(), `gantry-pki-${process.pid}-`))
after(() => rmSync(dir, { recursive: true, force: true }))
const options = {
  dir,
  platform,
  clusterName: "test",
  apiAddresses: ["10.1.2.3", "api.example"],
  serviceIp: "10.96.0.1",
}

test("makes a CA and certificates that it signed, with the identities Kubernetes expects", () => {
  const pki = ensurePki(options)
  const ca = new X509Certificate(pki.ca.cert)
  assert.equal(ca.ca, true)
  for (const [name, subject] of [
    ["serving", "CN=kube-apiserver"],
    ["admin", "O=system:masters\nCN=test-admin"],
    ["controllerManager", "CN=system:kube-controller-manager"],
    ["scheduler", "CN=system:kube-scheduler"],
  ] as const) {
    const certificate = new X509Certificate(pki[name].cert)
    assert.equal(certificate.subject, subject)
    assert.ok(certificate.checkIssued(ca) && certificate.verify(ca.publicKey), name)
    assert.equal(statSync(pki[name].keyFile).mode & 0o777, 0o600)
  }
  const serving = new X509Certificate(pki.serving.cert)
  for (const address of ["127.0.0.1", "::1", "10.96.0.1", "10.1.2.3"]) assert.equal(serving.checkIP(address), address)
  for (const host of ["localhost", "api.example", "kubernetes.default.svc.cluster.local"]) {
    assert.equal(serving.checkHost(host), host)
  }
  assert.deepEqual(serving.keyUsage, ["1.3.6.1.5.5.7.3.1"])
})

test("keeps what is good, and renews what is damaged, expiring or made for other addresses", () => {
  const first = ensurePki(options)
  assert.deepEqual(ensurePki(options), first)
  const later = ensurePki({ ...options, apiAddresses: ["10.9.9.9"] })
  assert.notEqual(later.serving.cert, first.serving.cert)
  assert.equal(later.admin.cert, first.admin.cert)
  writeFileSync(join(dir, "admin.crt"), "damaged")
  assert.notEqual(ensurePki(options).admin.cert, first.admin.cert)
  const shortLived = makeCertificate(
    { commonName: "system:kube-scheduler", usage: "client", validMs: 86_400_000 },
    first.ca,
    platform,
  )
  writeFileSync(join(dir, "scheduler.crt"), shortLived.cert)
  assert.notEqual(ensurePki(options).scheduler.cert, shortLived.cert)
})

test("a node has a client identity and a serving certificate for its addresses", () => {
  ensurePki(options)
  const node = ensureNodePki({ dir, platform, nodeName: "n1", addresses: ["192.168.7.7", "fd00::7"] })
  assert.equal(new X509Certificate(node.client.cert).subject, "O=system:nodes\nCN=system:node:n1")
  assert.equal(new X509Certificate(node.serving.cert).checkIP("fd00::7"), "fd00::7")
  assert.equal(readFileSync(node.client.certFile, "utf8"), node.client.cert)
  assert.deepEqual(ensureNodePki({ dir, platform, nodeName: "n1", addresses: ["192.168.7.7"] }), node)
})

test("says which key is damaged, and makes anew what only it can break", () => {
  const own = join(dir, "damaged")
  const pki = ensurePki({ ...options, dir: own })
  writeFileSync(pki.admin.keyFile, "garbage")
  assert.notEqual(ensurePki({ ...options, dir: own }).admin.key, "garbage")
  for (const file of [pki.ca.certFile, pki.ca.keyFile, pki.frontProxyCa.keyFile, pki.serviceAccount.keyFile]) {
    const good = readFileSync(file)
    writeFileSync(file, "garbage")
    assert.throws(
      () => ensurePki({ ...options, dir: own }),
      (error) => error instanceof DamagedKeyError && error.message.includes(file) && error.message.includes("backup"),
    )
    writeFileSync(file, good)
  }
  assert.deepEqual(ensurePki({ ...options, dir: own }).ca, pki.ca)
})
