import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { connect, type TLSSocket } from "node:tls"
import { startTestKubeApiServer, testPki } from "../../apiserver/testing/kube-apiserver.ts"
import type { Pki } from "../../pki/pki.ts"
import { createNodePlatform } from "../../platform/node/platform.ts"
import { createSimPlatform } from "../../platform/sim/platform.ts"
import { createMemoryStore } from "../../store/memory/memory-store.ts"
import { keepCertificates, LOOK_MS } from "./keep-certificates.ts"

const DAY_MS = 86_400_000
const dir = mkdtempSync(join(tmpdir(), `gantry-keep-${process.pid}-`))
after(() => rmSync(dir, { recursive: true, force: true }))
const real = createNodePlatform({ logLevel: "error" })

function shownAt(port: number, ca: string): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = connect({ host: "127.0.0.1", port, ca }, () => resolve(socket))
    socket.once("error", reject)
  })
}
const serialOf = (socket: TLSSocket) => socket.getPeerCertificate().serialNumber

test("a running server shows a renewed certificate on new connections, and the old ones go on", async () => {
  // The certificates are made in the past, so that they are near their end now.
  let agoMs = 310 * DAY_MS
  const sim = createSimPlatform({ seed: 1 })
  const clock = { ...real.clock, nowMs: () => real.clock.nowMs() - agoMs }
  const made = { clock, random: real.random }
  const ensure = (): Pki => testPki(dir, made)
  const pki = ensure()
  const store = createMemoryStore({ platform: real })
  const server = await startTestKubeApiServer({
    store,
    platform: real,
    pki,
  })
  const stop = new AbortController()
  const used: Pki[] = []
  const kept = keepCertificates({
    current: pki,
    ensure: async () => ensure(),
    use: (now) => {
      server.useCertificates(now)
      used.push(now)
    },
    platform: sim,
    signal: stop.signal,
  })
  const before = await shownAt(server.port, pki.ca.cert)
  await sim.advance(LOOK_MS)
  assert.equal(used.length, 0)
  agoMs = 0
  await sim.advance(LOOK_MS)
  assert.equal(used.length, 1)
  const later = await shownAt(server.port, pki.ca.cert)
  assert.notEqual(serialOf(later), serialOf(before))
  assert.notEqual(used[0]?.kubeletClient.cert, pki.kubeletClient.cert)
  assert.equal(used[0]?.ca.cert, pki.ca.cert)
  assert.equal(before.destroyed, false)
  await sim.advance(LOOK_MS)
  assert.equal(used.length, 1)
  before.destroy()
  later.destroy()
  stop.abort()
  await kept
  await server.close(100)
  await store.close()
})

test("what fails is tried again", async () => {
  const sim = createSimPlatform({ seed: 1 })
  const stop = new AbortController()
  const used: number[] = []
  let tries = 0
  const kept = keepCertificates({
    current: 0,
    ensure: async () => {
      tries++
      if (tries === 1) throw new Error("damaged")
      return 1
    },
    use: (now) => void used.push(now),
    platform: sim,
    signal: stop.signal,
  })
  await sim.advance(LOOK_MS)
  assert.deepEqual(used, [])
  await sim.advance(LOOK_MS)
  assert.deepEqual(used, [1])
  stop.abort()
  await kept
})
