import assert from "node:assert/strict"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { PassThrough } from "node:stream"
import { after, test } from "node:test"
import { type GrpcServer, implement, serveGrpc } from "../../machinery/grpc/server.ts"
import { createNodePlatform } from "../../platform/node/platform.ts"
import type { PluginHandler } from "./plugin-handler.ts"
import { Registration } from "./registration.ts"
import { watchPlugins } from "./watch-plugins.ts"

const dir = mkdtempSync(join(tmpdir(), "gantry-plugins-"))
const stop = new AbortController()
const servers: GrpcServer[] = []
const platform = createNodePlatform({ logTo: new PassThrough().resume() })
after(() => {
  stop.abort()
  for (const server of servers) server.close()
  rmSync(dir, { recursive: true, force: true })
})

/** What happened, in order; a test waits for the next. */
const log: string[] = []
let heard = Promise.withResolvers<void>()
const say = (text: string) => {
  log.push(text)
  heard.resolve()
}
async function until(...texts: string[]): Promise<void> {
  while (!texts.every((text) => log.includes(text))) {
    await heard.promise
    heard = Promise.withResolvers()
  }
}

async function plugin(file: string, info: { type: string; name: string; endpoint?: string }): Promise<GrpcServer> {
  const registration = implement(Registration, {
    GetInfo: async () => ({ ...info, supportedVersions: ["1.0.0"] }),
    async NotifyRegistrationStatus({ pluginRegistered = false, error = "" }) {
      say(`${info.name} told ${pluginRegistered} ${error}`)
      return {}
    },
  })
  const server = await serveGrpc({ socketPath: join(dir, file) }, () => [registration])
  servers.push(server)
  return server
}

let broken = true
const slow = Promise.withResolvers<void>()
const handler: PluginHandler = {
  type: "CSIPlugin",
  validate({ name }) {
    if (name === "bad") throw new Error("no such thing")
  },
  async register({ endpoint, name, versions }) {
    if (name === "late" && broken) throw new Error("not yet")
    if (name === "slow") await slow.promise
    say(`${name} registered at ${endpoint} ${versions.join()}`)
  },
  deregister: async ({ name }) => say(`${name} deregistered`),
}

test("plugins are found, told how it went, and taken away with their sockets", async () => {
  writeFileSync(join(dir, "no-socket"), "")
  await plugin("first.sock", { type: "CSIPlugin", name: "first", endpoint: "/first/csi.sock" })
  await plugin(".hidden.sock", { type: "CSIPlugin", name: "hidden" })
  await watchPlugins({ folder: dir, handlers: [handler], platform, signal: stop.signal })
  assert.deepEqual(log, ["first registered at /first/csi.sock 1.0.0", "first told true "])

  await plugin("bad.sock", { type: "CSIPlugin", name: "bad" })
  await plugin("other.sock", { type: "Teapot", name: "other" })
  await until(
    "bad told false RegisterPlugin error -- plugin validation failed with err: no such thing",
    `other told false RegisterPlugin error -- no handler registered for plugin type: Teapot at socket ${join(dir, "other.sock")}`,
  )

  mkdirSync(join(dir, "below"))
  const below = await plugin("below/deep.sock", { type: "CSIPlugin", name: "deep" })
  await until(`deep registered at ${join(dir, "below/deep.sock")} 1.0.0`, "deep told true ")
  below.close()
  await until("deep deregistered")

  await plugin("late.sock", { type: "CSIPlugin", name: "late" })
  await until("late told false RegisterPlugin error -- plugin registration failed with err: not yet")
  broken = false
  await until("late told true ")
})

test("a plugin that comes back is registered again", async () => {
  const before = await plugin("again.sock", { type: "CSIPlugin", name: "again", endpoint: "/one" })
  await until("again told true ")
  log.length = 0
  before.close()
  await plugin("again.sock", { type: "CSIPlugin", name: "again", endpoint: "/two" })
  await until("again deregistered", "again registered at /two 1.0.0")
})

test("a plugin that is slow holds up no other, and is taken away when it has gone meanwhile", async () => {
  const server = await plugin("slow.sock", { type: "CSIPlugin", name: "slow", endpoint: "/slow" })
  await plugin("quick.sock", { type: "CSIPlugin", name: "quick", endpoint: "/quick" })
  await until("quick told true ")
  assert.equal(
    log.some((text) => text.startsWith("slow")),
    false,
  )
  server.close()
  slow.resolve()
  await until("slow registered at /slow 1.0.0", "slow deregistered")
})
