import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { createSocket } from "node:dgram"
import { once } from "node:events"
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { createServer, type Socket } from "node:net"
import { hostname, tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { readCapabilities } from "./capabilities.ts"
import {
  createPinnedNamespaces,
  enterNamespaces,
  isPinnedNamespace,
  namespaceId,
  setHostname,
  unpinNamespaces,
} from "./namespaces.ts"
import { bindUdp, connectTcp, listenTcp } from "./sockets.ts"

const skip = !readCapabilities().effective.has("SYS_ADMIN") && "making namespaces needs CAP_SYS_ADMIN"
const dir = mkdtempSync(join(tmpdir(), "gantry-namespaces-"))
const pod = join(dir, "pod")
after(() => {
  unpinNamespaces(pod)
  rmSync(dir, { recursive: true })
})

const own = () => ["net", "uts", "ipc"].map((kind) => namespaceId(`/proc/thread-self/ns/${kind}`))

test("namespaces are pinned, entered and let go", { skip }, () => {
  const before = own()
  const paths = createPinnedNamespaces(pod, ["net", "uts", "ipc"], { hostname: "web-0" })
  assert.deepEqual(own(), before)
  assert.deepEqual(paths, { net: join(pod, "net"), uts: join(pod, "uts"), ipc: join(pod, "ipc") })
  assert.throws(() => createPinnedNamespaces(pod, ["net"]), { code: "EEXIST" })

  const inside = enterNamespaces(paths, () => ({ ids: own(), name: hostname() }))
  assert.deepEqual(inside, { ids: Object.values(paths).map(namespaceId), name: "web-0" })
  assert.notEqual(hostname(), "web-0")
  enterNamespaces({ uts: paths.uts ?? "" }, () => setHostname("web-1"))
  const child = enterNamespaces(paths, () => spawnSync("hostname", { encoding: "utf8" }))
  assert.equal(child.stdout, "web-1\n")

  unpinNamespaces(pod)
  unpinNamespaces(pod)
  assert.deepEqual(readdirSync(pod), [])
  assert.deepEqual(own(), before)
})

test("work that throws or is asynchronous still leaves this thread where it was", { skip }, () => {
  const before = own()
  const paths = createPinnedNamespaces(pod, ["net"])
  const failing = () => {
    throw new Error("inside")
  }
  assert.throws(() => enterNamespaces(paths, failing), /inside/)
  assert.throws(() => enterNamespaces(paths, async () => undefined), /must be synchronous/)
  assert.throws(() => enterNamespaces({ net: paths.net ?? "", uts: "/none" }, failing), { code: "ENOENT" })
  writeFileSync(join(dir, "plain"), "")
  assert.throws(() => enterNamespaces({ net: join(dir, "plain") }, failing), { code: "EINVAL", syscall: "setns" })
  assert.deepEqual(own(), before)
  unpinNamespaces(pod)
})

test("a plain file, as a reboot leaves it, is not a namespace and no obstacle", { skip }, () => {
  createPinnedNamespaces(pod, ["ipc"])
  unpinNamespaces(pod)
  writeFileSync(join(pod, "ipc"), "")
  assert.equal(isPinnedNamespace(join(pod, "ipc")), false)
  assert.equal(isPinnedNamespace(join(pod, "none")), false)
  createPinnedNamespaces(pod, ["ipc"])
  assert.equal(isPinnedNamespace(join(pod, "ipc")), true)
  unpinNamespaces(pod)
})

test("nothing is left when one of the namespaces cannot be made", { skip }, () => {
  const before = own()
  assert.throws(() => createPinnedNamespaces(pod, ["net", "uts"], { hostname: "x".repeat(65) }), {
    syscall: "sethostname",
  })
  assert.equal(existsSync(join(pod, "net")), false)
  assert.deepEqual(own(), before)
})

test("TCP and UDP work inside a pod's network namespace, and only there", { skip }, async () => {
  const { net } = createPinnedNamespaces(pod, ["net"])
  for (const host of ["127.0.0.1", "::1"]) {
    const server = createServer((socket) => socket.end(`seen by ${socket.localAddress}`))
    server.listen({ fd: listenTcp(net, { host, port: 8081 }) })
    await once(server, "listening")
    assert.equal(await readAll(connectTcp(net, { host, port: 8081 })), `seen by ${host}`)
    await assert.rejects(readAll(connectTcp(net, { host, port: 8082 })), { code: "ECONNREFUSED" })
    await assert.rejects(readAll(connectTcp(undefined, { host, port: 8081 })), { code: "ECONNREFUSED" })
    assert.throws(() => listenTcp(net, { host, port: 8081 }), { code: "EADDRINUSE" })
    server.close()
  }
  const receiver = createSocket("udp4")
  receiver.bind({ fd: bindUdp(net, { host: "127.0.0.1", port: 5353 }) })
  const sender = createSocket("udp4")
  sender.bind({ fd: bindUdp(net, { host: "127.0.0.1", port: 0 }) })
  const received = once(receiver, "message")
  sender.send("ping", 5353, "127.0.0.1")
  assert.equal(String((await received)[0]), "ping")
  receiver.close()
  sender.close()
  unpinNamespaces(pod)
})

test("no thread of Node's pool is left in a pod", { skip }, () => {
  const tasks = readdirSync("/proc/self/task")
  const ids = new Set(tasks.map((task) => namespaceId(`/proc/self/task/${task}/ns/net`)))
  assert.deepEqual([...ids], [namespaceId("/proc/self/ns/net")])
})

async function readAll(socket: Socket): Promise<string> {
  socket.setEncoding("utf8")
  let text = ""
  for await (const chunk of socket) text += String(chunk)
  return text
}
