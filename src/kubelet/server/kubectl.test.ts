import assert from "node:assert/strict"
import { createServer, type IncomingMessage } from "node:http"
import { request as sendTlsRequest } from "node:https"
import { type AddressInfo, connect as connectTcp } from "node:net"
import type { Duplex } from "node:stream"
import { text } from "node:stream/consumers"
import { after, before, test } from "node:test"
import { connect } from "node:tls"
import { readCapabilities } from "../../platform/linux/capabilities.ts"
import { createNodePlatform } from "../../platform/node/platform.ts"
import type { ChildHandle } from "../../platform/processes.ts"
import { createTestMachine } from "../../runtime/oci/testing/machine.ts"
import type { ContainerId, ContainerRuntime } from "../../runtime/runtime.ts"
import { clientCertificate, runningPod, startTestServer, type TestPod, type TestServer, testCa } from "./testing.ts"

/**
 * Stock kubectl, real containers, and between them the server under test. Where the API server would be stands a few
 * lines that pass requests on, upgrades as raw bytes.
 */
const { processes } = createNodePlatform()
const hasKubectl = (await processes.run("sh", ["-c", "command -v kubectl"])).code === 0
const isAble = readCapabilities().effective.has("SYS_ADMIN")
const skip = !hasKubectl ? "kubectl is missing" : !isAble && "containers need CAP_SYS_ADMIN"
/** A hung session must not hang the tests. */
const timeout = 30_000
const admin = clientCertificate("kube-apiserver-kubelet-client", ["system:masters"])
const children = new Set<ChildHandle>()
const SPDY = { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: "false", KUBECTL_PORT_FORWARD_WEBSOCKETS: "false" }

interface Stage {
  readonly runtime: ContainerRuntime
  readonly server: TestServer
  readonly api: ReturnType<typeof createServer>
  readonly copiesId: ContainerId
  readonly remove: () => Promise<void>
}
let stage: Stage | undefined

before(async () => {
  if (skip) return
  const machine = createTestMachine()
  const runtime = await machine.open()
  const fixture = machine.fixture(runtime)
  const copies = await fixture.started(["sh", "-c", "echo started; echo oops >&2; exec cat"], { stdin: true })
  const listens = await fixture.started(["nc", "-ll", "-p", "7000", "-e", "cat"])
  const shell = await fixture.started(["sh"], { stdin: true, tty: true })
  const entries = await Promise.all(
    Object.entries({ copies, listens, shell }).map(async ([name, { id, sandbox }]) => {
      const { logPath } = await runtime.containerStatus(id)
      return named(name, runningPod(id, sandbox, { logPath, tty: name === "shell" }))
    }),
  )
  const server = await startTestServer(runtime, entries)
  const api = createApi(server, entries)
  await new Promise<void>((resolve) => api.listen(0, "127.0.0.1", resolve))
  stage = { runtime, server, api, copiesId: copies.id, remove: machine.remove }
})

after(async () => {
  for (const child of children) child.kill("SIGKILL")
  stage?.api.closeAllConnections()
  stage?.api.close()
  await stage?.server.server.close()
  await stage?.runtime.close()
  await stage?.remove()
})

function named(name: string, entry: TestPod): TestPod {
  const metadata = { ...entry.pod.metadata, name, uid: `uid-${name}` }
  return { ...entry, pod: { ...entry.pod, metadata } }
}

const POD_PATH = /^\/api\/v1\/namespaces\/default\/pods\/([a-z]+)(?:\/([a-z]+))?$/
const podResource = { name: "pods", singularName: "pod", namespaced: true, kind: "Pod", verbs: ["get"] }
const discovery = new Map<string, unknown>([
  ["/api", { kind: "APIVersions", versions: ["v1"] }],
  ["/apis", { kind: "APIGroupList", apiVersion: "v1", groups: [] }],
  ["/api/v1", { kind: "APIResourceList", groupVersion: "v1", resources: [podResource] }],
])

/** The kubelet's path for a request to a pod's subresource. */
function kubeletPath(url: URL): string {
  const [, name, subresource] = POD_PATH.exec(url.pathname) ?? []
  if (subresource === "log") return `/containerLogs/default/${name}/main?${url.searchParams}`
  if (subresource === "portforward") return `/portForward/default/${name}?${url.searchParams}`
  const query = new URLSearchParams(url.searchParams.getAll("command").map((word) => ["command", word]))
  const names = { stdin: "input", stdout: "output", stderr: "error", tty: "tty" }
  for (const [from, to] of Object.entries(names)) if (url.searchParams.get(from) === "true") query.set(to, "1")
  return `/${subresource}/default/${name}/main?${query}`
}

function createApi(server: TestServer, entries: readonly TestPod[]) {
  const address = { host: server.server.address, port: server.server.port, ca: testCa.cert, ...admin }
  const api = createServer((request, response) => {
    const url = new URL(request.url ?? "", "http://api")
    const [, name, subresource] = POD_PATH.exec(url.pathname) ?? []
    const pod = entries.find((entry) => entry.pod.metadata.name === name)?.pod
    const found = discovery.get(url.pathname) ?? (subresource === undefined ? pod : undefined)
    response.setHeader("content-type", "application/json")
    if (found !== undefined) return void response.end(JSON.stringify(found))
    if (subresource === undefined) return void response.writeHead(404).end()
    const passed = sendTlsRequest({ ...address, path: kubeletPath(url), agent: false })
    passed.on("response", (answer: IncomingMessage) => {
      const { statusCode: code = 500 } = answer
      response.writeHead(code)
      if (code < 400) return void answer.pipe(response)
      void text(answer).then((message) =>
        response.end(JSON.stringify({ kind: "Status", apiVersion: "v1", status: "Failure", message, code })),
      )
    })
    response.on("close", () => passed.destroy())
    passed.on("error", () => response.destroy())
    passed.end()
  })
  api.on("upgrade", (request: IncomingMessage, client: Duplex, head: Buffer) => {
    const kubelet = connect(address)
    const path = kubeletPath(new URL(request.url ?? "", "http://api"))
    const headers = request.rawHeaders.flatMap((value, at) =>
      at % 2 === 0 ? [`${value}: ${request.rawHeaders[at + 1]}`] : [],
    )
    kubelet.write(`${[`${request.method} ${path} HTTP/1.1`, ...headers].join("\r\n")}\r\n\r\n`)
    kubelet.write(head)
    kubelet.pipe(client).pipe(kubelet)
    for (const socket of [kubelet, client])
      socket.on("error", () => [kubelet, client].forEach((each) => each.destroy()))
  })
  return api
}

/** Options for every kubectl; they also keep it from the user's own files. */
function serverOptions(): string[] {
  assert(stage !== undefined)
  const { port } = stage.api.address() as AddressInfo
  return ["--server", `http://127.0.0.1:${port}`, "--cache-dir", "/nonexistent", "--kubeconfig", "/dev/null"]
}

function kubectl(args: readonly string[], env: Record<string, string> = {}): ChildHandle {
  const PATH = process.env["PATH"] ?? ""
  const child = processes.spawn("kubectl", [...serverOptions(), ...args], {
    env: { PATH, HOME: "/nonexistent", ...env },
  })
  children.add(child)
  void child.exited.finally(() => children.delete(child)).catch(() => undefined)
  return child
}

async function run(args: readonly string[], env: Record<string, string>, input?: string | Buffer) {
  const child = kubectl(args, env)
  child.stdin?.end(input)
  const [out, err, { code }] = await Promise.all([
    child.stdout ? text(child.stdout) : "",
    child.stderr ? text(child.stderr) : "",
    child.exited,
  ])
  return { out, err, code }
}

for (const [name, env] of [
  ["WebSocket", {}],
  ["SPDY", SPDY],
] as const) {
  test(`kubectl exec over ${name}`, { skip, timeout }, async () => {
    const spoken = await run(["exec", "copies", "--", "sh", "-c", "echo out; echo err >&2; exit 7"], env)
    assert.deepEqual(spoken, { out: "out\n", err: "err\ncommand terminated with exit code 7\n", code: 7 })
    const input = "0123456789".repeat(200_000)
    const copied = await run(["exec", "-i", "copies", "--", "cat"], env, input)
    assert.equal(copied.out.length, input.length)
    assert.deepEqual([copied.out === input, copied.err, copied.code], [true, "", 0])
  })

  test(`kubectl exec with a terminal over ${name}`, { skip, timeout }, async () => {
    // `script` gives kubectl a terminal of its own, whose size must reach the command.
    const words =
      'stty rows 33 cols 77; exec kubectl $ARGS exec -it shell -- sh -c \'until [ "$(stty size 2>/dev/null)" = "33 77" ]; do :; done; tty; read -r code; exit $code\''
    const ARGS = serverOptions().join(" ")
    const child = processes.spawn("script", ["-qec", words, "/dev/null"], {
      env: { PATH: process.env["PATH"] ?? "", HOME: "/nonexistent", ARGS, ...env },
      stdio: ["pipe", "pipe", "pipe"],
    })
    let out = ""
    child.stdout?.on("data", (chunk: Buffer) => {
      // What the command asks for is typed once it has said where it is.
      if (!out.includes("\n") && chunk.includes("\n")) child.stdin?.write("5\n")
      out += chunk.toString()
    })
    assert.equal((await child.exited).code, 5)
    assert.match(out, /^\/dev\/\S+\r\n5\r\n/)
  })

  test(`kubectl attach over ${name}`, { skip, timeout }, async () => {
    const child = kubectl(["attach", "-i", "copies", "-q"], env)
    const seen = Promise.withResolvers<void>()
    let out = ""
    child.stdout?.on("data", (chunk: Buffer) => {
      out += chunk.toString()
      if (out.includes("typed")) seen.resolve()
    })
    child.stdin?.write("typed\n")
    await seen.promise
    child.kill("SIGKILL")
    await child.exited
  })

  test(`kubectl port-forward over ${name}`, { skip, timeout }, async () => {
    const child = kubectl(["port-forward", "pod/listens", ":7000"], env)
    const port = await new Promise<number>((resolve) => {
      let out = ""
      child.stdout?.on("data", (chunk: Buffer) => {
        out += chunk.toString()
        const [, found] = /Forwarding from 127\.0\.0\.1:(\d+) -> 7000\n/.exec(out) ?? []
        if (found !== undefined) resolve(Number(found))
      })
    })
    const talk = async (words: string) => {
      const socket = connectTcp(port, "127.0.0.1")
      socket.end(words)
      return text(socket)
    }
    const words = ["one", "two".repeat(100_000), "three"]
    assert.deepEqual(await Promise.all(words.map(talk)), words)
    child.kill("SIGKILL")
    await child.exited
  })
}

test("kubectl logs, with its options", { skip, timeout }, async () => {
  assert.deepEqual(
    (await run(["logs", "copies"], {})).out
      .split("\n")
      .sort()
      .filter((line) => line !== "typed"),
    ["", "oops", "started"],
  )
  assert.match((await run(["logs", "copies", "--timestamps", "--tail=1"], {})).out, /^\d{4}-\d\d-\d\dT\S+Z \w+\n$/)
  const previous = await run(["logs", "copies", "--previous"], {})
  assert.match(previous.err, /previous terminated container "main" in pod "copies" not found/)
})

test("kubectl logs -f shows lines as they come and ends with the container", { skip, timeout }, async () => {
  const child = kubectl(["logs", "-f", "copies"])
  let out = ""
  const seen = Promise.withResolvers<void>()
  child.stdout?.on("data", (chunk: Buffer) => {
    out += chunk.toString()
    if (out.includes("fresh\n")) seen.resolve()
  })
  const typing = kubectl(["attach", "-i", "copies", "-q"])
  typing.stdin?.write("fresh\n")
  await seen.promise
  assert(stage !== undefined)
  await stage.runtime.stopContainer(stage.copiesId, 0)
  assert.equal((await child.exited).code, 0)
  await typing.exited
})
