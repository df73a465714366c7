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
