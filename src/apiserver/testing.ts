import { mkdtempSync, rmSync } from "node:fs"
import { type ClientHttp2Session, connect } from "node:http2"
import { request } from "node:https"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ensurePki, type Pki } from "../pki/pki.ts"
import { createNodePlatform } from "../platform/node/platform.ts"
import type { ApiCall, ApiResult, Authorizer, CallHandler, ServedObject } from "./call.ts"
import { type ApiServer, type ApiServerOptions, createApiServer } from "./server.ts"

/** A running server with real TLS for this component's own tests. */

export interface TestServer {
  readonly url: string
  readonly port: number
  readonly pki: Pki
  /** Where the certificates are, to start another server with the same ones. */
  readonly dir: string
  readonly server: ApiServer
  readonly calls: ApiCall[]
  close(): Promise<void>
}

const allowAll: Authorizer = { authorize: () => ({ allowed: true }) }

/** A config map as the back would hand it over. */
export function served(name: string, extra: object = {}): ServedObject {
  const object = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, uid: `uid-${name}`, resourceVersion: "7", creationTimestamp: "2026-01-01T00:00:00Z" },
    ...extra,
  }
  return { object, json: () => Buffer.from(JSON.stringify(object)) }
}

export async function startTestServer(
  resources: CallHandler,
  options: Partial<ApiServerOptions> = {},
  where: { readonly port?: number; readonly dir?: string } = {},
): Promise<TestServer> {
  const platform = createNodePlatform({ logLevel: "error" })
  const dir = where.dir ?? mkdtempSync(join(tmpdir(), `gantry-apiserver-${process.pid}-`))
  const pki = ensurePki({ dir, platform, clusterName: "test", apiAddresses: [], serviceIp: "10.96.0.1" })
  const calls: ApiCall[] = []
  const server = createApiServer({
    platform,
    serving: pki.serving,
    clientCa: [pki.ca.cert],
    tokens: [],
    authorizer: allowAll,
    resources: (call): Promise<ApiResult> => {
      calls.push(call)
      return resources(call)
    },
    paths: new Map(),
    checks: [],
    ...options,
  })
  const { port } = await server.listen(where.port ?? 0)
  return {
    url: `https://127.0.0.1:${port}`,
    port,
    pki,
    dir,
    server,
    calls,
    close: async () => {
      await server.close(200)
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

export interface Answer {
  readonly code: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
  readonly bytes: Buffer
}
export interface Sent {
  readonly method?: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string | string[]>>
  readonly body?: string | Buffer
}

/** A session with the admin's certificate, or without any. */
export function openSession(test: TestServer, identity: "admin" | "none" = "admin"): ClientHttp2Session {
  const certificate = identity === "admin" ? { cert: test.pki.admin.cert, key: test.pki.admin.key } : {}
  return connect(test.url, { ca: test.pki.ca.cert, ...certificate })
}

export function sendH2(
  session: ClientHttp2Session,
  { method = "GET", path, headers = {}, body }: Sent,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ":method": method, ":path": path, ...headers }, { endStream: body === undefined })
    let code = 0
    let received: Answer["headers"] = {}
    const chunks: Buffer[] = []
    stream.on("response", (head) => {
      code = head[":status"] ?? 0
      received = head
    })
    stream.on("data", (chunk: Buffer) => chunks.push(chunk))
    stream.on("end", () => resolve({ code, headers: received, ...bodyOf(chunks) }))
    stream.on("error", reject)
    if (body !== undefined) stream.end(body)
  })
}

export function sendH1(test: TestServer, { method = "GET", path, headers = {}, body }: Sent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { ca, admin } = test.pki
    const options = { host: "127.0.0.1", port: test.port, method, path, headers, agent: false as const }
    const sent = request({ ...options, ca: ca.cert, cert: admin.cert, key: admin.key }, (response) => {
      const chunks: Buffer[] = []
      response.on("data", (chunk: Buffer) => chunks.push(chunk))
      response.on("end", () =>
        resolve({ code: response.statusCode ?? 0, headers: response.headers, ...bodyOf(chunks) }),
      )
      response.on("error", reject)
    })
    sent.on("error", reject)
    sent.end(body)
  })
}

function bodyOf(chunks: readonly Buffer[]): Pick<Answer, "body" | "bytes"> {
  const bytes = Buffer.concat(chunks)
  return { body: bytes.toString(), bytes }
}
