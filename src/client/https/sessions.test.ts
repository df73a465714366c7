import assert from "node:assert/strict"
import { createSecureServer, type Http2SecureServer } from "node:http2"
import { type AddressInfo, createServer } from "node:net"
import { test } from "node:test"
import { makeCertificate } from "../../pki/certificate.ts"
import type { Clock } from "../../platform/clock.ts"
import { createSimPlatform } from "../../platform/sim/platform.ts"
import { ConnectionError } from "./connection-error.ts"
import { Sessions } from "./sessions.ts"

const { clock, log, random } = createSimPlatform({ seed: 1 })
const makers = { clock: { nowMs: () => Date.now() }, random }
const validMs = 3_600_000
const ca = makeCertificate({ commonName: "ca", usage: "ca", validMs }, undefined, makers)
const host = "127.0.0.1"
const { cert, key } = makeCertificate({ commonName: host, usage: "server", hosts: [host], validMs }, ca, makers)

/** A port where nobody listens. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

function sessionsTo(port: number, patienceMs: number, sleep: Clock["sleep"]): Sessions {
  const platform = { log, clock: { ...clock, sleep } }
  return new Sessions({ server: `https://127.0.0.1:${port}`, credentials: { ca: ca.cert }, patienceMs, platform })
}

test("a server that is only starting is waited for", async () => {
  const port = await freePort()
  let server: Http2SecureServer | undefined
  let pauses = 0
  const sessions = sessionsTo(port, 1000, async () => {
    if (++pauses < 3) return
    server = createSecureServer({ cert, key })
    await new Promise<void>((resolve) => server?.listen(port, "127.0.0.1", resolve))
  })
  const { release } = await sessions.acquire()
  assert.equal(pauses, 3)
  release()
  sessions.close()
  server?.close()
})

test("a server that goes on refusing is given up, and not waited for again", async () => {
  let pauses = 0
  const sessions = sessionsTo(await freePort(), 1000, async (ms) => {
    pauses++
    await clock.advance(ms)
  })
  await assert.rejects(sessions.acquire(), ConnectionError)
  assert.equal(pauses, 100)
  await assert.rejects(sessions.acquire(), ConnectionError)
  assert.equal(pauses, 100)
  sessions.close()
})
