import assert from "node:assert/strict"
import { X509Certificate } from "node:crypto"
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { createNodePlatform } from "../platform/node/platform.ts"
import { createSimPlatform } from "../platform/sim/platform.ts"
import { makeCertificate } from "./certificate.ts"
import { type CertificateStatus, listCertificates } from "./list-certificates.ts"
import { DamagedKeyError, ensureNodePki, ensurePki } from "./pki.ts"

const DAY_MS = 86_400_000
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

test("what nears its end is renewed, and nothing else", () => {
  const own = join(dir, "virtual")
  const sim = createSimPlatform({ seed: 1 })
  const first = ensurePki({ ...options, dir: own, platform: sim })
  let elapsedMs = 0
  const later = { random: sim.random, clock: { ...sim.clock, nowMs: () => sim.clock.nowMs() + elapsedMs } }
  elapsedMs = 304 * DAY_MS
  assert.deepEqual(ensurePki({ ...options, dir: own, platform: later }), first)
  elapsedMs = 306 * DAY_MS
  const renewed = ensurePki({ ...options, dir: own, platform: later })
  for (const name of ["serving", "kubeletClient", "frontProxyClient", "admin"] as const) {
    assert.notEqual(renewed[name].cert, first[name].cert, name)
    assert.notEqual(renewed[name].key, first[name].key, name)
    assert.equal(statSync(renewed[name].keyFile).mode & 0o777, 0o600)
  }
  assert.deepEqual([renewed.ca, renewed.frontProxyCa], [first.ca, first.frontProxyCa])
  assert.deepEqual(
    readdirSync(own).filter((file) => file.endsWith(".tmp")),
    [],
  )
})

test("what somebody asks for is renewed though it is good", () => {
  const own = join(dir, "asked")
  const first = ensurePki({ ...options, dir: own })
  const node = ensureNodePki({ dir: own, platform, nodeName: "n1", addresses: [] })
  const second = ensurePki({ ...options, dir: own, renew: (name) => name === "apiserver" })
  assert.deepEqual({ ...second, serving: first.serving }, first)
  assert.notEqual(second.serving.cert, first.serving.cert)
  const renew = (name: string) => name === "nodes/n1/kubelet"
  const other = ensureNodePki({ dir: own, platform, nodeName: "n1", addresses: [], renew })
  assert.deepEqual({ ...other, serving: node.serving }, node)
  assert.notEqual(other.serving.cert, node.serving.cert)
})

test("all certificates are listed, damaged ones too", () => {
  const own = join(dir, "listed")
  const pki = ensurePki({ ...options, dir: own })
  ensureNodePki({ dir: own, platform, nodeName: "n1", addresses: [] })
  writeFileSync(pki.scheduler.certFile, "damaged")
  const listed = listCertificates(own)
  assert.deepEqual(
    listed.map(({ name }) => name),
    ["ca", "front-proxy-ca"].concat(
      ["admin", "apiserver", "apiserver-kubelet-client", "controller-manager", "front-proxy-client", "scheduler"],
      ["nodes/n1/kube-proxy", "nodes/n1/kubelet", "nodes/n1/kubelet-client"],
    ),
  )
  const found = new Map(listed.map((one) => [one.name, one]))
  assert.ok("problem" in (found.get("scheduler") ?? {}))
  const { expiresMs, ...kubelet } = found.get("nodes/n1/kubelet-client") as CertificateStatus
  assert.deepEqual(kubelet, {
    name: "nodes/n1/kubelet-client",
    isAuthority: false,
    subject: "O=system:nodes, CN=system:node:n1",
    issuer: "CN=test-ca",
  })
  assert.equal(
    expiresMs,
    new X509Certificate(readFileSync(join(own, "nodes/n1/kubelet-client.crt"))).validToDate.getTime(),
  )
})
