import assert from "node:assert/strict"
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { code, type Fixture, ownNamespaces } from "../conformance/fixture.ts"
import type { ContainerRuntime } from "../runtime.ts"
import { createTestMachine, readLog } from "./testing/machine.ts"

const machine = createTestMachine()
let runtime: ContainerRuntime
let fixture: Fixture
before(async () => {
  // Root of the namespace must find the way to the container's files.
  chmodSync(machine.root, 0o711)
  runtime = await machine.open()
  fixture = machine.fixture(runtime)
})
after(() => machine.remove())

const ids = [{ hostId: 3_000_000_000, containerId: 0, length: 65_536 }]
const namespaceOptions = { ...ownNamespaces, userns: { mode: "POD", uids: ids, gids: ids } } as const
const script = [
  "exec 2>&1; tr -s ' ' < /proc/self/uid_map",
  "stat -c '%u:%g' / /bin/sh /data/theirs /etc/resolv.conf /dev/shm",
  "cat /proc/sys/net/ipv4/ip_unprivileged_port_start",
  "touch /data/ours /ours && stat -c %u /data/ours /ours",
].join("; ")

describe("a user namespace", () => {
  for (const handler of ["crun", "runc"]) {
    it(`makes root of the container nobody outside, and files keep their owners (${handler})`, async () => {
      const pod = fixture.pod()
      const sysctls = { "net.ipv4.ip_unprivileged_port_start": "80" }
      const linux = { ...pod.linux, sysctls, securityContext: { namespaceOptions } }
      const sandbox = await runtime.runPodSandbox({ ...pod, linux }, handler)
      const host = join(machine.root, `volume-${handler}`)
      mkdirSync(host)
      writeFileSync(join(host, "theirs"), "")
      chownSync(join(host, "theirs"), 1000, 1000)
      const config = fixture.container(["sh", "-c", script], {
        logPath: "c/0.log",
        mounts: [{ hostPath: host, containerPath: "/data", readonly: false, propagation: "PRIVATE" }],
      })
      const securityContext = { ...config.linux.securityContext, namespaceOptions }
      const id = await runtime.createContainer(sandbox, { ...config, linux: { ...config.linux, securityContext } })
      await runtime.startContainer(id)
      const { logPath } = await fixture.ended(id)
      const printed = readLog(logPath).map(({ text }) => text.trimEnd())
      const owners = ["0:0", "0:0", "1000:1000", "0:0", "0:0"]
      assert.deepEqual(printed, [" 0 3000000000 65536", ...owners, "80", "0", "0"])
      assert.equal(statSync(join(host, "ours")).uid, 0)
      await runtime.removePodSandbox(sandbox)
      assert.equal(readFileSync("/proc/self/mountinfo", "utf8").includes(host), false)
      assert.ok(existsSync(join(host, "ours")))
    })
  }

  it("has to have a root", async () => {
    const pod = fixture.pod()
    const headless = [{ hostId: 1000, containerId: 1, length: 100_000 }]
    const options = { ...ownNamespaces, userns: { mode: "POD", uids: headless, gids: headless } } as const
    const linux = { ...pod.linux, securityContext: { namespaceOptions: options } }
    await assert.rejects(runtime.runPodSandbox({ ...pod, linux }), code("InvalidArgument"))
    assert.deepEqual(machine.leftovers(), [])
  })
})
