import type { IncomingMessage, ServerResponse } from "node:http"
import { createServer } from "node:https"
import type { AddressInfo } from "node:net"
import type { Duplex } from "node:stream"
import { makeCertificate } from "../../pki/certificate.ts"
import type { Platform } from "../../platform/platform.ts"

/** An extension server over TLS that trusts the front proxy's CA alone. For this folder's tests. */
export interface TestExtension {
  readonly port: number
  /** PEM in base64. */
  readonly caBundle: string
  readonly requests: readonly SeenRequest[]
  close(): Promise<void>
}

export interface SeenRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly groups: readonly string[]
  readonly body: string
}

const GROUP = "toys.example.com"
export const RESOURCES = {
  kind: "APIResourceList",
  apiVersion: "v1",
  groupVersion: `${GROUP}/v1`,
  resources: [
    { name: "dolls", singularName: "doll", namespaced: true, kind: "Doll", verbs: ["get", "list"], shortNames: ["dl"] },
    { name: "dolls/status", singularName: "", namespaced: true, kind: "Doll", verbs: ["get"] },
  ],
}
const kind = { group: "", version: "", kind: "Doll" }
const DOLLS = {
  resource: "dolls",
  responseKind: kind,
  scope: "Namespaced",
  singularResource: "doll",
  verbs: ["get", "list"],
  shortNames: ["dl"],
  subresources: [{ subresource: "status", responseKind: kind, verbs: ["get"] }],
}
export const AGGREGATED = {
  kind: "APIGroupDiscoveryList",
  items: [
    { metadata: { name: GROUP }, versions: [{ version: "v1", resources: [DOLLS], freshness: "Current" }] },
    { metadata: { name: "apps" }, versions: [{ version: "v1", resources: [], freshness: "Current" }] },
  ],
}
export const V2 = {
  swagger: "2.0",
  paths: { [`/apis/${GROUP}/v1/dolls`]: { get: { responses: { 200: { schema: { $ref: "#/definitions/doll" } } } } } },
  definitions: { doll: { type: "object", description: "A toy." }, other: { type: "object" } },
}
const V3_PATH = `/openapi/v3/apis/${GROUP}/v1`

export interface TestExtensionOptions {
  readonly platform: Platform
  /** PEM. */
  readonly frontProxyCa: string
  /** What its certificate is for. */
  readonly host: string
  /** 0: any free one. */
  readonly port?: number
}

export async function startTestExtension(options: TestExtensionOptions): Promise<TestExtension> {
  const { platform, frontProxyCa, host } = options
  const validMs = 3_600_000
  const ca = makeCertificate({ commonName: "toys-ca", usage: "ca", validMs }, undefined, platform)
  const serving = makeCertificate({ commonName: "toys", hosts: [host], usage: "server", validMs }, ca, platform)
  const tls = { cert: serving.cert, key: serving.key, ca: frontProxyCa, requestCert: true, rejectUnauthorized: true }
  const requests: SeenRequest[] = []
  const server = createServer(tls, (request, response) => void serve(request, response))
  server.on("upgrade", (request: IncomingMessage, socket: Duplex) => {
    requests.push(seen(request, ""))
    socket.write("HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: echo\r\n\r\n")
    socket.pipe(socket)
  })
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, "127.0.0.1", resolve))
  return {
    port: (server.address() as AddressInfo).port,
    caBundle: Buffer.from(ca.cert).toString("base64"),
    requests,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = Buffer.concat(await request.toArray()).toString()
    requests.push(seen(request, body))
    const url = new URL(request.url ?? "/", "https://extension")
    const json = (code: number, value: unknown, type = "application/json") =>
      response.writeHead(code, { "content-type": type, "x-from": "toys" }).end(JSON.stringify(value))
    switch (url.pathname) {
      case "/apis":
        return void json(200, AGGREGATED, "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList")
      case `/apis/${GROUP}/v1`:
        return void json(200, RESOURCES)
      case "/openapi/v2":
        return void json(200, V2)
      case "/openapi/v3": {
        const own = { [V3_PATH.slice("/openapi/v3/".length)]: { serverRelativeURL: `${V3_PATH}?hash=ABC` } }
        return void json(200, { paths: { ...own, "apis/apps/v1": { serverRelativeURL: "/stolen" } } })
      }
      case V3_PATH:
        return void json(200, { openapi: "3.0.0" })
      case `/apis/${GROUP}/v1/dolls`:
        if (!url.searchParams.has("watch")) return void json(200, { kind: "DollList", items: [] })
        response.writeHead(200, { "content-type": "application/json" })
        return void response.write(`{"type":"ADDED","object":{"kind":"Doll","metadata":{"name":"a"}}}\n`)
      case `/apis/${GROUP}/v1/namespaces/default/dolls`:
        return void json(request.method === "POST" ? 201 : 200, { kind: "Doll", got: JSON.parse(body) as unknown })
      case `/apis/${GROUP}/v1/namespaces/default/dolls/moved`:
        return void response.writeHead(307, { location: "https://elsewhere.example.com/" }).end()
      case `/apis/${GROUP}/v1/namespaces/default/dolls/slow`:
        return
      default:
        return void json(404, {
          kind: "Status",
          status: "Failure",
          reason: "NotFound",
          message: "no such toy",
          code: 404,
        })
    }
  }
}

function seen(request: IncomingMessage, body: string): SeenRequest {
  const { method = "", url = "", headers, headersDistinct } = request
  return { method, url, headers, groups: headersDistinct["x-remote-group"] ?? [], body }
}
