/**
 * The server side of the `api` bench, a process of its own: `full` is the whole API server on SQLite; `bare` is HTTP/2
 * over TLS in front of the same store, without anything that makes it Kubernetes; `scheduled` is the API server with the
 * scheduler. Prints one JSON line when it listens: port, CA and client certificate. Answers `usage` on standard input with its CPU time and memory.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { createSecureServer, type ServerHttp2Stream } from "node:http2"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { buffer } from "node:stream/consumers"
import { builtinResources, subresourceKinds } from "../../src/api/all.ts"
import { startKubeApiServer } from "../../src/apiserver/kube-apiserver.ts"
import { startDefaultScheduler } from "../../src/cmd/server/control-plane.ts"
import { ensurePki } from "../../src/pki/pki.ts"
import { createNodePlatform } from "../../src/platform/node/platform.ts"
import { openSqliteStore } from "../../src/store/sqlite/sqlite-store.ts"

const kind = process.argv[2] ?? "full"
const platform = createNodePlatform({ logLevel: "error" })
const folder = mkdtempSync(join(process.env["BENCH_DIR"] ?? tmpdir(), "gantry-bench-api-"))
const pki = ensurePki({
  dir: join(folder, "pki"),
  platform,
  clusterName: "bench",
  apiAddresses: [],
  serviceIp: "10.96.0.1",
})
const store = await openSqliteStore({ path: join(folder, "store.db"), platform })
const port = kind === "bare" ? await startBare() : await startFull()
const { ca, admin } = pki
console.log(JSON.stringify({ port, ca: ca.cert, cert: admin.cert, key: admin.key }))

createInterface({ input: process.stdin }).on("line", (line) => {
  if (line === "usage") {
    const { user, system } = process.cpuUsage()
    console.log(JSON.stringify({ cpuMs: (user + system) / 1000, rss: process.memoryUsage.rss() }))
  } else {
    rmSync(folder, { recursive: true, force: true })
    process.exit(0)
  }
})

async function startFull(): Promise<number> {
  const server = await startKubeApiServer({
    store,
    platform,
    resources: builtinResources,
    subresourceKinds,
    pki,
    listen: { host: "127.0.0.1", port: 0 },
    advertiseAddress: "192.0.2.1",
    serviceCidr: "10.96.0.0/16",
    version: { kubernetes: "v1.36.0", program: "bench" },
  })
  if (kind === "scheduled") startDefaultScheduler({ call: server.call, platform, signal: new AbortController().signal })
  return server.port
}

/** POST stores the body under a new key, GET answers with it, PATCH reads, parses, merges one member and stores. */
function startBare(): Promise<number> {
  const values = new Map<string, Buffer>()
  const serve = async (stream: ServerHttp2Stream, method: string, path: string) => {
    const body = method === "GET" ? undefined : await buffer(stream)
    if (method === "POST" && body !== undefined) {
      const { metadata } = JSON.parse(body.toString()) as { metadata: { name: string } }
      await put(`${path}/${metadata.name}`, body)
      answer(stream, body)
    } else if (method === "PATCH" && body !== undefined) {
      const object = JSON.parse((values.get(path) ?? Buffer.from("{}")).toString()) as object
      const changed = Buffer.from(JSON.stringify({ ...object, patch: JSON.parse(body.toString()) as unknown }))
      await put(path, changed)
      answer(stream, changed)
    } else answer(stream, values.get(path) ?? Buffer.from("{}"))
  }
  const put = async (key: string, value: Buffer) => {
    await store.txn({ compare: [], success: [{ type: "put", key, value }] })
    values.set(key, value)
  }
  const answer = (stream: ServerHttp2Stream, body: Buffer) => {
    stream.respond({ ":status": 200, "content-type": "application/json", "content-length": body.length })
    stream.end(body)
  }
  const { cert, key } = pki.serving
  const server = createSecureServer({ cert, key, ca: pki.ca.cert, requestCert: true })
  server.on("stream", (stream, headers) => {
    void serve(stream as ServerHttp2Stream, headers[":method"] ?? "GET", headers[":path"] ?? "/")
  })
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port))
  })
}
