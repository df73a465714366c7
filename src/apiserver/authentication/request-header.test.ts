import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { request } from "node:https"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { type KeyedCertificate, makeCertificate } from "../../pki/certificate.ts"
import { ensurePki, type Pki } from "../../pki/pki.ts"
import { createNodePlatform } from "../../platform/node/platform.ts"
import { startTestServer, type TestServer } from "../testing.ts"
import { STANDARD_HEADERS } from "./request-header.ts"

/** Against a real server: what counts is what TLS lets through. */

const platform = createNodePlatform({ logLevel: "error" })
const dir = mkdtempSync(join(tmpdir(), `gantry-request-header-${process.pid}-`))
let pki: Pki
let server: TestServer
before(async () => {
  pki = ensurePki({ dir, platform, clusterName: "test", apiAddresses: [], serviceIp: "10.96.0.1" })
  const requestHeader = { ...STANDARD_HEADERS, ca: pki.frontProxyCa.cert }
  server = await startTestServer(
    async ({ user }) => ({ type: "value", code: 200, value: described(user) }),
    {
      requestHeader,
    },
    { dir },
  )
})
after(() => server.close().then(() => rmSync(dir, { recursive: true, force: true })))

function described(user: { readonly name: string; readonly extra: ReadonlyMap<string, readonly string[]> }) {
  return { ...user, extra: Object.fromEntries(user.extra) }
}

type Headers = Readonly<Record<string, string | string[]>>

function ask(identity: KeyedCertificate | undefined, headers: Headers): Promise<{ code: number; body: unknown }> {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port: server.port, path: "/api/v1/pods", agent: false as const }
    const shown = identity && { cert: identity.cert, key: identity.key }
    const sent = request({ ...options, ca: pki.ca.cert, headers, ...shown }, async (response) => {
      const chunks = await response.toArray()
      resolve({ code: response.statusCode ?? 0, body: JSON.parse(Buffer.concat(chunks).toString()) })
    })
    sent.on("error", reject)
    sent.end()
  })
}

test("a proxy vouches for users, with all that is known of them", async () => {
  const { code, body } = await ask(pki.frontProxyClient, {
    "X-Remote-User": Buffer.from("Zoë").toString("latin1"),
    "X-Remote-Uid": "7",
    "X-Remote-Group": ["a, b", "c"],
    "X-Remote-Extra-Acme.Com%2fScopes": ["one", "two"],
  })
  assert.deepEqual(
    [code, body],
    [
      200,
      {
        name: "Zoë",
        uid: "7",
        groups: ["a, b", "c", "system:authenticated"],
        extra: { "acme.com/scopes": ["one", "two"] },
      },
    ],
  )
})

test("nobody else does: a client with such headers is itself", async () => {
  const { body } = await ask(pki.scheduler, { "X-Remote-User": "admin", "X-Remote-Group": "system:masters" })
  assert.equal((body as { readonly name: string }).name, "system:kube-scheduler")
  const { code } = await ask(undefined, { "X-Remote-User": "admin" })
  assert.equal(code, 401)
})

test("the certificate of a proxy names no user, and not every certificate of its CA is a proxy's", async () => {
  assert.equal((await ask(pki.frontProxyClient, {})).code, 401)
  const request = { commonName: "system:masters", organizations: ["system:masters"], usage: "client" } as const
  const other = makeCertificate({ ...request, validMs: 3_600_000 }, pki.frontProxyCa, platform)
  assert.equal((await ask(other, { "X-Remote-User": "admin" })).code, 401)
  assert.equal((await ask(other, {})).code, 401)
})
