import assert from "node:assert/strict"
import { execFile } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { createNodePlatform } from "../../../platform/node/platform.ts"
import type { PodNetworkRequest } from "../../../runtime/pod-network.ts"
import { installPlugin, otherNetwork, uninstallPlugin } from "./install-plugin.ts"
import { type AttachmentServer, serveAttachments } from "./serve-attachments.ts"

/** The plugin as a runtime finds and calls it. */
const folder = mkdtempSync(join(tmpdir(), "gantry-as-plugin-"))
const places = { confDir: join(folder, "net.d"), binDir: join(folder, "bin") }
const socketPath = join(folder, "run/cni.sock")
const record = join(folder, "installed.json")
const program = join(import.meta.dirname, "../../../cmd/agent/cni-plugin.ts")
const command = [process.execPath, "--disable-warning=ExperimentalWarning", program]
const install = () => installPlugin({ ...places, name: "gantry-test", socketPath, command, record })

const asked: PodNetworkRequest[] = []
let isReady = true
let server: AttachmentServer

before(async () => {
  const { log } = createNodePlatform({ logLevel: "error" })
  server = await serveAttachments({
    socketPath,
    log: log.with({}),
    factsOf: (uid) => (uid === "uid-1" ? { labels: { app: "web" }, annotations: { a: "b" } } : undefined),
    network: {
      async setUp(request) {
        asked.push(request)
        if (request.name === "full") throw new Error("no address is left")
        return { ips: ["10.1.2.3", "fd00::3"] }
      },
      async tearDown(request) {
        asked.push(request)
      },
      status: async () => ({
        ready: isReady,
        reason: isReady ? "" : "x",
        message: isReady ? "" : "the bridge is down",
      }),
    },
  })
})
after(() => {
  server.close()
  rmSync(folder, { recursive: true })
})

/** What the plugin prints, and its exit code. */
function call(CNI_COMMAND: string, args: Readonly<Record<string, string>> = {}, runtimeConfig: object = {}) {
  const { plugins, ...network } = JSON.parse(readFileSync(join(places.confDir, "10-gantry-test.conflist"), "utf8"))
  const env = { ...process.env, CNI_COMMAND, ...args }
  return new Promise<{ readonly code: unknown; readonly printed: unknown }>((resolve) => {
    const child = execFile(join(places.binDir, plugins[0].type), { env }, (error, stdout) =>
      resolve({ code: error?.code ?? 0, printed: stdout === "" ? undefined : JSON.parse(stdout) }),
    )
    child.stdin?.end(JSON.stringify({ ...network, ...plugins[0], runtimeConfig }))
  })
}

const pod = (name: string) => ({
  CNI_CONTAINERID: "box",
  CNI_NETNS: "/run/netns/x",
  CNI_IFNAME: "eth0",
  CNI_ARGS: `IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=${name};K8S_POD_UID=uid-1`,
})

test("a pod is wired with what CNI tells, and with what the agent knows besides", async () => {
  install()
  // As containerd writes it.
  const portMappings = [{ HostPort: 8080, ContainerPort: 80, Protocol: "udp", HostIP: "127.0.0.1" }]
  const { code, printed } = await call("ADD", pod("web"), { portMappings })
  assert.deepEqual(
    [code, printed],
    [
      0,
      {
        cniVersion: "1.0.0",
        interfaces: [{ name: "eth0", sandbox: "/run/netns/x" }],
        ips: [
          { address: "10.1.2.3/32", interface: 0 },
          { address: "fd00::3/128", interface: 0 },
        ],
      },
    ],
  )
  assert.deepEqual(asked.at(-1), {
    sandboxId: "box",
    netnsPath: "/run/netns/x",
    interfaceName: "eth0",
    namespace: "default",
    name: "web",
    podUid: "uid-1",
    labels: { app: "web" },
    annotations: { a: "b" },
    portMappings: [{ protocol: "UDP", containerPort: 80, hostPort: 8080, hostIp: "127.0.0.1" }],
  })
})

test("failures are plugins' failures", async () => {
  install()
  assert.deepEqual(await call("ADD", pod("full")), {
    code: 1,
    printed: { cniVersion: "1.0.0", code: 100, msg: "no address is left" },
  })
  assert.deepEqual(await call("DEL", pod("web")), { code: 0, printed: undefined })
  assert.deepEqual(await call("STATUS"), { code: 0, printed: undefined })
  isReady = false
  assert.deepEqual(await call("STATUS"), {
    code: 1,
    printed: { cniVersion: "1.0.0", code: 50, msg: "the bridge is down" },
  })
})

test("nothing of others is replaced or removed", () => {
  uninstallPlugin(record)
  writeFileSync(join(places.binDir, "loopback"), "theirs")
  assert.equal(otherNetwork(places.confDir, "gantry-test"), undefined)
  install()
  assert.equal(otherNetwork(places.confDir, "gantry-test"), undefined)
  assert.equal(otherNetwork(places.confDir, "another"), "10-gantry-test.conflist")
  uninstallPlugin(record)
  assert.deepEqual(readdirSync(places.binDir), ["loopback"])
  assert.deepEqual(readdirSync(places.confDir), [])
  rmSync(join(places.binDir, "loopback"))
  install()
  install()
  assert.deepEqual(readdirSync(places.binDir).sort(), ["gantry-test", "loopback"])
  uninstallPlugin(record)
  assert.deepEqual(readdirSync(places.binDir), [])
  mkdirSync(join(places.confDir, "folder"))
  assert.equal(otherNetwork(places.confDir, "gantry-test"), undefined)
})
