import assert from "node:assert/strict"
import { createServer as createHttp } from "node:http"
import { createServer as createHttp2, type ServerHttp2Stream } from "node:http2"
import type { AddressInfo, Server } from "node:net"
import { test } from "node:test"
import type { Probe } from "../../api/core/v1/handlers.ts"
import { createNodePlatform } from "../../platform/node/platform.ts"
import type { ContainerId } from "../../runtime/runtime.ts"
import { containerOf } from "../testing/pods.ts"
import { runProbe } from "./run-probe.ts"
import { afterOutcome, initialState } from "./threshold.ts"

const { clock } = createNodePlatform({ logLevel: "error" })
const runtime = { execSync: () => Promise.reject(new Error("not asked for")) }
const specOf = (spec: object) =>
  ({ failureThreshold: 3, successThreshold: 1, periodSeconds: 10, timeoutSeconds: 1, ...spec }) as Probe
const probe = (spec: object) =>
  runProbe({ runtime, clock }, specOf(spec), {
    container: containerOf("c"),
    id: "x" as ContainerId,
    podIp: "127.0.0.1",
  })

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return (server.address() as AddressInfo).port
}

test("HTTP: the status decides, redirects within the host are followed", async () => {
  const server = createHttp((request, response) => {
    const moved = { "/moved": "/ok", "/away": "http://elsewhere.example/" }[request.url ?? ""]
    response.writeHead(moved ? 302 : request.url === "/ok" ? 200 : 500, moved ? { location: moved } : {}).end("body")
  })
  const port = await listen(server)
  try {
    const get = (path: string) => probe({ httpGet: { path, port } })
    assert.equal((await get("/ok")).outcome, "success")
    assert.equal((await get("/moved")).outcome, "success")
    assert.equal((await get("/away")).outcome, "warning")
    assert.deepEqual(await get("/bad"), { outcome: "failure", output: "HTTP probe failed with statuscode: 500" })
    assert.equal((await probe({ tcpSocket: { port } })).outcome, "success")
  } finally {
    server.close()
  }
  const refused = `dial tcp 127.0.0.1:${port}: connect: connection refused`
  assert.deepEqual(await probe({ tcpSocket: { port } }), { outcome: "failure", output: refused })
  assert.deepEqual(await probe({ httpGet: { path: "/x", port } }), {
    outcome: "failure",
    output: `Get "http://127.0.0.1:${port}/x": ${refused}`,
  })
})

test("HTTP: what servers do that know no end", async () => {
  const server = createHttp((request, response) => {
    const { url = "" } = request
    if (url === "/endless") return void response.writeHead(200).write("x".repeat(100_000))
    if (url === "/nowhere") return void response.writeHead(302).end("body")
    response.writeHead(302, { location: "/round" }).end()
  })
  const port = await listen(server)
  try {
    const get = (path: string) => probe({ httpGet: { path, port } })
    const { outcome, output } = await get("/endless")
    assert.deepEqual([outcome, output.length], ["success", 10 * 1024])
    const stopped = 'Get "/round": stopped after 10 redirects'
    assert.deepEqual(await get("/round"), { outcome: "failure", output: stopped })
    const nowhere = "Probe terminated redirects, Response body: body"
    assert.deepEqual(await get("/nowhere"), { outcome: "warning", output: nowhere })
  } finally {
    server.closeAllConnections()
    server.close()
  }
})

test("HTTP: neither an answer nor a header ends more than the probe", async () => {
  const locations = new Map([
    ["/file", "ftp://127.0.0.1/"],
    ["/user", "http://%zz@127.0.0.1/"],
  ])
  const server = createHttp((request, response) => {
    response.writeHead(302, { location: locations.get(request.url ?? "") }).end()
  })
  const port = await listen(server)
  try {
    const unsupported = 'Get "ftp://127.0.0.1/": unsupported protocol scheme "ftp"'
    assert.deepEqual(await probe({ httpGet: { path: "/file", port } }), { outcome: "failure", output: unsupported })
    assert.equal((await probe({ httpGet: { path: "/user", port } })).outcome, "failure")
  } finally {
    server.close()
  }
  let armed = 0
  const counting = { monotonicMs: () => 0, after: () => ({ cancel: () => armed--, armed: armed++ }) }
  const spec = specOf({ httpGet: { path: "/", port, httpHeaders: [{ name: "X-One", value: "one\ntwo" }] } })
  const target = { container: containerOf("c"), id: "x" as ContainerId, podIp: "127.0.0.1" }
  const { outcome, output } = await runProbe({ runtime, clock: counting }, spec, target)
  assert.deepEqual([outcome, armed], ["failure", 0])
  assert.match(output, /^Get "http:\/\/127\.0\.0\.1:\d+\/": /)
})

test("HTTP: headers are sent as they are written, but for empty ones that have a default", async () => {
  let seen: NodeJS.Dict<string | string[]> = {}
  const server = createHttp((request, response) => {
    seen = request.headersDistinct
    response.end()
  })
  const port = await listen(server)
  const header = (name: string, value: string) => ({ name, value })
  try {
    const httpHeaders = [header("X-Two", "1"), header("X-Two", "2"), header("X-None", ""), header("Accept", "")]
    await probe({ httpGet: { path: "/", port, httpHeaders } })
    const { accept, "user-agent": agent, "x-none": none, "x-two": two } = seen
    assert.deepEqual([accept, agent, none, two], [undefined, ["kube-probe/1.36"], [""], ["1", "2"]])
  } finally {
    server.close()
  }
})

test("gRPC: what a failed call says", async () => {
  const server = createHttp2()
  let trailers = {}
  let asked = Buffer.alloc(0)
  server.on("stream", (stream: ServerHttp2Stream) => {
    stream.on("data", (chunk: Buffer) => (asked = Buffer.concat([asked, chunk])))
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true })
    stream.on("wantTrailers", () => stream.sendTrailers(trailers))
    stream.on("end", () => stream.end())
  })
  const port = await listen(server)
  try {
    trailers = { "grpc-status": "5", "grpc-message": "unknown%20service" }
    const service = "s".repeat(200)
    const unknown = "error: health rpc probe failed: rpc error: code = NotFound desc = unknown service"
    assert.deepEqual(await probe({ grpc: { port, service } }), { outcome: "failure", output: unknown })
    assert.deepEqual([...asked.subarray(0, 8)], [0, 0, 0, 0, 203, 0x0a, 200, 1])
    trailers = { "grpc-status": "12", "grpc-message": "none" }
    const none = "error: this server does not implement the grpc health protocol (grpc.health.v1.Health): none"
    assert.deepEqual(await probe({ grpc: { port } }), { outcome: "failure", output: none })
  } finally {
    server.close()
  }
  const late = `timeout: failed to connect service "127.0.0.1:${port}" within 1s: context deadline exceeded`
  assert.deepEqual(await probe({ grpc: { port } }), { outcome: "failure", output: late })
})

test("gRPC: an answer without end is not kept", async () => {
  const server = createHttp2()
  server.on("stream", (stream: ServerHttp2Stream) => {
    stream.on("error", () => undefined)
    stream.respond({ ":status": 200, "content-type": "application/grpc" })
    const piece = Buffer.alloc(1 << 20, 0x40)
    const send = () => stream.destroyed || stream.write(piece, send)
    send()
  })
  const port = await listen(server)
  try {
    const text = `grpc: received message larger than max (${0x40404040} vs. ${4 << 20})`
    const output = `error: health rpc probe failed: rpc error: code = ResourceExhausted desc = ${text}`
    assert.deepEqual(await probe({ grpc: { port } }), { outcome: "failure", output })
  } finally {
    server.close()
  }
})

test("gRPC: the health service decides", async () => {
  let status = 1
  const server = createHttp2()
  server.on("stream", (stream: ServerHttp2Stream) => {
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true })
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }))
    stream.end(Buffer.from([0, 0, 0, 0, 2, 0x08, status]))
  })
  const port = await listen(server)
  try {
    assert.equal((await probe({ grpc: { port } })).outcome, "success")
    status = 2
    const answer = await probe({ grpc: { port, service: "s" } })
    assert.deepEqual(answer, { outcome: "failure", output: 'service unhealthy (responded with "NOT_SERVING")' })
  } finally {
    server.close()
  }
})

test("results change only after enough equal outcomes in a row", () => {
  const spec = specOf({ successThreshold: 2 })
  const results = [true, true, false, false, true, false, false, false].reduce<string[]>((seen, succeeded) => {
    state = afterOutcome("readiness", spec, state, succeeded)
    return [...seen, state.result]
  }, [])
  assert.deepEqual(results, ["failure", "success", "success", "success", "success", "success", "success", "failure"])
})
let state = initialState("readiness")
