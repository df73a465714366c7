import assert from "node:assert/strict"
import { createSocket } from "node:dgram"
import { once } from "node:events"
import { type TestContext, test } from "node:test"
import { createSimPlatform } from "../../platform/sim/platform.ts"
import { encodeQuery } from "./message.ts"
import { types } from "./record.ts"
import { createUpstream } from "./upstream.ts"

/** A name server that counts what it is asked, and says that there is no such name, or nothing. */
async function startServer(t: TestContext, isAnswering: () => boolean) {
  const socket = createSocket("udp4")
  let asked = 0
  socket.on("message", (message, from) => {
    asked++
    socket.emit("asked")
    if (!isAnswering()) return
    const answer = Buffer.from(message)
    answer.writeUInt16BE(0x8183, 2)
    socket.send(answer, from.port, from.address)
  })
  socket.bind(0, "127.0.0.1")
  await once(socket, "listening")
  t.after(() => socket.close())
  const { address, port } = socket.address()
  return { server: { address, port }, asked: () => asked, nextAsked: () => once(socket, "asked") }
}

test("a server that is silent is asked after the others for a while", async (t) => {
  const platform = createSimPlatform({ seed: 1 })
  let isBack = false
  const silent = await startServer(t, () => isBack)
  const other = await startServer(t, () => true)
  const upstream = createUpstream({ platform, servers: () => [] })
  const ask = () => upstream.ask(encodeQuery(7, "example.com", types.A), "udp", [silent.server, other.server])
  const counts = () => [silent.asked(), other.asked()]

  const waited = silent.nextAsked()
  const first = ask()
  await waited
  await platform.clock.advance(2000)
  assert.equal((await first)?.readUInt16BE(0), 7)
  assert.deepEqual(counts(), [1, 1])
  await ask()
  await ask()
  assert.deepEqual(counts(), [1, 3])

  isBack = true
  await platform.clock.advance(10_000)
  await ask()
  await ask()
  assert.deepEqual(counts(), [3, 3])
})
