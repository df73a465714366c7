import assert from "node:assert/strict"
import { once } from "node:events"
import { createServer, type Server } from "node:https"
import type { AddressInfo } from "node:net"
import { after, before, test } from "node:test"
import type { TLSSocket } from "node:tls"
import { makeCertificate } from "../../pki/certificate.ts"
import { createNodePlatform } from "../../platform/node/platform.ts"
import { askKubelet } from "./ask-kubelet.ts"

/** Over real TLS. */
const platform = createNodePlatform({ logLevel: "error" })
const validMs = 3_600_000
const ca = makeCertificate({ commonName: "ca", usage: "ca", validMs }, undefined, platform)
const client = makeCertificate({ commonName: "apiserver", usage: "client", validMs }, ca, platform)
const signal = new AbortController().signal
let server: Server
let answer: () => readonly [code: number, text: string]
let seen = ""

before(async () => {
  const serving = makeCertificate({ commonName: "n", hosts: ["127.0.0.1"], usage: "server", validMs }, ca, platform)
  const tls = { cert: serving.cert, key: serving.key, ca: ca.cert, requestCert: true, rejectUnauthorized: true }
  server = createServer(tls, (request, response) => {
    const { subject } = (request.socket as TLSSocket).getPeerCertificate()
    seen = `${subject.CN} ${request.method} ${request.url}`
    const [code, text] = answer()
    response.writeHead(code).end(text)
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
})
after(async () => {
  server.closeAllConnections()
  server.close()
  await once(server, "close")
})

const ask = (trusted = ca) =>
  askKubelet({ host: "127.0.0.1", port: (server.address() as AddressInfo).port }, signal, {
    clock: platform.clock,
    tls: () => ({ ca: trusted.cert, cert: client.cert, key: client.key }),
  })

test("asks with the server's certificate", async () => {
  answer = () => [200, "a 1\n"]
  assert.equal(await ask(), "a 1\n")
  assert.equal(seen, "apiserver GET /metrics/resource")
})

test("says what a kubelet refuses", async () => {
  answer = () => [403, "Forbidden"]
  await assert.rejects(ask(), /the kubelet answered 403: Forbidden/)
})

test("takes no endless answer", async () => {
  answer = () => [200, "a".repeat((16 << 20) + 1)]
  await assert.rejects(ask(), /larger than 16777216 bytes/)
})

test("trusts only what the CA of kubelets signed", async () => {
  const other = makeCertificate({ commonName: "other", usage: "ca", validMs }, undefined, platform)
  await assert.rejects(ask(other), /x509: certificate signed by unknown authority|unable to|self.signed/)
})
