import type { IncomingMessage, ServerResponse } from "node:http"
import { createServer } from "node:https"
import type { AddressInfo } from "node:net"
import { buffer } from "node:stream/consumers"
import { type KeyedCertificate, makeCertificate } from "../../pki/certificate.ts"
import { createNodePlatform } from "../../platform/node/platform.ts"

/** Real webhooks for the tests of this component. */

export interface WebhookCall {
  readonly path: string
  readonly headers: IncomingMessage["headers"]
  readonly body: unknown
}

export interface TestWebhook {
  readonly port: number
  /** `https://127.0.0.1:port`. */
  readonly url: string
  /** The CA's certificate in base64, for `caBundle`. */
  readonly caBundle: string
  readonly calls: WebhookCall[]
  close(): Promise<void>
}

const platform = createNodePlatform({ logLevel: "error" })
const DAY_MS = 86_400_000

export function testCa(): KeyedCertificate {
  return makeCertificate({ commonName: "webhook-ca", usage: "ca", validMs: DAY_MS }, undefined, platform)
}

export type WebhookAnswer = (call: WebhookCall, response: ServerResponse) => unknown

/** Serves what `answer` returns as JSON; undefined when it has answered by itself. */
export async function startTestWebhook(
  answer: WebhookAnswer,
  options: { readonly hosts?: readonly string[]; readonly ca?: KeyedCertificate; readonly validMs?: number } = {},
): Promise<TestWebhook> {
  const { ca = testCa(), hosts = ["127.0.0.1"], validMs = DAY_MS } = options
  const serving = makeCertificate({ commonName: "webhook", usage: "server", hosts, validMs }, ca, platform)
  const calls: WebhookCall[] = []
  const server = createServer(serving, (request, response) => {
    void buffer(request).then((bytes) => {
      const body: unknown = JSON.parse(bytes.toString())
      const call = { path: request.url ?? "", headers: request.headers, body }
      calls.push(call)
      const value = answer(call, response)
      if (value !== undefined) response.setHeader("content-type", "application/json").end(JSON.stringify(value))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `https://127.0.0.1:${port}`,
    caBundle: Buffer.from(ca.cert).toString("base64"),
    calls,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
