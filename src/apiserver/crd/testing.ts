import { mkdtempSync, rmSync } from "node:fs"
import { type ClientHttp2Session, connect } from "node:http2"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Pki } from "../../pki/pki.ts"
import { createNodePlatform } from "../../platform/node/platform.ts"
import { createMemoryStore } from "../../store/memory/memory-store.ts"
import type { Store } from "../../store/store.ts"
import type { KubeApiServer } from "../kube-apiserver.ts"
import { startTestKubeApiServer, testPki } from "../testing/kube-apiserver.ts"

/** A whole API server with real TLS on a memory store, and what tests ask it. For this folder's tests. */
export interface TestCluster {
  readonly server: KubeApiServer
  readonly pki: Pki
  readonly dir: string
  send(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Reply>
  /** Follows a watch until `count` events have come. */
  watch(path: string, count: number): Promise<readonly { readonly type: string; readonly object: Json }[]>
  /** Asks again until the answer fits. Whoever waits for what never comes is ended by the test runner. */
  until(path: string, fits: (reply: Reply) => boolean): Promise<Reply>
  /** Another server over the same store, instead of this one. */
  restart(): Promise<void>
  close(): Promise<void>
}
export type Json = { readonly [member: string]: never } & Record<string, never>
export interface Reply {
  readonly code: number
  readonly body: Json
  readonly text: string
  readonly warnings: readonly string[]
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

export async function startTestCluster(): Promise<TestCluster> {
  const platform = createNodePlatform({ logLevel: "error" })
  const dir = mkdtempSync(join(tmpdir(), `gantry-crd-${process.pid}-`))
  const store: Store = createMemoryStore({ platform })
  const pki = testPki(dir, platform)
  const start = () =>
    startTestKubeApiServer({
      store,
      platform,
      pki,
    })
  const open = (port: number) =>
    connect(`https://127.0.0.1:${port}`, { ca: pki.ca.cert, cert: pki.admin.cert, key: pki.admin.key })
  let server = await start()
  let session = open(server.port)
  const send: TestCluster["send"] = (method, path, body, headers = {}) => request(session, method, path, body, headers)
  return {
    get server() {
      return server
    },
    pki,
    dir,
    send,
    watch: (path, count) => watchEvents(session, path, count),
    until: async (path, fits) => {
      for (;;) {
        const reply = await send("GET", path)
        if (fits(reply)) return reply
      }
    },
    restart: async () => {
      session.close()
      await server.close(0)
      server = await start()
      session = open(server.port)
    },
    close: async () => {
      session.close()
      await server.close(0)
      await store.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

function request(
  session: ClientHttp2Session,
  method: string,
  path: string,
  body: unknown,
  headers: Readonly<Record<string, string>>,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const type = body === undefined ? {} : { "content-type": "application/json" }
    const stream = session.request(
      { ":method": method, ":path": path, ...type, ...headers },
      { endStream: body === undefined },
    )
    let head: Reply["headers"] = {}
    const chunks: Buffer[] = []
    stream.on("response", (received) => {
      head = received as Reply["headers"]
    })
    stream.on("data", (chunk: Buffer) => chunks.push(chunk))
    stream.on("error", reject)
    stream.on("end", () => {
      const text = Buffer.concat(chunks).toString()
      const isJson = String(head["content-type"]).startsWith("application/json")
      const warning = head["warning"]
      resolve({
        code: Number(head[":status"]),
        body: isJson ? JSON.parse(text) : {},
        text,
        warnings: warning === undefined ? [] : typeof warning === "string" ? warning.split(/, (?=299 )/) : warning,
        headers: head,
      })
    })
    if (body !== undefined) stream.end(typeof body === "string" ? body : JSON.stringify(body))
  })
}

function watchEvents(session: ClientHttp2Session, path: string, count: number): ReturnType<TestCluster["watch"]> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ":method": "GET", ":path": path })
    let text = ""
    stream.on("data", (chunk: Buffer) => {
      text += chunk.toString()
      const lines = text.split("\n").slice(0, -1)
      if (lines.length < count) return
      stream.close()
      resolve(lines.slice(0, count).map((line) => JSON.parse(line)))
    })
    stream.on("error", reject)
    stream.on("end", () =>
      resolve(
        text
          .split("\n")
          .slice(0, -1)
          .map((line) => JSON.parse(line)),
      ),
    )
  })
}

/** A definition in group `example.com` whose versions have the given members. */
export function definition(
  kind: string,
  options: { readonly versions?: readonly object[]; readonly spec?: object; readonly names?: object } = {},
) {
  const plural = `${kind.toLowerCase()}s`
  const { versions = [{}] } = options
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.example.com` },
    spec: {
      group: "example.com",
      scope: "Namespaced",
      names: { plural, kind, ...options.names },
      versions: versions.map((version, index) => ({
        name: `v${index + 1}`,
        served: true,
        storage: index === 0,
        schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
        ...version,
      })),
      ...options.spec,
    },
  }
}

export const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"

/** Creates a definition and waits until it is established. */
export async function establish(cluster: TestCluster, made: ReturnType<typeof definition>): Promise<Reply> {
  const created = await cluster.send("POST", DEFINITIONS, made)
  if (created.code !== 201) throw new Error(created.text)
  return cluster.until(`${DEFINITIONS}/${made.metadata.name}`, ({ body }) => isEstablished(body))
}

export function conditionsOf(body: Json): readonly { readonly type: string; readonly status: string }[] {
  return (body["status"]?.["conditions"] ?? []) as never
}

export function isEstablished(body: Json): boolean {
  return conditionsOf(body).some(({ type, status }) => type === "Established" && status === "True")
}
