import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { PassThrough } from "node:stream"
import { after, before, test } from "node:test"
import { callBus, connectDBus, type DBusConnection } from "../../platform/linux/dbus/connection.ts"
import type { Message } from "../../platform/linux/dbus/message.ts"
import { createNodePlatform } from "../../platform/node/platform.ts"
import type { ChildHandle } from "../../platform/processes.ts"
import { followLogind } from "./follow-logind.ts"
import { connectLogind } from "./logind.ts"

const DAEMON = "/usr/bin/dbus-daemon"
const skip = isThere(DAEMON) ? false : `${DAEMON} is not installed`
const dir = mkdtempSync(join(tmpdir(), "gantry-logind-"))
const address = `unix:path=${join(dir, "bus")}`
const overrideFile = join(dir, "conf.d", "99-kubelet.conf")
const configuration = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><listen>${address}</listen><auth>EXTERNAL</auth><policy context="default">
<allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy></busconfig>`

function isThere(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

let daemon: ReturnType<typeof spawn> | undefined
before(async () => {
  if (skip) return
  writeFileSync(join(dir, "bus.conf"), configuration)
  const args = [`--config-file=${join(dir, "bus.conf")}`, "--nofork", "--print-address"]
  daemon = spawn(DAEMON, args, { stdio: ["ignore", "pipe", "ignore"] })
  // It listens once it has said where.
  if (daemon.stdout) await once(daemon.stdout, "data")
})
after(() => {
  daemon?.kill()
  rmSync(dir, { recursive: true, force: true })
})

const announcement = {
  type: "signal",
  path: "/org/freedesktop/login1",
  interface: "org.freedesktop.login1.Manager",
  member: "PrepareForShutdown",
  signature: "b",
} as const

/** What logind and systemd answer, and how logind announces a shutdown. */
class FakeLogind {
  delaySeconds = 5
  readonly killed: unknown[] = []
  /** The name of who asked it last. */
  asker = ""
  #bus: DBusConnection | undefined

  async start(): Promise<void> {
    this.#bus = await connectDBus(address, (message) => this.#answer(message))
    for (const name of ["org.freedesktop.login1", "org.freedesktop.systemd1"]) {
      await this.#bus.call(callBus("RequestName", "su", [name, 0]))
    }
  }

  announce(active: boolean): void {
    this.#bus?.send({ ...announcement, body: [active] })
  }

  close(): void {
    this.#bus?.close()
  }

  #answer({ body, member, sender = "", serial, type }: Message): void {
    if (type !== "call") return
    this.asker = sender
    const reply = { type: "reply", destination: sender, replySerial: serial } as const
    if (member === "Get") {
      const delay = BigInt(this.delaySeconds * 1_000_000)
      return this.#bus?.send({ ...reply, signature: "v", body: [delay] })
    }
    this.killed.push(body)
    this.delaySeconds = Number(/InhibitDelayMaxSec=(\d+)/.exec(readFileSync(overrideFile, "utf8"))?.[1])
    this.#bus?.send({ ...reply, signature: "", body: [] })
  }
}

test("a node holds shutdowns up until its pods have ended, and goes on when they are called off", {
  skip,
}, async (t) => {
  const logind = new FakeLogind()
  t.after(() => logind.close())
  await logind.start()
  let log = ""
  const platform = createNodePlatform({ logTo: new PassThrough().on("data", (text) => (log += text)) })
  const did: string[] = []
  const steps = new Map<string, PromiseWithResolvers<void>>()
  const step = (name: string) => {
    const found = steps.get(name) ?? Promise.withResolvers<void>()
    steps.set(name, found)
    return found
  }
  const note = (name: string) => {
    did.push(name)
    step(name).resolve()
  }
  const exits: PromiseWithResolvers<object>[] = []
  const spawnLock = (file: string, args: readonly string[]) => {
    const exit = Promise.withResolvers<object>()
    const lock = exits.push(exit)
    assert.deepEqual(
      [file, args[0], args[1], args.at(-1)],
      ["systemd-inhibit", "--what=shutdown", "--mode=delay", "cat"],
    )
    note(`lock ${lock}`)
    const stdin = { end: () => note(`release ${lock}`) }
    return { stdin, exited: exit.promise } as unknown as ChildHandle
  }
  const ended = new AbortController()
  t.after(() => ended.abort())
  const following = followLogind({
    connect: (onShutdown) =>
      connectLogind(
        address,
        { ...platform, processes: { ...platform.processes, spawn: spawnLock } },
        onShutdown,
        overrideFile,
      ),
    seconds: 30,
    async begin() {
      note("begin")
      await step("pods are gone").promise
    },
    cancel: () => note("cancel"),
    platform,
    signal: ended.signal,
  })
  await step("lock 1").promise
  assert.deepEqual(logind.killed, [["systemd-logind.service", "all", 1]])
  assert.equal(readFileSync(overrideFile, "utf8"), "# Kubelet logind override\n[Login]\nInhibitDelayMaxSec=30\n")
  await pretend(logind.asker)
  logind.announce(true)
  logind.announce(false)
  await step("begin").promise
  assert.deepEqual(did, ["lock 1", "begin"])
  step("pods are gone").resolve()
  await step("lock 2").promise
  assert.deepEqual(did, ["lock 1", "begin", "release 1", "cancel", "lock 2"])
  exits[1]?.resolve({ code: 1, signal: null })
  await exits[1]?.promise
  ended.abort()
  await following
  assert.equal(did.at(-1), "release 2")
  assert.equal(log.match(/systemd-inhibit has ended/g)?.length, 1)
})

/** Tells everybody, and `name` alone, what only logind may say. */
async function pretend(name: string): Promise<void> {
  const bus = await connectDBus(address, () => {})
  bus.send({ ...announcement, body: [false] })
  bus.send({ ...announcement, destination: name, body: [false] })
  // Everything before it has been passed on when it is answered.
  await bus.call(callBus("GetId"))
  bus.close()
}

test("a machine without logind shuts down as before", { skip }, async () => {
  const platform = createNodePlatform({ logTo: new PassThrough().resume() })
  const idle = { seconds: 30, begin: async () => {}, cancel: () => {}, platform, signal: new AbortController().signal }
  const connectTo = (at: string) => (onShutdown: (active: boolean) => void) =>
    connectLogind(at, platform, onShutdown, overrideFile)
  await followLogind({ ...idle, connect: connectTo(`unix:path=${join(dir, "none")}`) })
  await followLogind({ ...idle, connect: connectTo(address) })
  await assert.rejects(
    connectTo("tcp:host=localhost")(() => {}),
    /expected unix:path=/,
  )
})
